import type { EntityDefinition, Fields, FieldSpec, FieldValue } from '../schema/entity';
import { elementKey, elementsOf, membersOf, sameValue } from './compare';

/** One field that differs. A whole line that came or went has its fields as value and undefined on the other side. */
export interface FieldChange {
  /** `dueDate`, `billingAddress.city`, `lines[<key>].amount`, `lines[<key>]`, `lines.$order`. */
  path: string;
  spec: FieldSpec;
  before: FieldValue;
  after: FieldValue;
}

/**
 * What differs between two states of a record, in the order of the schema. A field missing from `after` is one
 * its side has no opinion on, and no change.
 */
export function diffFields(entity: EntityDefinition, before: Fields, after: Fields): FieldChange[] {
  const changes: FieldChange[] = [];
  for (const spec of entity.fields) {
    const was = before[spec.name];
    const is = after[spec.name];
    if (is === undefined || is === was) continue;
    if (spec.kind === 'list') diffList(spec, was, is, changes);
    else if (spec.kind === 'group')
      diffMembers(
        spec,
        `${spec.path}.`,
        membersOf(was),
        is === null ? emptied(spec) : membersOf(is),
        changes,
      );
    else if (!sameValue(was ?? null, is)) changes.push({ path: spec.path, spec, before: was, after: is });
  }
  return changes;
}

/** True when `after` differs in something a person can edit. */
export function hasEdits(entity: EntityDefinition, before: Fields, after: Fields): boolean {
  return diffFields(entity, before, after).some((change) => !change.spec.derived);
}

/** A null group is a group of nulls: its side says that all of it is empty. */
const emptied = (spec: FieldSpec): Fields =>
  Object.fromEntries(spec.members.map((member) => [member.name, null]));

function diffMembers(spec: FieldSpec, prefix: string, was: Fields, is: Fields, changes: FieldChange[]): void {
  for (const member of spec.members) {
    const before = was[member.name];
    const after = is[member.name];
    if (after === undefined || after === before || sameValue(before ?? null, after)) continue;
    changes.push({ path: prefix + member.name, spec: member, before, after });
  }
}

function diffList(spec: FieldSpec, was: FieldValue, is: FieldValue, changes: FieldChange[]): void {
  const before = elementsOf(was);
  const after = elementsOf(is);
  // Most edits leave the lines where they are: those need no look-up.
  const aligned = alignedLength(spec, before, after);
  for (let i = 0; i < aligned; i++) diffElement(spec, before[i] as Fields, after[i] as Fields, changes);
  if (aligned === before.length && aligned === after.length) return;
  diffMoved(spec, before.slice(aligned), after.slice(aligned), changes);
}

/** Lines that came, went or moved. */
function diffMoved(spec: FieldSpec, before: Fields[], after: Fields[], changes: FieldChange[]): void {
  const old = new Map(before.map((element) => [elementKey(spec, element), element]));
  const present = new Set<string>();
  for (const element of after) {
    const key = elementKey(spec, element);
    present.add(key);
    const match = old.get(key);
    if (match) diffElement(spec, match, element, changes);
    else changes.push({ path: `${spec.path}[${key}]`, spec, before: undefined, after: element });
  }
  for (const [key, element] of old) {
    if (!present.has(key))
      changes.push({ path: `${spec.path}[${key}]`, spec, before: element, after: undefined });
  }
  if (spec.ordered) diffOrder(spec, [...old.keys()], [...present], changes);
}

function diffOrder(spec: FieldSpec, before: string[], after: string[], changes: FieldChange[]): void {
  const [old, present] = [new Set(before), new Set(after)];
  const was = before.filter((key) => present.has(key)).join('\n');
  const is = after.filter((key) => old.has(key)).join('\n');
  if (was !== is) changes.push({ path: `${spec.path}.$order`, spec, before: was, after: is });
}

/** How many elements from the start have the same identity on both sides. */
function alignedLength(spec: FieldSpec, a: Fields[], b: Fields[]): number {
  const most = Math.min(a.length, b.length);
  for (let i = 0; i < most; i++) {
    if (elementKey(spec, a[i] as Fields) !== elementKey(spec, b[i] as Fields)) return i;
  }
  return most;
}

function diffElement(spec: FieldSpec, was: Fields, is: Fields, changes: FieldChange[]): void {
  for (const member of spec.members) {
    const before = was[member.name];
    const after = is[member.name];
    if (after === undefined || after === before || sameValue(before ?? null, after)) continue;
    changes.push({
      path: `${spec.path}[${elementKey(spec, is)}].${member.name}`,
      spec: member,
      before,
      after,
    });
  }
}
