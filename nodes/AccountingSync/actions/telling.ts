import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { type SyncError, toSyncError } from '../../../shared/errors';
import type { Connection, Notices } from '../../../shared/ports';
import type { OpenStore } from '../../../shared/store';
import { OUTPUTS } from '../../runtime/notices';
import { interruptionItem, noticeItems, type Sorted } from './outcomes';

/** What an execution tells at most; the rest is told by the next one. */
const MOST = 1_000;

/** The connection that an execution has worked on, and what stopped it half-way. */
export interface Processed {
  connection: Connection;
  stoppedBy: SyncError | null;
}

/** What stops a piece of work half-way; null where it comes to its end. */
export async function stopping(work: () => Promise<unknown>): Promise<SyncError | null> {
  try {
    await work();
    return null;
  } catch (error) {
    return toSyncError(error);
  }
}

/**
 * Puts out what was done, and what nobody was told of yet: the last step of an execution, because what is handed
 * out here is never handed out again. Throws what stopped the execution where there is nothing to put out.
 */
export async function tell(
  context: IExecuteFunctions,
  store: OpenStore,
  { connection, stoppedBy }: Processed,
  synced: INodeExecutionData[],
): Promise<Sorted> {
  let notices: Notices = { conflicts: [], failures: [] };
  const failing = await stopping(async () => {
    notices = await store.notices.take(OUTPUTS, connection.id, { limit: MOST, now: store.now() });
  });
  const { conflict, failed } = noticeItems(notices, connection);
  const error = stoppedBy ?? failing;
  if (error && synced.length + conflict.length + failed.length === 0) throw toSyncError(error);
  note(context, { synced, conflict, failed });
  if (!error) return { synced, conflict, failed };
  context.addExecutionHints({
    message: `The execution stopped half-way: ${error.message}. What it had done is in the outputs; the rest is still pending and is processed by the next execution.`,
    type: 'warning',
    location: 'outputPane',
  });
  return { synced, conflict, failed: [...failed, interruptionItem(error, connection)] };
}

/** What executions can be found by, in n8n's list of them. */
function note({ customData }: IExecuteFunctions, { synced, conflict, failed }: Sorted): void {
  customData.set('accountingSyncSynced', String(synced.length));
  customData.set('accountingSyncConflicts', String(conflict.length));
  customData.set('accountingSyncFailed', String(failed.length));
}
