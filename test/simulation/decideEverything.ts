import type { Violation } from './violation';
import { brokenBy } from './invariants';
import { CONNECTION } from './world/connection';
import type { World } from './world/world';

/** Somebody decides whatever is open and replays the dead letters: then everything is in step. */
export async function decideEverything(world: World): Promise<Violation[]> {
  world.say('--- decides everything');
  for (let round = 0; round < 6; round++) {
    const open = await world.openConflicts();
    for (const [i, conflict] of open.entries()) await world.resolve(conflict, round * 100 + i);
    const { dead } = await world.store.queue.counts(CONNECTION);
    if (open.length + dead === 0) break;
    if (dead > 0) await world.take({ step: 'sweep', who: 'replay' });
    if (!(await world.settleDown(true))) return restless('deciding everything');
  }
  return await brokenBy(world, 'after decisions');
}

/** What is broken where nothing ever comes to rest. */
export const restless = (when: string): Violation[] => [
  { invariant: 'nothing stuck', message: `work goes on and on after ${when}` },
];
