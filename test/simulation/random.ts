import type { Random } from '../../shared/ports';

/** A small seeded generator (mulberry32): the same seed always gives the same run. */
export class SeededRandom implements Random {
  private issued = 0;

  constructor(private state: number) {}

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  /** Sorts by creation, as the real ones do. */
  id(): string {
    return `id-${String(++this.issued).padStart(6, '0')}`;
  }
}

/** One seed from several numbers, so that neighbours have nothing in common. */
export function mix(...parts: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    for (const half of [part >>> 0, Math.floor(part / 4_294_967_296)]) {
      hash = Math.imul(hash ^ half, 0x01000193);
      hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
      hash ^= hash >>> 12;
    }
  }
  return hash >>> 0;
}
