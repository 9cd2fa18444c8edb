import { Coverage } from './coverage';
import { play, type PlayOptions } from './play';
import { scheduleOf } from './schedule/generate';
import type { Schedule } from './schedule/steps';
import { Steering } from './schedule/steering';
import type { StoreFlaw } from './store/flaws';
import { keptToken } from './token';
import { untraced } from './untraced';
import type { FoundViolation } from './violation';

export type { FoundViolation as Violation };

export interface ChunkRequest {
  seed: number;
  /** Schedules number `from` to `from + count - 1` of the run with that seed. */
  from: number;
  count: number;
  flaws: readonly string[];
  stopAtFirst: boolean;
  /** On the real SQLite store, a file per schedule. */
  sqlite: boolean;
}

export interface ChunkResult {
  schedules: number;
  violations: FoundViolation[];
  coverage: Record<string, number>;
}

/** Plays schedules that were kept; stops at the first that violates anything. */
export async function runKept(
  schedules: readonly Schedule[],
  flaws: readonly string[],
): Promise<ChunkResult> {
  const options = { flaws: new Set(flaws as StoreFlaw[]) };
  let played = 0;
  for (const schedule of schedules) {
    const { violations } = await play(schedule, options);
    played++;
    const found = violations.map((violation) => ({ ...violation, token: keptToken(played) }));
    if (found.length > 0) return { schedules: played, violations: found, coverage: {} };
  }
  return { schedules: played, violations: [], coverage: {} };
}

/** Plays a stretch of a run; the same stretch gives the same result on whatever core it runs. */
export async function runChunk(request: ChunkRequest): Promise<ChunkResult> {
  const { seed, from, count, stopAtFirst } = request;
  const coverage = new Coverage();
  const steering = new Steering(coverage);
  const violations: FoundViolation[] = [];
  const flaws = new Set(request.flaws as StoreFlaw[]);
  const openStore = request.sqlite ? (await import('./sqlite')).openSqlite : undefined;
  let schedules = 0;
  for (let index = from; index < from + count; index++) {
    const schedule = scheduleOf({ seed, index, boost: steering.next() });
    const options: PlayOptions = {
      coverage,
      ...(flaws.size > 0 ? { flaws } : {}),
      ...(openStore ? { openStore } : {}),
    };
    // A replay has its stacks.
    const played = await untraced(() => play(schedule, options));
    schedules++;
    violations.push(...played.violations.map((violation) => ({ ...violation, token: schedule.token })));
    if (stopAtFirst && violations.length > 0) break;
  }
  return { schedules, violations, coverage: coverage.toJson() };
}
