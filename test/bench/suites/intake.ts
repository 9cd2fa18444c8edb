import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { storeLocation } from '../../../nodes/runtime/store';
import { closeSharedStores, sharedStore } from '../../../shared/store';
import { systemRandom } from '../../../shared/system';
import { watchEventLoop, type EventLoopHold } from '../../support/eventLoop';
import { createConnections, eventsIn, flood, type Flood } from '../../support/intakeFlood';
import { rounded, type BenchResult, type BenchSuite } from '../result';

const REQUESTS = 1_000_000;
const SEED = 20_261_125;
/** Calls of one kind that the rates are taken from. */
const ALONE = { valid: 10_000, forged: 50_000 };
const HOLD_MS = 50;
/** What the heap may differ by between a quarter of the calls and all of them. */
const MAX_GROWTH_MB = 16;

export const intake: BenchSuite = {
  name: 'intake',
  about: 'Generated webhook calls, most of them hostile, on the trigger with the embedded store',
  async run(progress) {
    const folder = mkdtempSync(join(tmpdir(), 'accounting-sync-bench-'));
    process.env['N8N_USER_FOLDER'] = folder;
    const store = await sharedStore({ ...storeLocation(), random: systemRandom });
    try {
      await createConnections(store);
      const mixed = await play(progress);
      const stored = await eventsIn(store);
      const valid = await alone('valid');
      const forged = await alone('forged');
      return [
        { name: 'calls', value: mixed.accepted + mixed.refused, unit: 'calls' },
        atMost('answered otherwise than is right', 'calls', mixed.wrong.length, 0),
        atMost(
          'events stored that should not be, or missing',
          'events',
          Math.abs(stored - mixed.events.size),
          0,
        ),
        atMost('longest wait for the event loop', 'ms', mixed.hold.waitedMs, HOLD_MS),
        atMost('longest work without a turn of the loop', 'ms', mixed.hold.workedMs, HOLD_MS),
        ...mixed.heaps.map((heap, index) => ({
          name: `heap after ${(index + 1) * 25} %`,
          value: rounded(heap),
          unit: 'MB',
        })),
        atMost(
          'growth of the heap since 25 %',
          'MB',
          (mixed.heaps[3] ?? 0) - (mixed.heaps[0] ?? 0),
          MAX_GROWTH_MB,
        ),
        { name: 'mixed', value: rounded(mixed.perSecond), unit: 'per second' },
        { name: 'accepted, alone', value: rounded(valid), unit: 'per second' },
        { name: 'refused, alone', value: rounded(forged), unit: 'per second' },
      ];
    } finally {
      await store.close();
      await closeSharedStores();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

interface Mixed extends Flood {
  hold: EventLoopHold;
  /** After a collection, at each quarter. */
  heaps: number[];
  perSecond: number;
}

async function play(progress: (text: string) => void): Promise<Mixed> {
  await flood({ requests: 5_000, seed: 1, only: 'forged' }); // so that it is compiled
  const heaps: number[] = [];
  const startedAt = performance.now();
  const watch = watchEventLoop();
  let worst = 0;
  const result = await flood({
    requests: REQUESTS,
    seed: SEED,
    onCall: (done) => {
      if (done % (REQUESTS / 4) === 0) {
        // The collection that is asked for holds the loop, and nobody asks for one otherwise.
        worst = Math.max(worst, watch.waitedMs());
        heaps.push(heapAfterCollection());
        watch.reset();
      }
      if (done % (REQUESTS / 20) === 0) {
        const seconds = (performance.now() - startedAt) / 1_000;
        progress(`${(done / REQUESTS) * 100} %, ${Math.round(done / seconds)} per second`);
      }
    },
  });
  const perSecond = REQUESTS / ((performance.now() - startedAt) / 1_000);
  const { workedMs, waitedMs } = watch.stop();
  if (result.wrong.length > 0) progress(`wrong: ${[...new Set(result.wrong)].join(', ')}`);
  return { ...result, hold: { workedMs, waitedMs: Math.max(worst, waitedMs) }, heaps, perSecond };
}

async function alone(kind: keyof typeof ALONE): Promise<number> {
  const requests = ALONE[kind];
  const startedAt = performance.now();
  const { wrong } = await flood({ requests, seed: 2, only: kind });
  if (wrong.length > 0) throw new Error(`${wrong.length} ${kind} calls were answered wrong: ${wrong[0]}`);
  return requests / ((performance.now() - startedAt) / 1_000);
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

const atMost = (name: string, unit: string, value: number, goal: number): BenchResult => ({
  name,
  value: rounded(value),
  unit,
  goal: `at most ${goal}`,
  met: value <= goal,
});
