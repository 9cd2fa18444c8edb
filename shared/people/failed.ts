import { ValidationError } from '../errors';
import type { Actor, Dismissed, FailedRecord, ListedFailure, QueueStore, Replayed } from '../ports';
import { entityNamed } from '../schema/entities';
import type { EntityDefinition, Fields, FieldValue } from '../schema/entity';
import { labelAt } from '../schema/parse';
import { isStorable, onOneLine, shownValue } from '../schema/text';

/** A failed record as people read of it. */
export interface FailedInWords {
  /** `Invoice 1001`. */
  heading: string;
  /** Why, in plain words. */
  reason: string;
  /** As it is called on screen. */
  field: string | null;
  /** What the field said. */
  value: string | null;
  nextStep: string;
  /** What the accounting tool said, in its own words; null where the reason is ours. */
  said: string | null;
}

const RETRY = 'Retry it. If it fails again, ask for help with the code and the request ID.';

/**
 * `ledger` is what the accounting tool is called. `fields` are those of the record in the app, as far as they are
 * known: what a tool has refused is in them.
 */
export function failedInWords(
  { entity: name, title, error }: FailedRecord,
  ledger: string,
  fields: Fields = {},
): FailedInWords {
  const entity = entityNamed(name);
  const heading = `${entity.label} ${onOneLine(title)}`;
  if (!error) {
    return { heading, reason: 'It is not known why', field: null, value: null, nextStep: RETRY, said: null };
  }
  const path = error.field === undefined ? null : pathIn(entity, error.field);
  const field = path ? labelAt(entity.fields, path) : (error.field ?? null);
  const said = isTools(error.code) ? error.message : null;
  return {
    heading,
    reason:
      said === null
        ? withoutName(error.message, entity, [title, error.recordId])
        : reasonOf(error.code, ledger, field),
    field,
    value: error.value ?? (path ? valueAt(fields, path) : null),
    nextStep: error.nextStep ?? RETRY,
    said,
  };
}

/** The code of the accounting tool follows ours. */
const isTools = (code: string): boolean => code.includes('/');

function reasonOf(code: string, ledger: string, field: string | null): string {
  const what = field === null ? '' : ` its ${field}`;
  switch (code.split('/')[0]) {
    case 'duplicate':
      return `Another record in ${ledger} has the same${field === null ? ' number or name' : ` ${field}`}`;
    case 'not_found':
      return `${ledger} no longer has the record, or one that it refers to`;
    case 'validation':
      return `${ledger} does not accept${what || ' the record'}`;
    case 'stale_version':
      return `The record kept changing in ${ledger} while it was being written`;
    case 'uncertain_write':
      return `It is not certain whether the last write has arrived in ${ledger}`;
    default:
      return `${ledger} could not process the record`;
  }
}

/** `Invoice 1001: Due Date must be ...` without what the heading says already. */
function withoutName(
  message: string,
  { label }: EntityDefinition,
  names: readonly (string | undefined)[],
): string {
  const lead = names.map((name) => `${label} ${name}: `).find((text) => message.startsWith(text));
  return lead === undefined ? message : message.slice(lead.length);
}

/** The parts of a path into a record; null where the field is none of ours. */
function pathIn(entity: EntityDefinition, field: string): (string | number)[] | null {
  const parts = field.replace(/\[([^\]]*)\]/g, '.$1').split('.');
  if (!entity.fields.some(({ name }) => name === parts[0])) return null;
  return parts.map((part) => (/^\d{1,6}$/.test(part) ? Number(part) : part));
}

function valueAt(fields: Fields, path: readonly (string | number)[]): string | null {
  const value = path.reduce<unknown>(
    (at, key) => (at as Fields | null | undefined)?.[key],
    fields,
  ) as FieldValue;
  return typeof value === 'string' || typeof value === 'boolean' ? shownValue(value) : null;
}

