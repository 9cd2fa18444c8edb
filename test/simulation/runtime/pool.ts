import { availableParallelism } from 'node:os';
import type { Violation } from '../chunk';
import type { Bundle } from './bundle';
import { SimulationWorker } from './worker';

/** Schedules per message to a thread: long enough to be worth it, short enough to stop soon. */
export const CHUNK = 250;

export interface RunRequest {
  seed: number;
  schedules: number;
  /** The first one's number, where a chunk begins. */
  from: number;
  flaws: readonly string[];
  sqlite: boolean;
  stopAtFirst: boolean;
}

/** What has been done of a run so far. */
export interface Tally {
  schedules: number;
  violations: Violation[];
  coverage: Record<string, number>;
  /** Processor time of the process; no thread can tell its own. */
  cpuMs: number;
}

export const emptyTally = (): Tally => ({ schedules: 0, violations: [], coverage: {}, cpuMs: 0 });

/** Per second of processor time, so that a busy machine does not make the simulation look slow. */
export const perSecondPerCore = ({ schedules, cpuMs }: Tally): number =>
  cpuMs === 0 ? 0 : Math.round((schedules / cpuMs) * 1000);

/**
 * Runs the schedules on all cores, until done, or until the first violation where it stops there; `tally` says how far it is. Chunks
 * are begun in order and those begun are finished, so the first violation is the same on any number of cores.
 */
export async function runOnAllCores(bundle: Bundle, request: RunRequest, tally: Tally): Promise<void> {
  const { seed, flaws, sqlite, stopAtFirst, schedules, from: first } = request;
  const started = process.cpuUsage();
  const violations: Violation[][] = [];
  let next = first;
  const lane = async (worker: SimulationWorker) => {
    while (next < schedules && (!stopAtFirst || tally.violations.length === 0)) {
      const from = next;
      const count = Math.min(CHUNK, schedules - from);
      next += count;
      const result = await worker.runChunk({ seed, from, count, flaws, sqlite, stopAtFirst });
      tally.schedules += result.schedules;
      const { user, system } = process.cpuUsage(started);
      tally.cpuMs = (user + system) / 1_000;
      violations[from / CHUNK] = result.violations;
      tally.violations = violations.flat();
      for (const [name, times] of Object.entries(result.coverage))
        tally.coverage[name] = (tally.coverage[name] ?? 0) + times;
    }
  };
  const size = Math.min(availableParallelism(), Math.ceil((schedules - first) / CHUNK));
  const workers = Array.from({ length: size }, () => new SimulationWorker(bundle));
  try {
    await Promise.all(workers.map(lane));
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
  }
}
