import { stateOf } from '../world/watch';
import type { Panorama } from './sight';

/** Invariant: whatever happened to executions, people have been told of every conflict as it is, and of every failure. */
export function toldOnce({ world, conflicts, open }: Panorama): string[] {
  const { toldConflicts, untoldFailures } = world.watch;
  return [
    ...conflicts
      .filter((conflict) => conflict.status === 'open' && !toldConflicts.has(stateOf(conflict)))
      .map(({ entity, title }) => `nobody was told of the conflict on ${entity} ${title} as it is`),
    ...open.dead
      .filter(({ id }) => untoldFailures.has(id))
      .map(({ entity, recordId }) => `nobody was told that ${entity} ${recordId} has failed`),
  ];
}
