import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import type { Connection, ConflictStore, FieldConflict } from '../../../shared/ports';
import { entityNamed } from '../../../shared/schema/entities';
import type { Outcome } from '../../../shared/sync/outcome';

/** The three outputs of the node. */
export interface Sorted {
  synced: INodeExecutionData[];
  conflict: INodeExecutionData[];
  failed: INodeExecutionData[];
}

export interface SortOptions {
  /** Records that wait for another one, or for their next attempt, come out as synced. */
  includeWaiting?: boolean;
  /** Records that nothing was written for are left out. */
  changesOnly?: boolean;
}

const MAX_CONFLICTS = 10_000;

/** Every item is linked to the first input item, because one execution works off a batch. */
const item = (json: object): INodeExecutionData => ({ json: json as IDataObject, pairedItem: { item: 0 } });

export function emptySorted(): Sorted {
  return { synced: [], conflict: [], failed: [] };
}

export function sortOutcomes(
  outcomes: readonly Outcome[],
  connection: Connection,
  conflictIds: ReadonlyMap<string, string>,
  options: SortOptions = {},
): Sorted {
  const sorted = emptySorted();
  for (const outcome of outcomes) {
    if (outcome.result === 'conflict') {
      sorted.conflict.push(item(conflictOf(outcome, connection, conflictIds.get(outcome.linkId) ?? null)));
    } else if (outcome.result === 'failed') sorted.failed.push(item(failureOf(outcome, connection)));
    else if (outcome.result === 'waiting' ? options.includeWaiting : keeps(outcome, options)) {
      sorted.synced.push(item(syncedOf(outcome, connection)));
    }
  }
  return sorted;
}

const keeps = ({ wrote }: Outcome, { changesOnly }: SortOptions) => !changesOnly || wrote.length > 0;

/** Open conflicts by the record they hold. Nothing is read where nothing is held. */
export async function conflictIdsOf(
  store: ConflictStore,
  connection: Connection,
  outcomes: readonly Outcome[],
): Promise<Map<string, string>> {
  if (!outcomes.some(({ result }) => result === 'conflict')) return new Map();
  const open = await store.list({ connectionId: connection.id, status: 'open', limit: MAX_CONFLICTS });
  return new Map(open.map(({ linkId, id }) => [linkId, id]));
}

const recordOf = (outcome: Outcome, connection: Connection) => ({
  connectionId: connection.id,
  connectionName: connection.name,
  entity: outcome.entity,
  title: outcome.title,
  appId: outcome.appId,
  ledgerId: outcome.ledgerId,
  linkId: outcome.linkId,
});

const syncedOf = (outcome: Outcome, connection: Connection) => ({
  ...recordOf(outcome, connection),
  result: outcome.result,
  action: outcome.action,
  wrote: outcome.wrote,
  changes: outcome.changes,
  ...(outcome.error ? { waitsFor: outcome.error } : {}),
});

const conflictOf = (outcome: Outcome, connection: Connection, conflictId: string | null) => ({
  ...recordOf(outcome, connection),
  conflictId,
  summary: `${labelOf(outcome)}: ${outcome.conflictFields.map(sentenceOf).join('; ')}`,
  fields: outcome.conflictFields.map(({ path, label, base, app, ledger, reason }) => ({
    path,
    label,
    base: base ?? null,
    app: app ?? null,
    ledger: ledger ?? null,
    reason,
  })),
});

const failureOf = (outcome: Outcome, connection: Connection) => {
  const { error } = outcome;
  return {
    ...recordOf(outcome, connection),
    id: error?.recordId ?? outcome.ledgerId ?? outcome.appId,
    field: error?.field ?? null,
    code: error?.code ?? null,
    reason: error?.message ?? null,
    nextStep: error?.nextStep ?? null,
    requestId: error?.requestId ?? null,
  };
};

const labelOf = ({ entity, title }: Outcome) => `${entityNamed(entity).label} ${title}`;

function sentenceOf({ label, base, app, ledger }: FieldConflict): string {
  return `${label} is ${shown(app)} in the app and ${shown(ledger)} in the accounting tool (was ${shown(base)})`;
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  return typeof value === 'string' ? `"${value}"` : JSON.stringify(value);
}
