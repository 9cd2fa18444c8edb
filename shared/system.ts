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
  id: nextId,
};

/** A logger for those who do not want to hear anything. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

let lastMs = 0;
let countInMs = 0;

/** RFC 9562, version 7: 48 bits of time, a 12-bit counter so that ids of one process sort, 62 bits of chance. */
function nextId(): string {
  const now = Math.max(Date.now(), lastMs);
  countInMs = now === lastMs ? countInMs + 1 : randomInt(256);
  lastMs = now;
  if (countInMs > 0xfff) {
    lastMs++;
    countInMs = 0;
  }
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | countInMs, 6);
  randomBytes(8).copy(bytes, 8);
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** 256 bits of chance, for what nobody may guess; fit for an address. */
export const newToken = (): string => randomBytes(32).toString('base64url');
