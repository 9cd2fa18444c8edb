import type { IExecuteFunctions } from 'n8n-workflow';
import type { Connection } from '../../../shared/ports';
import type { OpenStore } from '../../../shared/store';
import type { Outcome } from '../../../shared/sync/outcome';

/** What an execution says of itself beside its items. */
export async function giveHints(
  context: IExecuteFunctions,
  store: OpenStore,
  connection: Connection,
  outcomes: readonly Outcome[],
): Promise<void> {
  await hintAtPause(context, store, connection);
  if (outcomes.length === 0) await hintAtRest(context, store, connection);
  hintAtWaiting(context, outcomes);
}

async function hintAtPause(context: IExecuteFunctions, store: OpenStore, { id }: Connection): Promise<void> {
  const now = await store.connections.get(id);
  if (now?.state !== 'paused') return;
  context.addExecutionHints({
    message: `The connection "${now.name}" is paused; its events wait. ${now.pausedReason ?? ''} Then run Accounting Sync with resource Connection, operation Test.`,
    type: 'warning',
    location: 'outputPane',
  });
}

/** How many records are counted one by one for a hint. */
const COUNTED = 100;

/** An execution that had nothing to do says what is left for people to do. */
async function hintAtRest(
  context: IExecuteFunctions,
  store: OpenStore,
  { id: connectionId }: Connection,
): Promise<void> {
  const held = (await store.conflicts.list({ connectionId, status: 'open', limit: COUNTED })).length;
  const dead = await store.queue.list({ connectionId, status: 'dead', limit: COUNTED });
  const failed = new Set(dead.map(({ linkId }) => linkId)).size;
  if (held + failed === 0) return;
  const parts = [
    ...(held > 0 ? [`${records(held)} ${held === 1 ? 'is' : 'are'} held by a conflict`] : []),
    ...(failed > 0 ? [`${records(failed)} failed`] : []),
  ];
  context.addExecutionHints({
    message: `Nothing was due. ${parts.join(', ')}.`,
    location: 'outputPane',
  });
}

const records = (count: number): string => {
  const many = count < COUNTED ? String(count) : `${COUNTED} or more`;
  return `${many} ${count === 1 ? 'record' : 'records'}`;
};

function hintAtWaiting(context: IExecuteFunctions, outcomes: readonly Outcome[]): void {
  const waiting = outcomes.filter(({ result }) => result === 'waiting').length;
  if (waiting === 0) return;
  context.addExecutionHints({
    message: `${waiting === 1 ? '1 record waits' : `${waiting} records wait`} for another record or for the next attempt. Nothing to do: this is repeated automatically.`,
    location: 'outputPane',
  });
}
