import { decideEverything, restless } from '../decideEverything';
import { brokenBy } from '../invariants';
import type { Violation } from '../violation';
import { CONNECTION } from '../world/connection';
import type { ListeningWorld } from './listeningWorld';
import { stateOf } from './state';

/** How a scene ended. */
export interface Ending {
  violations: Violation[];
  /** What people are asked, or find as a dead letter, when everything is calm: `uncertain_write`, `dead validation`. */
  asked: string[];
  /** What both sides hold then. */
  state: string;
  /** What they hold when everything is decided and replayed; the same where nothing was. */
  decided: string;
}

/**
 * Lets everything arrive and settle, and looks at what came of it; then lets people decide and replay what is
 * open, and looks again. `reconciles`: not everything can be known from notifications alone.
 */
export async function calmDown(world: ListeningWorld, reconciles: boolean): Promise<Ending> {
  world.say('--- calms down');
  const ending: Ending = { violations: [...world.watch.violations], asked: [], state: '', decided: '' };
  let isCalm = await world.settleDown(true);
  if (isCalm && reconciles) {
    world.say('--- reconciles');
    isCalm = await world.lookAtAll();
  }
  ending.violations.push(...(isCalm ? await brokenBy(world, 'calm') : restless('calming down')));
  ending.asked = await askedIn(world);
  ending.state = ending.decided = stateOf(world);
  if (ending.asked.length === 0) return ending;
  ending.violations.push(...(await decideEverything(world)));
  ending.decided = stateOf(world);
  return ending;
}

async function askedIn(world: ListeningWorld): Promise<string[]> {
  const conflicts = await world.openConflicts();
  const { dead } = await world.store.queue.counts(CONNECTION);
  const letters =
    dead === 0 ? [] : await world.store.queue.list({ connectionId: CONNECTION, status: 'dead', limit: 500 });
  return [
    ...conflicts.flatMap(({ fields }) => [...new Set(fields.map(({ reason }) => reason))]),
    ...letters.map(({ lastError }) => `dead ${lastError?.code ?? ''}`),
  ].sort();
}
