import type { Issue, ValidationError } from '../errors';
import type { EntityDefinition } from '../schema/entity';
import { MAX_ID_LENGTH } from '../schema/fields';
import { refusal } from '../schema/parse';
import { isStorableId, shownValue } from '../schema/text';

/** The deepest record of all has four levels. */
const MAX_DEPTH = 20;
/** A record of 2000 full lines has 30 000 values. */
const MAX_VALUES = 60_000;
/** Text of a record altogether, names of fields included: more than any ledger would take of one. */
const MAX_CHARACTERS = 2_000_000;

export const CORRECT_EDIT = 'Correct the record and send the edit again; nothing was stored.';

/** What somebody is told who sent an edit: it has made no event that could be replayed. */
export const refusedEdit = (
  entity: EntityDefinition,
  issue: Issue,
  recordId?: string,
  nextStep = CORRECT_EDIT,
): ValidationError => refusal(entity, [issue], { recordId, nextStep });

/**
 * Refuses what is larger than any record, before anything else is done with it: whoever sends it costs one look
 * at as much of it as a record may have.
 */
export function refuseOversized(entity: EntityDefinition, edit: unknown, recordId?: string): void {
  const reason = oversize(edit);
  if (reason === null) return;
  throw refusedEdit(entity, { field: 'fields', label: 'Fields', reason }, recordId);
}

function oversize(edit: unknown): string | null {
  const pending: { value: unknown; depth: number }[] = [{ value: edit, depth: 0 }];
  let values = 0;
  let characters = 0;
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { value, depth } = next;
    if (typeof value === 'string') characters += value.length;
    if (typeof value === 'object' && value !== null) {
      const names = Array.isArray(value) ? null : Object.keys(value);
      values += names ? names.length : (value as unknown[]).length;
      // Before they are gathered: there may be millions of them.
      if (values > MAX_VALUES) return `must not have more than ${MAX_VALUES} values in all`;
      if (depth === MAX_DEPTH) return `must not be nested deeper than ${MAX_DEPTH} levels`;
      for (const name of names ?? []) characters += name.length;
      for (const member of Object.values(value)) pending.push({ value: member, depth: depth + 1 });
    }
    if (characters > MAX_CHARACTERS) return `must not have more than ${MAX_CHARACTERS} characters in all`;
  }
  return null;
}

/** An id that the app gives is kept in every table and goes into keys and messages. */
export function refuseUnfitId(entity: EntityDefinition, id: string): void {
  const reason = unfit(id);
  if (reason !== null) throw refusedEdit(entity, { field: 'id', label: 'ID', reason, value: shownValue(id) });
}

function unfit(id: string): string | null {
  if (id === '') return 'must not be empty';
  if (id.length > MAX_ID_LENGTH) return `must not be longer than ${MAX_ID_LENGTH} characters`;
  return isStorableId(id) ? null : 'has a character in it that cannot be part of an id';
}
