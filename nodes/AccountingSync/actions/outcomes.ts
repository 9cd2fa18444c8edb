import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import type { Connection, ConflictStore, FieldConflict } from '../../../shared/ports';
import { providerNamed } from '../../../shared/providers';
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

/** What people look for comes first in n8n's table; the identifiers close the row. */
const rowOf = (
  outcome: Outcome,
  connection: Connection,
  lead: { summary: string; nextStep?: string | null },
  details: object,
) => ({
  ...lead,
  entity: outcome.entity,
  title: outcome.title,
  ...details,
  connectionName: connection.name,
  appId: outcome.appId,
  ledgerId: outcome.ledgerId,
  linkId: outcome.linkId,
  connectionId: connection.id,
});

const syncedOf = (outcome: Outcome, connection: Connection) => {
  const { result, action, wrote, changes, error } = outcome;
  const waitsFor = error ? { waitsFor: error } : {};
  return rowOf(
    outcome,
    connection,
    { summary: syncedSummary(outcome, connection) },
    {
      result,
      action,
      wrote,
      changes,
      ...waitsFor,
    },
  );
};

const conflictOf = (outcome: Outcome, connection: Connection, conflictId: string | null) => {
  const ledger = ledgerLabel(connection);
  const sentences = outcome.conflictFields.map((field) => sentenceOf(field, ledger));
  const lead = {
    summary: `${labelOf(outcome)}: ${sentences.join('; ')}`,
    nextStep: `Nothing was overwritten. Give the app and ${ledger} the same value; then the sync goes on with this record by itself.`,
  };
  return rowOf(outcome, connection, lead, {
    fields: outcome.conflictFields.map(({ path, label, base, app, ledger: theirs, reason }) => ({
      label,
      app: app ?? null,
      ledger: theirs ?? null,
      base: base ?? null,
      reason,
      path,
    })),
    conflictId,
  });
};

const failureOf = (outcome: Outcome, connection: Connection) => {
  const { error } = outcome;
  const reason = error?.message ?? null;
  const lead = {
    summary: `${labelOf(outcome)}: ${reason ?? 'failed'}`,
    nextStep: error?.nextStep ?? null,
  };
  return rowOf(outcome, connection, lead, {
    field: error?.field ?? null,
    id: error?.recordId ?? outcome.ledgerId ?? outcome.appId,
    reason,
    code: error?.code ?? null,
    requestId: error?.requestId ?? null,
    // As Event: Replay takes them.
    eventIds: outcome.eventIds.join(', '),
  });
};

const labelOf = ({ entity, title }: Outcome) => `${entityNamed(entity).label} ${title}`;

/** The accounting tool, as people call it. */
const ledgerLabel = ({ provider }: Connection) => providerNamed(provider).label;

const SYNCED: Readonly<Record<Outcome['action'], string>> = {
  echo: 'in step already',
  in_step: 'in step already',
  linked: 'linked',
  created: 'created',
  updated: 'updated',
  removed: 'removed',
  held: 'held',
  none: 'nothing to do',
};

function syncedSummary(outcome: Outcome, connection: Connection): string {
  const { action, wrote, changes, error, result } = outcome;
  if (result === 'waiting') {
    return `${labelOf(outcome)}: waiting${error ? `. ${error.message}` : ' for its next attempt'}`;
  }
  const sides = { app: 'the app', ledger: ledgerLabel(connection) };
  const where = wrote.map((side) => sides[side]).join(' and ');
  const fields = [...new Set(changes.map(({ path }) => fieldLabel(outcome.entity, path)))].join(', ');
  return `${labelOf(outcome)}: ${SYNCED[action]}${where ? ` in ${where}` : ''}${fields ? ` (${fields})` : ''}`;
}

/** `lines[3].amount` is shown as `Lines`. */
function fieldLabel(entity: string, path: string): string {
  const name = /^[^.[]+/.exec(path)?.[0];
  return entityNamed(entity).fields.find((spec) => spec.name === name)?.label ?? 'Record';
}

const WHY: Readonly<Partial<Record<FieldConflict['reason'], string>>> = {
  no_base: 'they differed when the two records first met',
  ambiguous_match: 'more than one record matches',
  immutable: 'it cannot be changed once the record exists',
  not_writable: 'the sync cannot write it on the other side',
  uncertain_write: 'it is not certain whether an earlier write has arrived',
};

function sentenceOf({ label, base, app, ledger, reason }: FieldConflict, tool: string): string {
  const why = WHY[reason] ?? `was ${shown(base)}`;
  return `${label} is ${shown(app)} in the app and ${shown(ledger)} in ${tool} (${why})`;
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  return typeof value === 'string' ? `"${value}"` : JSON.stringify(value);
}
