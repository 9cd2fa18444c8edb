import { randomBytes } from 'node:crypto';
import type { Random } from '../../../shared/ports';

/** Ids that sort by time of creation also within a millisecond, as UUID v7 asks for. */
export function testRandom(): Random {
  let last = 0;
  let count = 0;
  return {
    next: () => Math.random(),
    id: () => {
      const now = Math.max(Date.now(), last);
      count = now === last ? count + 1 : 0;
      last = now;
      const time = now.toString(16).padStart(12, '0');
      const order = (0x700000000 + count).toString(16).padStart(9, '0').slice(-8);
      return `${time.slice(0, 8)}-${time.slice(8)}-7${order.slice(0, 3)}-${(0x8000 + (parseInt(order.slice(3), 16) & 0x3fff)).toString(16)}-${randomBytes(6).toString('hex')}`;
    },
  };
}
