import { randomBytes, randomInt } from 'node:crypto';
import type { Clock, Logger, Random } from './ports';

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** The machine's randomness. */
export const systemRandom: Random = {
  next: () => randomInt(2 ** 47) / 2 ** 47,
  id: () => uuidV7(Date.now(), randomBytes(10)),
};

/** A logger for those who do not want to hear anything. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** RFC 9562, version 7: 48 bits of time, 74 of chance. */
function uuidV7(now: number, chance: Buffer): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(now, 0, 6);
  chance.copy(bytes, 6);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
