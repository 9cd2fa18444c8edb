import { ValidationError } from '../../../../shared/errors';
import type { Actor, Connection } from '../../../../shared/ports';
import { ERASING, type OpenStore } from '../../../../shared/store';

const GOING = { state: 'active' as const, pausedReason: null, resumeAt: null };

/** Lets a connection continue at once, whatever it was waiting for; says whether anything stood in its way. */
export async function resume(
  store: OpenStore,
  connection: Connection,
  by: Actor,
): Promise<{ connection: Connection; resumed: boolean }> {
  const { trouble, ...known } = connection;
  if (connection.state === 'paused' && connection.pausedReason === ERASING) {
    throw new ValidationError(`The data of "${connection.name}" is being erased, so it cannot be resumed`, {
      nextStep: 'Run Store: Erase again until it is done, then create the connection anew.',
    });
  }
  const resumed = connection.state === 'paused' || connection.resumeAt !== null || trouble !== undefined;
  if (resumed) {
    const act = { now: store.now(), by };
    await store.connections.update(connection.id, { ...GOING, trouble: null }, act);
  }
  return { connection: { ...known, ...GOING }, resumed };
}
