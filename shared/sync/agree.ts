import type { EntityDefinition, Fields, FieldSpec, FieldValue } from '../schema/entity';
import { elementKey, elementsOf, membersOf, saidMembers, sameElement, sameValue } from './compare';

/**
 * What was agreed, corrected by what a side answered: its answer is the truth in everything it has an opinion
 * on (a number it assigned, an amount it rounded).
 */
export function overlay(entity: EntityDefinition, agreed: Fields, answer: Fields): Fields {
  return overlayMembers(entity.fields, agreed, answer);
}

function overlayMembers(specs: readonly FieldSpec[], agreed: Fields, answer: Fields): Fields {
  const result: Fields = {};
  for (const spec of specs) {
    const value = overlayValue(spec, agreed[spec.name], answer[spec.name]);
    if (value !== undefined) result[spec.name] = value;
  }
  return result;
}

function overlayValue(spec: FieldSpec, agreed: FieldValue, answer: FieldValue): FieldValue {
  if (answer === undefined) return agreed;
  if (answer === null || agreed === null || agreed === undefined) return answer;
  if (spec.kind === 'group') return overlayMembers(spec.members, membersOf(agreed), membersOf(answer));
  if (spec.kind !== 'list') return answer;
  const known = new Map(elementsOf(agreed).map((element) => [elementKey(spec, element), element]));
  return elementsOf(answer).map((element) => {
    const key = elementKey(spec, element);
    const identity = spec.identity === 'id' ? { id: key } : {};
    return { ...identity, ...overlayMembers(spec.members, known.get(key) ?? {}, element) };
  });
}

/**
 * The base that holds when a write landed on one side only: where both sides now say the same, that; the old
 * base elsewhere. What is not common yet is still one side's edit.
 */
export function commonGround(
  entity: EntityDefinition,
  base: Fields | null,
  app: Fields,
  ledger: Fields,
): Fields {
  const result: Fields = {};
  for (const spec of entity.fields) {
    const value = common(spec, base?.[spec.name], app[spec.name], ledger[spec.name]);
    if (value !== undefined) result[spec.name] = value;
  }
  return result;
}

function common(spec: FieldSpec, base: FieldValue, app: FieldValue, ledger: FieldValue): FieldValue {
  if (spec.kind === 'group') {
    const [b, a, l] = [membersOf(base), saidMembers(spec, app), saidMembers(spec, ledger)];
    const result: Fields = {};
    for (const member of spec.members) {
      const value = common(member, b[member.name], a[member.name], l[member.name]);
      if (value !== undefined && value !== null) result[member.name] = value;
    }
    return Object.keys(result).length > 0 ? result : null;
  }
  if (spec.kind === 'list') return commonElements(spec, base, app, ledger);
  if (app === undefined) return ledger === undefined ? base : ledger;
  if (ledger === undefined) return app;
  return sameValue(app, ledger) ? app : base;
}

function commonElements(spec: FieldSpec, base: FieldValue, app: FieldValue, ledger: FieldValue): FieldValue {
  if (app === undefined) return ledger === undefined ? base : ledger;
  if (ledger === undefined) return app;
  const old = new Map(elementsOf(base).map((element) => [elementKey(spec, element), element]));
  const theirs = new Map(elementsOf(ledger).map((element) => [elementKey(spec, element), element]));
  const result: Fields[] = [];
  const seen = new Set<string>();
  for (const element of elementsOf(app)) {
    const key = elementKey(spec, element);
    seen.add(key);
    const match = theirs.get(key);
    if (match && sameElement(spec, element, overlayMembers(spec.members, element, match)))
      result.push(element);
    else if (old.has(key)) result.push(old.get(key) as Fields);
  }
  for (const [key, element] of old) if (!seen.has(key) && theirs.has(key)) result.push(element);
  return result;
}

/** What people entered, without what a ledger computes of it. */
export const withoutDerived = (entity: EntityDefinition, fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).filter(
      ([name]) => entity.fields.find((spec) => spec.name === name)?.derived !== true,
    ),
  );

/**
 * The base after a write that may have landed: `agreed` is the base that holds if it has. Where the record says
 * what was `desired` it has, or somebody entered the very same; elsewhere nothing is known and the base stays.
 */
export function asFarAsLanded(
  entity: EntityDefinition,
  base: Fields,
  agreed: Fields,
  desired: Fields,
  record: Fields,
): Fields {
  return landedMembers(entity.fields, base, agreed, desired, record);
}

function landedMembers(
  specs: readonly FieldSpec[],
  base: Fields,
  agreed: Fields,
  desired: Fields,
  record: Fields,
): Fields {
  const result: Fields = { ...base };
  for (const spec of specs) {
    const { name } = spec;
    const said = record[name];
    if (said === undefined || spec.derived) continue;
    const value = landedValue(spec, base[name], agreed[name], desired[name], said);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

function landedValue(
  spec: FieldSpec,
  base: FieldValue,
  agreed: FieldValue,
  desired: FieldValue,
  said: FieldValue,
): FieldValue {
  if (spec.kind === 'group') {
    const members = landedMembers(
      spec.members,
      membersOf(base),
      saidMembers(spec, agreed),
      saidMembers(spec, desired),
      saidMembers(spec, said),
    );
    return Object.keys(members).length > 0 ? members : base;
  }
  const isThere = spec.kind === 'list' ? sameElements(spec, said, desired) : sameValue(said, desired ?? null);
  return isThere ? agreed : base;
}

function sameElements(spec: FieldSpec, a: FieldValue, b: FieldValue): boolean {
  const [x, y] = [elementsOf(a), elementsOf(b)];
  return (
    x.length === y.length &&
    x.every((element, i) => {
      const match = y[i] as Fields;
      return elementKey(spec, element) === elementKey(spec, match) && sameElement(spec, element, match);
    })
  );
}
