import { setImmediate as nextTurn } from 'node:timers/promises';
import type { z } from 'zod/v4';
import { ValidationError, type Issue } from '../errors';
import { elementLabel, type EntityDefinition, type Fields, type FieldSpec } from './entity';
import { MAX_ELEMENTS } from './fields';
import { shownValue } from './text';

/** Elements of a list that are read before others get their turn: a few milliseconds' worth. */
const SLICE = 200;

export interface RefusalOptions {
  recordId?: string | undefined;
  /** What is to be done about it, where that is not a correction of a record that was read. */
  nextStep?: string;
}

/**
 * The record in normal form. Throws ValidationError that names entity, id, field, reason and the start of the
 * value: whoever has entered it recognises it by that.
 */
export function parseRecord(entity: EntityDefinition, input: unknown, recordId?: string): Fields {
  return parsed(entity, input, { recordId });
}

function parsed(entity: EntityDefinition, input: unknown, options: RefusalOptions): Fields {
  refuseLongLists(entity, input, options);
  const result = entity.schema.safeParse(input);
  if (result.success) return result.data;
  throw refusal(entity, issuesOf(entity, result.error.issues, input), options);
}

/** As parseRecord, without holding everybody else up while a record of thousands of lines is read. */
export async function parseLargeRecord(
  entity: EntityDefinition,
  input: Fields,
  options: RefusalOptions = {},
): Promise<Fields> {
  refuseLongLists(entity, input, options);
  const long = entity.fields.find(({ kind, name }) => kind === 'list' && lengthOf(input[name]) > SLICE);
  if (!long) return parsed(entity, input, options);
  const elements = input[long.name] as Fields[];
  const read: Fields[] = [];
  const issues: z.core.$ZodIssue[] = [];
  let rest: Fields = {};
  for (let start = 0; start < elements.length; start += SLICE) {
    await nextTurn();
    const slice = elements.slice(start, start + SLICE);
    const result = entity.schema.safeParse({ ...input, [long.name]: slice });
    // What is outside the list is told once, with the first slice.
    for (const issue of result.error?.issues ?? []) {
      const [name, index, ...path] = issue.path;
      const isElement = name === long.name && typeof index === 'number';
      if (isElement) issues.push({ ...issue, path: [name, index + start, ...path] });
      else if (start === 0) issues.push(issue);
    }
    rest = result.data ?? rest;
    if (result.data) read.push(...(result.data[long.name] as Fields[]));
  }
  await nextTurn();
  if (issues.length > 0) throw refusal(entity, issuesOf(entity, issues, input), options);
  return { ...rest, [long.name]: read };
}

/** A refusal of a record, in the words of its schema. */
export function refusal(
  entity: EntityDefinition,
  issues: Issue[],
  {
    recordId,
    nextStep = 'Correct the record at its source; the sync then tries again automatically.',
  }: RefusalOptions = {},
): ValidationError {
  const [first] = issues;
  return new ValidationError(
    `${entity.label}${recordId ? ` ${recordId}` : ''}: ${first ? sentenceOf(first) : 'Record is not valid'}`,
    {
      entity: entity.name,
      ...(recordId === undefined ? {} : { recordId }),
      ...(first?.field ? { field: first.field } : {}),
      issues,
      nextStep,
    },
  );
}

/** `Due Date must be a calendar date such as 2027-03-31 (it was "31.3.")`. */
export const sentenceOf = ({ field, label, reason, value }: Issue): string =>
  `${label ?? field} ${reason}${value === undefined ? '' : ` (it was ${value})`}`;

/** As the fields are called on screen: `Line 1: Amount`. */
export function labelAt(specs: readonly FieldSpec[], path: readonly PropertyKey[]): string {
  const [name, ...inner] = path;
  const spec = specs.find((candidate) => candidate.name === name);
  if (!spec) return name === 'id' ? 'ID' : name === 'entity' ? 'Entity' : shownName(name);
  if (inner.length === 0) return spec.label;
  const [index, ...member] = inner;
  if (spec.kind !== 'list' || typeof index !== 'number') {
    return `${spec.label}: ${labelAt(spec.members, inner)}`;
  }
  const element = `${elementLabel(spec)} ${index + 1}`;
  return member.length === 0 ? element : `${element}: ${labelAt(spec.members, member)}`;
}

/** Counted before anything is done with the elements: millions of them would be read first otherwise. */
export function refuseLongLists(entity: EntityDefinition, input: unknown, options: RefusalOptions): void {
  if (typeof input !== 'object' || input === null) return;
  for (const { kind, name, label } of entity.fields) {
    const length = kind === 'list' ? lengthOf((input as Fields)[name]) : 0;
    if (length <= MAX_ELEMENTS) continue;
    const reason = `must not have more than ${MAX_ELEMENTS} elements (it has ${length})`;
    throw refusal(entity, [{ field: name, label, reason }], options);
  }
}

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

const shownName = (name: PropertyKey | undefined): string =>
  name === undefined ? 'Record' : shownValue(String(name)).slice(1, -1);

const issuesOf = (entity: EntityDefinition, issues: readonly z.core.$ZodIssue[], input: unknown): Issue[] =>
  issues.flatMap((issue): Issue[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        ...placeOf(entity, [...issue.path, key]),
        reason: 'is not a field of this entity',
      }));
    }
    const value = issue.path.reduce<unknown>(
      (at, key) => (at as Fields | null | undefined)?.[key as string],
      input,
    );
    const isMissing = value === undefined || value === null;
    if (issue.code === 'invalid_type' && isMissing) {
      return [{ ...placeOf(entity, issue.path), reason: 'is required' }];
    }
    return [{ ...placeOf(entity, issue.path), reason: reasonOf(issue), value: shownValue(value) }];
  });

const placeOf = (entity: EntityDefinition, path: readonly PropertyKey[]) => ({
  field: path.map(shownName).join('.'),
  label: labelAt(entity.fields, path),
});

/** For whoever filled in the record. */
export function reasonOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_big':
      return issue.origin === 'string'
        ? `must not be longer than ${issue.maximum} characters`
        : issue.message;
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : issue.message;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_type':
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    default:
      return issue.message;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'an object',
  array: 'a list',
  boolean: 'true or false',
};
