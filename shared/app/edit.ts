import { ValidationError, type Issue } from '../errors';
import { entityNamed } from '../schema/entities';
import type { EntityDefinition } from '../schema/entity';
import { isStorableId, shownValue } from '../schema/text';
import { CORRECT_EDIT, refusedEdit } from './bounds';

/** An edit as an app sends it, as far as it has been looked at. */
export interface SentEdit {
  entity: EntityDefinition;
  /** Absent for a new record. */
  id: string | undefined;
  /** Anything at all yet. */
  fields: unknown;
  expectedVersion: number | undefined;
  /** Who in the app has made it. */
  by: string | undefined;
}

const MEMBERS = ['entity', 'id', 'fields', 'expectedVersion', 'by'];
/** What a request may have by mistake; more of it is not worth telling. */
const SHOWN_MEMBERS = 20;

/**
 * The edit in a request's body. Whatever else the body names is refused: an app that names a connection must not
 * have its edit stored in another one.
 */
export function editIn(body: unknown): SentEdit {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw refusedBody([
      { field: '', label: 'Body', reason: 'must be a JSON object', value: shownValue(body) },
    ]);
  }
  const strange = Object.keys(body).filter((name) => !MEMBERS.includes(name));
  if (strange.length > 0) {
    throw refusedBody(
      strange.slice(0, SHOWN_MEMBERS).map((name) => {
        const label = shownValue(name).slice(1, -1);
        return { field: label, label, reason: `is not part of an edit, which has ${MEMBERS.join(', ')}` };
      }),
    );
  }
  const sent = body as Record<string, unknown>;
  if (typeof sent['entity'] !== 'string') {
    const value = shownValue(sent['entity']);
    throw refusedBody([{ field: 'entity', label: 'Entity', reason: 'must be text such as invoice', value }]);
  }
  const entity = entityNamed(sent['entity']);
  return {
    entity,
    id: idFrom(entity, sent['id']),
    fields: sent['fields'],
    expectedVersion: versionFrom(entity, sent['expectedVersion']),
    by: editorFrom(entity, sent['by']),
  };
}

/** An id may be a number in the app; nothing, and an empty one, are none. */
export function idFrom(entity: EntityDefinition, given: unknown): string | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given === 'string') return given.trim() || undefined;
  if (Number.isSafeInteger(given)) return String(given);
  const issue = { field: 'id', label: 'ID', reason: 'must be text', value: shownValue(given) };
  throw refusedEdit(entity, issue);
}

export function versionFrom(entity: EntityDefinition, given: unknown): number | undefined {
  if (given === undefined || given === null) return undefined;
  if (Number.isSafeInteger(given)) return given as number;
  throw refusedEdit(entity, {
    field: 'expectedVersion',
    label: 'Expected Version',
    reason: 'must be a whole number',
    value: shownValue(given),
  });
}

const LONGEST_EDITOR = 200;

/** Whoever has made the edit, as the app calls them; nothing, and an empty text, are nobody. */
export function editorFrom(entity: EntityDefinition, given: unknown): string | undefined {
  if (given === undefined || given === null) return undefined;
  const reason =
    typeof given !== 'string'
      ? 'must be text'
      : given.length > LONGEST_EDITOR
        ? `must not be longer than ${LONGEST_EDITOR} characters`
        : isStorableId(given)
          ? null
          : 'has a character in it that cannot be part of a name';
  if (reason === null) return (given as string).trim() || undefined;
  throw refusedEdit(entity, { field: 'by', label: 'By', reason, value: shownValue(given) });
}

function refusedBody(issues: Issue[]): ValidationError {
  const [{ label, reason, field } = { field: '', reason: '' }] = issues;
  return new ValidationError(`The edit cannot be read: ${label ?? field} ${reason}`, {
    ...(field === '' ? {} : { field }),
    issues,
    nextStep: CORRECT_EDIT,
  });
}
