import type { Store } from '../../shared/ports';
import { Coverage } from './coverage';
import { decideEverything, restless } from './decideEverything';
import { brokenBy, onceLookedAtAgain } from './invariants';
import { mix, SeededRandom } from './random';
import type { Schedule } from './schedule/steps';
import { MemoryStore } from './store/memoryStore';
import type { StoreFlaw } from './store/flaws';
import { partsOf } from './token';
import type { Violation } from './violation';
import { CONNECTION } from './world/connection';
import { World } from './world/world';

export interface PlayOptions {
  coverage?: Coverage;
  flaws?: ReadonlySet<StoreFlaw>;
  traced?: boolean;
  /** Another store than the one in memory. */
  openStore?: (random: SeededRandom) => Promise<Store>;
}

export interface Played {
  violations: Violation[];
  trace: string[];
}

/** Plays a schedule to its end and says which promises it broke. */
export async function play(schedule: Schedule, options: PlayOptions = {}): Promise<Played> {
  const { seed, index } = partsOf(schedule.token);
  const random = new SeededRandom(mix(seed, index, 2));
  const { coverage = new Coverage(), flaws, traced = false } = options;
  const store = options.openStore
    ? await options.openStore(random)
    : new MemoryStore({ random, freeze: schedule.variant.frozen, ...(flaws ? { flaws } : {}) });
  const world = new World(store, schedule.variant, random, coverage, traced);
  let violations: Violation[];
  try {
    await world.open();
    violations = await playIn(world, schedule);
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    violations = [{ invariant: 'never throws', message }];
  } finally {
    await store.close();
  }
  return { violations, trace: world.trace ?? [] };
}

async function playIn(world: World, schedule: Schedule): Promise<Violation[]> {
  for (const step of schedule.steps) await world.take(step);
  const { seed, index } = partsOf(schedule.token);
  const violations = await calmDown(world, new SeededRandom(mix(seed, index, 3)));
  return [...world.watch.violations, ...violations];
}

/** Lets everything arrive and settle, reconciles, and has people decide what is open. */
async function calmDown(world: World, random: SeededRandom): Promise<Violation[]> {
  world.say('--- calms down');
  if (!(await world.settleDown())) return restless('calming down');
  if (isComplete(world)) {
    const broken = await brokenBy(world, 'before the reconcile');
    if (broken.length > 0) return broken;
  }
  world.say('--- reconciles');
  if (!(await world.lookAtAll())) return restless('the reconcile');
  const broken = await brokenBy(world, 'after the reconcile');
  if (broken.length > 0) return broken;
  const again = random.chance(0.25) ? await reconcileAgain(world) : [];
  if (again.length > 0) return again;
  return (await world.openConflicts()).length > 0 ? await decideEverything(world) : [];
}

/** Notifications alone suffice where none gets lost and every read shows what is there. */
const isComplete = ({ variant }: World): boolean =>
  !variant.lossy && variant.app.readLagMs === 0 && variant.ledger.readLagMs === 0;

/** Invariant 4, the echo part: what is in step is left alone. */
async function reconcileAgain(world: World): Promise<Violation[]> {
  let before = world.writes;
  const { dead } = await world.store.queue.counts(CONNECTION);
  if (dead > 0 || (await world.openConflicts()).length > 0) return [];
  if (!(await world.lookAtAll())) return restless('another reconcile');
  // A record made anew while others were written with its former id: those are told its new one by this.
  if (world.writes > before && (await world.hasFormerRecords())) {
    before = world.writes;
    if (!(await world.lookAtAll())) return restless('a third reconcile');
  }
  const writes = world.writes - before;
  const message = `a further reconcile made ${writes} writes`;
  return [
    ...(writes === 0 ? [] : [{ invariant: 'no echo loops', message }]),
    ...(await brokenBy(world, 'after another reconcile', onceLookedAtAgain)),
  ];
}
