import { z } from 'zod/v4';
import { ValidationError } from '../errors';
import { fieldRegistry, type FieldMeta, type Reference } from './fields';

/** A canonical record: only declared fields, values in normal form. */
export interface Fields {
  [field: string]: FieldValue;
}
export type FieldValue = string | boolean | null | undefined | Reference | Fields | Fields[];

/** One declared field, as the engine walks it. `members` are those of a group or of a list's element. */
export interface FieldSpec extends FieldMeta {
  name: string;
  /** `billingAddress.city`, `lines.amount`: what policies and conflicts are keyed by. */
  path: string;
  members: readonly FieldSpec[];
  /** Whether it is a reference, or has one among its members. */
  refers: boolean;
}

/** How a record is found again when no id is known: the natural key, and what it is called. */
export interface NaturalKey {
  fields: readonly string[];
  /** True where a ledger keeps it unique, so that a match is the same record. */
  unique: boolean;
}

export interface EntityDefinition {
  name: string;
  label: string;
  plural: string;
  /** Current schema version; see `upgrade`. */
  version: number;
  fields: readonly FieldSpec[];
  schema: z.ZodType<Fields>;
  naturalKey: NaturalKey | null;
  /** Field shown to people as the record's title. */
  title: string;
  /** upgrades[n] takes a record of version n to n + 1; pure. */
  upgrades: Readonly<Record<number, (fields: Fields) => Fields>>;
}

export interface EntityDeclaration {
  name: string;
  label: string;
  plural: string;
  version: number;
  title: string;
  naturalKey: NaturalKey | null;
  shape: z.ZodRawShape;
  upgrades?: Record<number, (fields: Fields) => Fields>;
}

/** Turns a declaration into what the rest of the pack works with. */
export function defineEntity(declaration: EntityDeclaration): EntityDefinition {
  const { shape, upgrades = {}, ...rest } = declaration;
  return {
    ...rest,
    upgrades,
    schema: z.strictObject(shape) as unknown as z.ZodType<Fields>,
    fields: specsOf(shape, ''),
  };
}

function specsOf(shape: z.ZodRawShape, prefix: string): FieldSpec[] {
  return Object.entries(shape).flatMap(([name, type]) => {
    const meta = fieldRegistry.get(type as z.ZodType);
    if (!meta) return []; // the line `id`, which is identity and not data
    const path = prefix + name;
    const members = membersOf(type as z.ZodType, `${path}.`);
    const refers = meta.kind === 'reference' || members.some((member) => member.refers);
    return [{ ...meta, name, path, members, refers }];
  });
}

function membersOf(type: z.ZodType, prefix: string): FieldSpec[] {
  const inner = unwrap(type);
  if (inner instanceof z.ZodArray) return membersOf(inner.element as z.ZodType, prefix);
  if (inner instanceof z.ZodObject) return specsOf(inner.shape, prefix);
  return [];
}

function unwrap(type: z.ZodType): z.ZodType {
  return type instanceof z.ZodOptional || type instanceof z.ZodNullable
    ? unwrap(type.unwrap() as z.ZodType)
    : type;
}

/**
 * The record in normal form. Throws ValidationError naming entity, id, field and reason; the message never
 * repeats the value, which may be anything.
 */
export function parseRecord(entity: EntityDefinition, input: unknown, recordId?: string): Fields {
  const result = entity.schema.safeParse(input);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({
    field: issue.path.join('.') || (issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : ''),
    reason: reasonOf(issue, input),
  }));
  const first = issues[0];
  throw new ValidationError(
    `${entity.label}${recordId ? ` ${recordId}` : ''}: ${first?.field || 'record'} ${first?.reason ?? 'is not valid'}`,
    {
      entity: entity.name,
      ...(recordId === undefined ? {} : { recordId }),
      ...(first?.field ? { field: first.field } : {}),
      issues,
      nextStep: 'Correct the record at its source, then replay the event.',
    },
  );
}

/** For whoever filled in the record; a missing member is no type error to them. */
function reasonOf(issue: z.core.$ZodIssue, input: unknown): string {
  if (issue.code === 'unrecognized_keys') return 'is not a field of this entity';
  if (issue.code === 'too_big' && issue.origin === 'string') {
    return `must not be longer than ${issue.maximum} characters`;
  }
  if (issue.code !== 'invalid_type') return issue.message;
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Fields | null | undefined)?.[key as string],
    input,
  );
  return value === undefined || value === null
    ? 'is required'
    : `must be ${KINDS[issue.expected] ?? issue.expected}`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'an object',
  array: 'a list',
  boolean: 'true or false',
};

/** Applies the upgrades between a stored version and the current one. */
export function upgradeRecord(entity: EntityDefinition, fields: Fields, fromVersion: number): Fields {
  let current = fields;
  for (let version = fromVersion; version < entity.version; version++) {
    const upgrade = entity.upgrades[version];
    if (!upgrade) {
      throw new ValidationError(`${entity.label}: no upgrade from schema version ${version}`, {
        entity: entity.name,
        nextStep: 'Install the version of the pack that wrote this store, or a newer one.',
      });
    }
    current = upgrade(current);
  }
  return current;
}
