import type { ChunkRequest, ChunkResult } from '../chunk';
import type { Mutant } from '../mutants/mutant';
import { bundleFor } from './bundle';
import { plain } from './output';
import { keptSchedules } from './kept';
import { CHUNK } from './pool';
import { sentence } from './story';
import { SimulationWorker, WorkerError } from './worker';

/** How it went with one planted bug. */
export interface Trial {
  mutant: Mutant;
  schedules: number;
  /** The invariant; `crash` and `hang` where the simulation itself came to an end, null when nothing noticed it. */
  caughtBy: string | null;
  token: string | null;
}

/** Two threads: one for bugs, one after the other, and one for the code as it is. */
export class Bench {
  readonly sound = new SimulationWorker(bundleFor(null));
  private planted = new SimulationWorker(bundleFor(null));

  /** The thread with this bug in it; another one after a bug that has ended or hung the last. */
  plant(mutant: Mutant): SimulationWorker {
    if (this.planted.isBroken) this.planted = new SimulationWorker(bundleFor(mutant));
    else this.planted.use(bundleFor(mutant));
    return this.planted;
  }

  async close(): Promise<void> {
    await Promise.all([this.sound.close(), this.planted.close()]);
  }
}

/** Plants the bug until it is caught; what a schedule violates without it is no catch. */
export async function tryOne(
  mutant: Mutant,
  { seed, limit }: { seed: number; limit: number },
  bench: Bench,
): Promise<Trial> {
  const worker = bench.plant(mutant);
  const run = { seed, flaws: mutant.flaws ?? [], stopAtFirst: true, sqlite: false };
  let schedules = 0;
  for (const turn of turnsOf(run, limit)) {
    const result = await answerOf(turn(worker));
    if (result instanceof WorkerError) {
      plain.error(`${mutant.name}: ${result.message}\n`);
      await worker.close();
      return { mutant, schedules, caughtBy: result.kind, token: null };
    }
    schedules += result.schedules;
    const caught = await catchIn(result, bench.sound);
    if (caught) return { mutant, schedules, caughtBy: caught.invariant, token: caught.token };
  }
  return { mutant, schedules, caughtBy: null, token: null };
}

/** So many schedules of chance first; then those that were kept, each made for a rare bug; then chance again. */
const PATIENCE = CHUNK;

type Turn = (worker: SimulationWorker) => Promise<ChunkResult>;

function* turnsOf(run: Omit<ChunkRequest, 'from' | 'count'>, limit: number): Generator<Turn> {
  for (let from = 0; from < limit; from += CHUNK) {
    if (from === PATIENCE) yield (worker) => worker.runKept(keptSchedules, run.flaws);
    yield (worker) => worker.runChunk({ ...run, from, count: Math.min(CHUNK, limit - from) });
  }
}

/** A bug may well bring the simulation itself to an end. */
async function answerOf(turn: Promise<ChunkResult>): Promise<ChunkResult | WorkerError> {
  try {
    return await turn;
  } catch (error) {
    if (error instanceof WorkerError) return error;
    throw error;
  }
}

async function catchIn({ violations: [first] }: ChunkResult, sound: SimulationWorker) {
  if (!first) return null;
  const [anyway] = (await sound.explain(first.token, [])).violations;
  if (!anyway) return first;
  plain.error(`${first.token} violates without any bug planted: ${sentence(anyway)}`);
  return null;
}
