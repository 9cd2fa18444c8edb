import { sha256 } from '../schema/canonicalJson';
import type { EntityDefinition, Fields, FieldSpec, FieldValue } from '../schema/entity';
import type { Reference } from '../schema/fields';
import type { Intent, SideName } from '../ports';
import { elementKey } from './compare';

/**
 * Hash of what a record says: schema order, empty and missing alike, derived fields left out, unordered lists
 * by identity. Equal records have equal hashes on every side and in every process.
 */
export function hashFields(entity: EntityDefinition, fields: Fields): string {
  return sha256(serialize(entity.fields, fields));
}

/** Unit separator: cannot be typed into a field of any ledger, so values never run into each other. */
const NEXT = '\u001f';
const ESCAPE = '\u001e';

function serialize(specs: readonly FieldSpec[], fields: Fields): string {
  let out = '';
  for (const spec of specs) {
    if (spec.derived) continue;
    out += serializeValue(spec, fields[spec.name]) + NEXT;
  }
  return out;
}

function serializeValue(spec: FieldSpec, value: FieldValue): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return escapeSeparator(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (spec.kind === 'reference') return `${(value as Reference).entity}:${(value as Reference).id}`;
  if (spec.kind === 'group') return serializeGroup(spec, value as Fields);
  return serializeList(spec, value as Fields[]);
}

function serializeGroup(spec: FieldSpec, value: Fields): string {
  const members = serialize(spec.members, value);
  return members === NEXT.repeat(spec.members.length) ? '' : `{${members}}`;
}

function serializeList(spec: FieldSpec, elements: Fields[]): string {
  const ordered = spec.ordered
    ? elements
    : [...elements].sort((a, b) => (elementKey(spec, a) < elementKey(spec, b) ? -1 : 1));
  let out = '';
  for (const element of ordered) {
    out += `[${spec.identity === 'id' ? ((element['id'] as string | undefined) ?? '') + NEXT : ''}${serialize(spec.members, element)}]`;
  }
  return out;
}

/** Keeps the text of two different records from ever serializing alike. */
function escapeSeparator(text: string): string {
  return text.includes(NEXT) || text.includes(ESCAPE)
    ? text.replaceAll(ESCAPE, `${ESCAPE}0`).replaceAll(NEXT, `${ESCAPE}1`)
    : text;
}

/**
 * The key of a write: the same decision on the same state always has the same key. The version of the record
 * written to is part of the state, so that A -> B -> A -> B are three writes and not two.
 */
export function intentKey(
  intent: Pick<Intent, 'connectionId' | 'linkId' | 'side' | 'operation' | 'expectedVersion'>,
  entity: EntityDefinition,
  base: Fields | null,
  desired: Fields,
  refusals: number,
  /** The record that a create takes the place of, so that the same record made again is a write of its own. */
  replaces: string | null = null,
): string {
  const parts = [
    intent.connectionId,
    entity.name,
    intent.linkId,
    intent.side satisfies SideName,
    intent.operation,
    intent.expectedVersion ?? '',
    base ? hashFields(entity, base) : '',
    hashFields(entity, desired),
    String(refusals),
    ...(replaces === null ? [] : [replaces]),
  ];
  return sha256(parts.join('\n')).slice(0, 32);
}
