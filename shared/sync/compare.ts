import type { Fields, FieldSpec, FieldValue } from '../schema/entity';
import type { Reference } from '../schema/fields';

/** Values in normal form are equal when they read the same; references by what they point to. */
export function sameValue(a: FieldValue, b: FieldValue): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return (a as Reference).id === (b as Reference).id && (a as Reference).entity === (b as Reference).entity;
}

/** The members of a group as plain fields; empty and missing groups read alike. */
export function membersOf(value: FieldValue): Fields {
  return (value ?? {}) as Fields;
}

/** What a side says of a group: of an emptied one every member is empty, of a missing one it says nothing. */
export const saidMembers = (spec: FieldSpec, group: FieldValue): Fields =>
  group === null ? Object.fromEntries(spec.members.map(({ name }) => [name, null])) : membersOf(group);

/** The elements of a list; null is an empty list. */
export function elementsOf(value: FieldValue): Fields[] {
  return (value ?? []) as Fields[];
}

/** What identifies an element of a list: its line id, or the reference or text that its schema names. */
export function elementKey(spec: FieldSpec, element: Fields): string {
  if (spec.identity === 'id') return element['id'] as string;
  const identity = element[spec.identity as string];
  if (typeof identity === 'object' && identity !== null) {
    const target = identity as Reference;
    return `${target.entity}:${target.id}`;
  }
  return String(identity);
}

/** Whether two elements of a list hold the same data, their identity aside. */
export function sameElement(spec: FieldSpec, a: Fields, b: Fields): boolean {
  for (const member of spec.members) {
    if (!sameValue(a[member.name] ?? null, b[member.name] ?? null)) return false;
  }
  return true;
}
