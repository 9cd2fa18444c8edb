import type { Clock, Random } from '../../../shared/ports';

/** A small seeded generator (mulberry32); the same seed always gives the same run. */
export class Prng implements Random {
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
    return `id-${String(++this.issued).padStart(8, '0')}`;
  }
}

/** Stands still until somebody moves it. */
export class StillClock implements Clock {
  private at = Date.parse('2026-11-20T08:00:00.000Z');

  now(): number {
    return this.at;
  }

  advance(ms: number): void {
    this.at += ms;
  }

  async sleep(ms: number): Promise<void> {
    this.advance(ms);
  }
}
