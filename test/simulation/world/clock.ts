import type { Clock } from '../../../shared/ports';

/** Stands still until somebody moves it. */
export class VirtualClock implements Clock {
  private at = Date.UTC(2026, 10, 20, 8);
  /** How often somebody has waited. */
  sleeps = 0;

  now(): number {
    return this.at;
  }

  advance(ms: number): void {
    this.at += ms;
  }

  async sleep(ms: number): Promise<void> {
    this.sleeps++;
    this.advance(ms);
  }
}
