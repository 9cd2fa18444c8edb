import { broken } from './checks';
import type { Operation, Scenario } from './operations';
import { World } from './world';

export interface Played {
  faults: string[];
  journal: string[];
  writes: number;
  conflicts: number;
}

/** Plays a history to its end and says which rules were broken. */
export async function play({ seed, variant, operations }: Scenario): Promise<Played> {
  const world = await World.open(variant, seed);
  const faults: string[] = [];
  let conflicts = 0;
  try {
    for (const step of operations) await world.take(step);
    faults.push(...(await calmDown(world)));
    conflicts = (await world.openConflicts()).length;
    faults.push(...(await decideEverything(world)));
  } catch (error) {
    faults.push(`threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  } finally {
    await world.close();
  }
  return { faults, journal: world.journal, writes: world.writes, conflicts };
}

/** Lets everything arrive and settle, reconciles, and sees that a further reconcile has nothing to do. */
async function calmDown(world: World): Promise<string[]> {
  world.say('--- calms down');
  await world.deliverAll();
  if (!(await world.drain())) return ['never calms down'];
  if (!world.variant.lossy) {
    const faults = await broken(world);
    if (faults.length > 0) return faults.map((fault) => `before the reconcile: ${fault}`);
  }
  world.say('--- reconciles');
  await world.notifyAll();
  if (!(await world.drain())) return ['never calms down after a reconcile'];
  const faults = await broken(world);
  if (faults.length > 0) return faults;
  const before = world.writes;
  const conflicts = (await world.openConflicts()).length;
  const dead = await world.store.queue.counts('c1');
  await world.notifyAll();
  if (!(await world.drain())) return ['never calms down after another reconcile'];
  if (world.writes > before && conflicts === 0 && dead.dead === 0)
    return [`a further reconcile made ${world.writes - before} writes`];
  return [];
}

/** Somebody decides whatever is open and replays the dead letters: then everything is in step. */
async function decideEverything(world: World): Promise<string[]> {
  world.say('--- decides everything');
  for (let round = 0; round < 8; round++) {
    const open = await world.openConflicts();
    for (let i = 0; i < open.length; i++) await world.resolve(0, round * 100 + i);
    await world.take({ op: 'replay' });
    if (!(await world.drain())) return ['never calms down after decisions'];
  }
  return (await broken(world)).map((fault) => `after decisions: ${fault}`);
}

/** The same failure with as few operations as can be found in a while. */
export async function shrink(scenario: Scenario, budgetMs: number): Promise<Scenario> {
  const until = Date.now() + budgetMs;
  let smallest = scenario;
  const fails = async (operations: Operation[]) =>
    (await play({ ...scenario, operations })).faults.length > 0;
  for (let size = Math.ceil(scenario.operations.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < smallest.operations.length && Date.now() < until; ) {
      const fewer = smallest.operations.toSpliced(at, size);
      if (await fails(fewer)) smallest = { ...smallest, operations: fewer };
      else at += size;
    }
  }
  return smallest;
}
