import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import type { Conflict, Connection, FailedRecord, FieldConflict, Notices } from '../../../shared/ports';
import type { SyncError } from '../../../shared/errors';
import { failedInWords } from '../../../shared/people/failed';
import { providerNamed } from '../../../shared/providers';
import { entityNamed } from '../../../shared/schema/entities';
import type { Fields } from '../../../shared/schema/entity';
import type { Outcome } from '../../../shared/sync/outcome';
import { fieldLabelOf } from '../../runtime/fieldLabel';

/** The three outputs of the node. */
export interface Sorted {
  synced: INodeExecutionData[];
  conflict: INodeExecutionData[];
  failed: INodeExecutionData[];
}

export interface SyncedOptions {
  /** Records that wait for another one, or for their next attempt, are among the synced ones (false). */
  includeWaiting?: boolean;
  /** Records that nothing was written for are left out (true). */
  changesOnly?: boolean;
}

/** Every item is linked to the first input item, because one execution works off a batch. */
const item = (json: object): INodeExecutionData => ({ json: json as IDataObject, pairedItem: { item: 0 } });

/** The records that were brought in sync in this execution. */
export function syncedItems(
  outcomes: readonly Outcome[],
  connection: Connection,
  { includeWaiting = false, changesOnly = true }: SyncedOptions = {},
): INodeExecutionData[] {
  return outcomes
    .filter(({ result, wrote }) => {
      if (result === 'waiting') return includeWaiting;
      return result === 'synced' && (!changesOnly || wrote.length > 0);
    })
    .map((outcome) => item(syncedOf(outcome, connection)));
}

/** What people are told, whichever execution has found it. */
export function noticeItems(
  { conflicts, failures }: Notices,
  connection: Connection,
): Pick<Sorted, 'conflict' | 'failed'> {
  return {
    conflict: conflicts.map((conflict) => item(conflictItem(conflict, connection))),
    failed: failures.map((failure) => item(failureItem(failure, connection))),
  };
}

/** What stopped the execution half-way: what was done before is in the other items. */
export function interruptionItem(error: SyncError, connection: Connection): INodeExecutionData {
  const { code, message, details } = error;
  return item({
    summary: `${connection.name}: the execution stopped half-way. ${message}`,
    nextStep: details.nextStep ?? 'What is still pending is processed by the next execution.',
    reason: message,
    code,
    connectionName: connection.name,
    connectionId: connection.id,
  });
}

/** A record as both sides know it. */
interface Subject {
  entity: string;
  title: string;
  appId: string | null;
  ledgerId: string | null;
  linkId: string;
}

/** What people look for comes first in n8n's table; the identifiers close the row. */
const rowOf = <Lead extends { summary: string }, Details extends object>(
  subject: Subject,
  connection: Connection,
  lead: Lead,
  details: Details,
) => ({
  ...lead,
  entity: subject.entity,
  title: subject.title,
  ...details,
  connectionName: connection.name,
  appId: subject.appId,
  ledgerId: subject.ledgerId,
  linkId: subject.linkId,
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

/** A conflict as people are told of it, on an output and in a list. */
export const conflictItem = (conflict: Notices['conflicts'][number], connection: Connection) => {
  const ledger = ledgerLabel(connection);
  const sentences = conflict.fields.map((field) => sentenceOf(field, ledger));
  const lead = {
    summary: `${labelOf(conflict)}: ${sentences.join('; ')}`,
    nextStep: NEXT_STEPS[conflict.status],
  };
  return rowOf(conflict, connection, lead, {
    fields: conflict.fields.map(({ path, label, base, app, ledger: theirs, reason }) => ({
      label,
      app: app ?? null,
      ledger: theirs ?? null,
      base: base ?? null,
      reason,
      path,
    })),
    status: conflict.status,
    openedAt: new Date(conflict.openedAt).toISOString(),
    version: String(conflict.refreshedAt),
    conflictId: conflict.id,
  });
};

const NEXT_STEPS: Readonly<Record<Conflict['status'], string>> = {
  open: 'Nothing was overwritten. Decide it with Conflict: Resolve, with the form of the template "Decide conflicts", or by giving both sides the same value.',
  resolved: 'It is decided, and carried out by the next processing.',
  closed: 'Nothing to do: it is settled.',
};

/** A failed record as people are told of it, on an output and in a list. `fields` are those of the record in the app. */
export const failureItem = (failure: FailedRecord, connection: Connection, fields: Fields = {}) => {
  const { error, appId, ledgerId, eventIds, since, attempts } = failure;
  const { heading, reason, field, value, nextStep, said } = failedInWords(
    failure,
    ledgerLabel(connection),
    fields,
  );
  const lead = { summary: `${heading}: ${reason}`, nextStep };
  return rowOf(failure, connection, lead, {
    heading,
    reason,
    field,
    value,
    since: new Date(since).toISOString(),
    attempts,
    id: error?.recordId ?? ledgerId ?? appId,
    said,
    code: error?.code ?? null,
    requestId: error?.requestId ?? null,
    // As Event: Replay takes them.
    eventIds: eventIds.join(', '),
  });
};

const labelOf = ({ entity, title }: Pick<Subject, 'entity' | 'title'>) =>
  `${entityNamed(entity).label} ${title}`;

/** The accounting tool, as people call it. */
const ledgerLabel = ({ provider }: Connection) => providerNamed(provider).label;

const SYNCED: Readonly<Record<Outcome['action'], string>> = {
  echo: 'in sync already',
  in_step: 'in sync already',
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
  const fields = [...new Set(changes.map(({ path }) => fieldLabelOf(outcome.entity, path)))].join(', ');
  return `${labelOf(outcome)}: ${SYNCED[action]}${where ? ` in ${where}` : ''}${fields ? ` (${fields})` : ''}`;
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
