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

/**
 * Plants the bug in a thread of its own, so that after how many schedules it is caught depends on the seed only.
 * What a schedule violates without the bug, in the `sound` thread, is no catch.
 */
export async function tryOne(
  mutant: Mutant,
  { seed, limit }: { seed: number; limit: number },
  sound: SimulationWorker,
): Promise<Trial> {
  const worker = new SimulationWorker(bundleFor(mutant));
  const run = { seed, flaws: mutant.flaws ?? [], stopAtFirst: true, sqlite: false };
  let schedules = 0;
  try {
    for (const turn of turnsOf(run, limit)) {
      const result = await answerOf(turn(worker));
      if (result instanceof WorkerError) {
        plain.error(`${mutant.name}: ${result.message}\n`);
        return { mutant, schedules, caughtBy: result.kind, token: null };
      }
      schedules += result.schedules;
      const caught = await catchIn(result, sound);
      if (caught) return { mutant, schedules, caughtBy: caught.invariant, token: caught.token };
    }
    return { mutant, schedules, caughtBy: null, token: null };
  } finally {
    await worker.close();
  }
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
