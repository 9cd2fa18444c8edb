import { Coverage } from '../coverage';
import { SeededRandom } from '../random';
import type { Fault, Step, Variant } from '../schedule/steps';
import { MemoryStore } from '../store/memoryStore';
import type { Profile } from '../twin/profile';
import { appRecords } from '../twin/profiles';
import { ListeningWorld } from './listeningWorld';
import { hearAgain, hearAll } from './moves';
import type { WritePath } from './paths';

/** A write path between the app and one ledger. */
export interface Scene {
  path: WritePath;
  ledger: Profile;
}

/** What goes wrong with the run that a path provokes, and with the one that takes up its work. */
export interface Trouble {
  run: readonly Fault[];
  /** Null: nothing needs to be taken up before everything calms down. */
  recovery: Recovery | null;
}

export interface Recovery {
  faults: readonly Fault[];
  /** All that was heard is heard again first. */
  hearsAgain: boolean;
}

/** Longer than a lease, so that the work of the dead can be taken up. */
export const LEASE_OVER_MS = 61_000;
/** A read may show the state from before the crash that it is about; longer than any lease. */
const READ_LAG_MS = 50_000;

/** The variant that a scene plays in: nothing gets lost, and news of every entity comes by itself. */
function variantOf({ path, ledger }: Scene): Variant {
  const entities = Object.fromEntries(
    Object.entries(ledger.entities).map(([name, habits]) => [name, { ...habits, webhook: true }]),
  );
  return {
    app: appRecords,
    ledger: {
      ...ledger,
      ...path.ledger,
      entities,
      readLagMs: canShowThePast(ledger) ? READ_LAG_MS : 0,
    },
    lossy: false,
    taste: path.taste,
    frozen: false,
  };
}

/** Only where versions tell which of two states is the older. */
export const canShowThePast = ({ versions }: Profile): boolean =>
  versions === 'counter' || versions === 'time';

/** Plays a scene up to the end of the recovery. */
export async function playScene(scene: Scene, trouble: Trouble, traced: boolean): Promise<ListeningWorld> {
  const world = await setUp(scene, traced);
  world.say('--- in step');
  for (const step of scene.path.provoke) await world.take(step);
  await run(world, trouble.run);
  const { recovery } = trouble;
  if (!recovery) return world;
  await world.take({ step: 'wait', ms: LEASE_OVER_MS });
  if (recovery.hearsAgain) await world.take(hearAgain);
  world.struck.length = 0;
  await run(world, recovery.faults);
  return world;
}

async function setUp(scene: Scene, traced: boolean): Promise<ListeningWorld> {
  const random = new SeededRandom(1);
  const store = new MemoryStore({ random });
  const world = new ListeningWorld(store, variantOf(scene), random, new Coverage(), traced);
  await world.open();
  for (const steps of scene.path.prelude) {
    for (const step of steps) await world.take(step);
    // One after the other, so that none has to wait for what it refers to.
    await world.take(hearAll);
    await run(world, []);
    await world.settleDown(true);
  }
  return world;
}

/** Whether its people can do what they are to do: not every side lets them change or remove everything. */
export async function isPossible(scene: Scene): Promise<boolean> {
  const world = await setUp({ ...scene, path: { ...scene.path, prelude: [] } }, true);
  const said = () => world.trace?.length ?? 0;
  for (const steps of [...scene.path.prelude, scene.path.provoke]) {
    for (const step of steps) {
      const before = said();
      await world.take(step);
      if (step.step !== 'hear' && said() === before) return false;
    }
    await world.settleDown(true);
  }
  return true;
}

const run = (world: ListeningWorld, faults: readonly Fault[]): Promise<void> => {
  const step: Step = { step: 'run', faults: [...faults], lanes: 1 };
  return world.take(step);
};
