const HOUR_MS = 3_600_000;

/** Time as the simulated company sees it: real time plus an offset that control can move forward. */
export class VirtualClock {
  private offsetMs: number;
  private readonly listeners = new Set<() => void>();

  constructor(startMs?: number) {
    this.offsetMs = startMs === undefined ? 0 : startMs - Date.now();
  }

  now(): number {
    return Date.now() + this.offsetMs;
  }

  advance(ms: number): void {
    this.offsetMs += ms;
    for (const listener of this.listeners) listener();
  }

  /** Called after every jump, so that whatever waits for a virtual moment can look again. */
  onAdvance(listener: () => void): void {
    this.listeners.add(listener);
  }

  dispose(): void {
    this.listeners.clear();
  }
}

function firstSunday(year: number, month: number): number {
  return 1 + ((7 - new Date(Date.UTC(year, month, 1)).getUTCDay()) % 7);
}

/** Pacific time: daylight saving from the second Sunday of March to the first of November, at 02:00. */
export function pacificOffsetHours(ms: number): number {
  const year = new Date(ms - 8 * HOUR_MS).getUTCFullYear();
  const starts = Date.UTC(year, 2, firstSunday(year, 2) + 7, 10);
  const ends = Date.UTC(year, 10, firstSunday(year, 10), 9);
  return ms >= starts && ms < ends ? -7 : -8;
}

/** `2026-01-01T10:00:00-08:00`; response envelopes carry milliseconds, records do not. */
export function formatPacific(ms: number, withMilliseconds = false): string {
  const offset = pacificOffsetHours(ms);
  const local = new Date(ms + offset * HOUR_MS).toISOString();
  return `${withMilliseconds ? local.slice(0, 23) : local.slice(0, 19)}-0${-offset}:00`;
}

export const pacificDate = (ms: number): string => formatPacific(ms).slice(0, 10);