/** Equal for records that have failed for the same reason. */
export function causeOf({ error, title, entity }: FailedRecord): string {
  if (!error) return '';
  const { code, field = '', recordId, message } = error;
  if (isTools(code) || field !== '') return JSON.stringify([code, entity, field]);
  // What is told of the one record, such as its name and its numbers, tells it from others.
  const plain = withoutName(message, entityNamed(entity), [title, recordId]);
  return JSON.stringify([code, entity, plain.replace(/"[^"]*"/g, '""').replace(/\d+/g, '0')]);
}

/** What trying records again takes, roughly: both sides are read, and one of them is written to. */
export interface RetryPlan {
  records: number;
  /** Calls to the accounting tool. */
  reads: number;
  writes: number;
}

export function planOf(records: readonly FailedRecord[]): RetryPlan {
  // A record that is only there needs no write there; one that is not is looked up before it is made.
  const writes = records.filter(({ appId }) => appId !== null).length;
  return { records: records.length, reads: records.length, writes };
}

const PAGE = 500;
/** Of one transaction: others wait for as long as it takes. */
const BATCH = 100;

export type FailedScope =
  | { kind: 'record'; linkId: string }
  | { kind: 'alike'; as: FailedRecord }
  | { kind: 'all' };

interface FailedStore {
  queue: Pick<QueueStore, 'failed' | 'replay' | 'dismiss'>;
}

/** Those that have failed, what failed last first. */
export async function failedIn(
  { queue }: FailedStore,
  connectionId: string,
  scope: FailedScope,
): Promise<ListedFailure[]> {
  const found: ListedFailure[] = [];
  const only = scope.kind === 'record' ? { linkIds: [scope.linkId] } : {};
  const alike = scope.kind === 'alike' ? causeOf(scope.as) : null;
  let after = Number.MAX_SAFE_INTEGER;
  while (true) {
    const page = await queue.failed({ connectionId, ...only, after, limit: PAGE });
    found.push(...page.filter((record) => alike === null || causeOf(record) === alike));
    if (page.length < PAGE) return found;
    after = page.at(-1)!.place;
  }
}

/** Who decides, as the audit will say, and when. */
export interface Decider {
  by: Actor;
  decidedBy?: string;
  now: number;
}

/** Makes them due; they are tried again by the next processing. Those that somebody else was faster with are left out. */
export async function retryFailed(
  { queue }: FailedStore,
  connectionId: string,
  records: readonly FailedRecord[],
  { by, decidedBy, now }: Decider,
): Promise<Replayed[]> {
  const replayed: Replayed[] = [];
  for (const linkIds of batchesOf(records)) {
    replayed.push(...(await queue.replay({ connectionId, linkIds }, now, by, decidedBy)));
  }
  return replayed;
}

const LONGEST_REASON = 500;

/** Takes them off the list. The next change of such a record is tried all the same. */
export async function dismissFailed(
  { queue }: FailedStore,
  connectionId: string,
  records: readonly FailedRecord[],
  { reason: given, ...decider }: Decider & { reason: string },
): Promise<Dismissed[]> {
  const reason = given.trim();
  const fault =
    reason === ''
      ? 'is required'
      : reason.length > LONGEST_REASON
        ? `must not be longer than ${LONGEST_REASON} characters`
        : isStorable(reason)
          ? null
          : 'has a character in it that cannot be stored';
  if (fault !== null) {
    throw new ValidationError(`Reason ${fault}; nothing was dismissed`, {
      field: 'reason',
      nextStep: 'Say in a sentence why nothing is to be done about the record: the audit keeps it.',
    });
  }
  const dismissed: Dismissed[] = [];
  for (const linkIds of batchesOf(records)) {
    dismissed.push(...(await queue.dismiss({ connectionId, linkIds }, { reason, ...decider })));
  }
  return dismissed;
}

function batchesOf(records: readonly FailedRecord[]): string[][] {
  const ids = records.map(({ linkId }) => linkId);
  return Array.from({ length: Math.ceil(ids.length / BATCH) }, (_, index) =>
    ids.slice(index * BATCH, (index + 1) * BATCH),
  );
}
