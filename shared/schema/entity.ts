import { z } from 'zod/v4';
import { ValidationError } from '../errors';
import { fieldRegistry, type FieldMeta, type Reference } from './fields';
import { onOneLine } from './text';

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
  /** Of the field's value. */
  schema: z.ZodType<FieldValue>;
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
  /** Fields that people recognise a record by, beside its title. */
  recognisedBy: readonly string[];
  /** The reference that says whose document it is; null where it is nobody's. */
  counterparty: string | null;
  /** upgrades[n] takes a record of version n to n + 1; pure. */
  upgrades: Readonly<Record<number, (fields: Fields) => Fields>>;
}

export interface EntityDeclaration {
  name: string;
  label: string;
  plural: string;
  version: number;
  title: string;
  recognisedBy?: readonly string[];
  counterparty?: string;
  naturalKey: NaturalKey | null;
  shape: z.ZodRawShape;
  upgrades?: Record<number, (fields: Fields) => Fields>;
}

/** Turns a declaration into what the rest of the pack works with. */
export function defineEntity(declaration: EntityDeclaration): EntityDefinition {
  const { shape, upgrades = {}, recognisedBy = [], counterparty = null, ...rest } = declaration;
  return {
    ...rest,
    counterparty,
    upgrades,
    recognisedBy,
    schema: z.strictObject(shape) as unknown as z.ZodType<Fields>,
    fields: specsOf(shape, ''),
  };
}

/** What one element of the list is called: `Lines` are added one by one, `Line 1`. */
export const elementLabel = ({ label }: FieldSpec): string => label.replace(/s$/, '');

function specsOf(shape: z.ZodRawShape, prefix: string): FieldSpec[] {
  return Object.entries(shape).flatMap(([name, type]) => {
    const meta = fieldRegistry.get(type as z.ZodType);
    if (!meta) return []; // the line `id`, which is identity and not data
    const path = prefix + name;
    const members = membersOf(type as z.ZodType, `${path}.`);
    const refers = meta.kind === 'reference' || members.some((member) => member.refers);
    return [{ ...meta, name, path, members, schema: type as z.ZodType<FieldValue>, refers }];
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

/** The number or name that these fields give a record, on one line; null where they give it none. */
export function shownTitle(entity: EntityDefinition, fields: Fields): string | null {
  const title = fields[entity.title];
  const shown = typeof title === 'string' ? onOneLine(title) : '';
  return shown === '' ? null : shown;
}

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
