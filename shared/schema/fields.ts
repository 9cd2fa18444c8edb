import { z } from 'zod/v4';
import { isCalendarDate, normalizeInstant } from './calendar';
import { normalizeDecimal } from './money';
import { isStorable, isStorableId, withLineFeeds } from './text';

/** Most elements of a list: more than any ledger takes. */
export const MAX_ELEMENTS = 2000;
/** Longest id, ours and everybody else's. */
export const MAX_ID_LENGTH = 200;

const UNSTORABLE = 'has a control character or half of a character in it, which cannot be stored';

/**
 * A field is declared once, here, as a zod type with its metadata. Diff, policy, hash, node fields and docs
 * read the metadata; none keeps a list of its own.
 *
 * Three states are kept apart everywhere: a missing key means "this side has no opinion", null means empty.
 */
export type FieldMeta = {
  kind:
    | 'text'
    | 'decimal'
    | 'money'
    | 'date'
    | 'instant'
    | 'boolean'
    | 'choice'
    | 'reference'
    | 'group'
    | 'list';
  /** As the user reads it. */
  label: string;
  /** Computed by the ledger: taken from there, never sent to it, never in conflict. */
  derived?: boolean;
  /** Set on create only; a later change is raised to a person. */
  immutable?: boolean;
  /** Cannot be empty. */
  required?: boolean;
  /** Says what tax is paid, or how it is worked out. */
  tax?: boolean;
  /** Fields of one unit are merged together or not at all (quantity, price and amount of a line). */
  unit?: string;
  choices?: readonly string[];
  /** What a reference may point to. */
  references?: readonly string[];
  /** Lists: the member that identifies an element; `id` is the identity each side gives its lines. */
  identity?: string;
  /** Lists: whether the order carries meaning. */
  ordered?: boolean;
};

export type FieldOptions = Pick<FieldMeta, 'derived' | 'immutable' | 'required' | 'tax' | 'unit'>;

/** Pointer to another canonical record. `id` is in the id space of whoever holds the record (side or link). */
export interface Reference {
  entity: string;
  id: string;
}

/** Metadata of every declared field; zod keeps it beside the type, so types stay plain. */
export const fieldRegistry = z.registry<FieldMeta>();

function declare<T extends z.ZodType>(type: T, meta: FieldMeta) {
  const declared = meta.required ? type : type.nullable().optional();
  declared.register(fieldRegistry, meta);
  return declared as z.ZodOptional<z.ZodNullable<T>>;
}

const decimalText = z.string().transform((text, context) => {
  const normal = normalizeDecimal(text);
  if (normal !== null) return normal;
  context.issues.push({ code: 'custom', input: text, message: 'must be a decimal such as "12.50"' });
  return z.NEVER;
});

const instantText = z.string().transform((text, context) => {
  const normal = normalizeInstant(text);
  if (normal !== null) return normal;
  context.issues.push({
    code: 'custom',
    input: text,
    message: 'must be a time such as 2027-03-31T09:30:00Z',
  });
  return z.NEVER;
});

/** Text with LF line breaks, as every store can hold it. Empty text is no text: no ledger keeps the two apart. */
export const text = (label: string, maxLength: number, options: FieldOptions = {}) =>
  declare(
    (options.required ? z.string().min(1) : z.string()).max(maxLength).transform((value, context) => {
      const unified = withLineFeeds(value);
      if (isStorable(unified)) return unified === '' ? null : unified;
      context.issues.push({ code: 'custom', input: value, message: UNSTORABLE });
      return z.NEVER;
    }),
    { kind: 'text', label, ...options },
  );

/** An id of whoever holds the record: of a record or of one of its lines. */
export const idText = z.string().min(1).max(MAX_ID_LENGTH).refine(isStorableId, { message: UNSTORABLE });

export const decimal = (label: string, options: FieldOptions = {}) =>
  declare(decimalText, { kind: 'decimal', label, ...options });

export const money = (label: string, options: FieldOptions = {}) =>
  declare(decimalText, { kind: 'money', label, ...options });

export const date = (label: string, options: FieldOptions = {}) =>
  declare(z.string().refine(isCalendarDate, { message: 'must be a calendar date such as 2027-03-31' }), {
    kind: 'date',
    label,
    ...options,
  });

export const instant = (label: string, options: FieldOptions = {}) =>
  declare(instantText, { kind: 'instant', label, ...options });

export const flag = (label: string, options: FieldOptions = {}) =>
  declare(z.boolean(), { kind: 'boolean', label, ...options });

export const choice = <const C extends readonly [string, ...string[]]>(
  label: string,
  choices: C,
  options: FieldOptions = {},
) => declare(z.enum(choices), { kind: 'choice', label, choices, ...options });

export const reference = (
  label: string,
  entities: readonly [string, ...string[]],
  options: FieldOptions = {},
) =>
  declare(z.strictObject({ entity: z.enum(entities), id: idText }), {
    kind: 'reference',
    label,
    references: entities,
    ...options,
  });

/** A fixed set of members under one name, such as an address; merged member by member. */
export const group = <S extends z.ZodRawShape>(label: string, shape: S, options: FieldOptions = {}) =>
  declare(z.strictObject(shape), { kind: 'group', label, ...options });

/** Repeated elements, identified by `identity`; merged element by element. */
export const list = <S extends z.ZodRawShape>(
  label: string,
  shape: S,
  options: FieldOptions & { identity: string; ordered: boolean },
) =>
  declare(
    z
      .array(
        options.identity === 'id'
          ? z.strictObject({ id: idText.optional(), ...shape })
          : z.strictObject(shape),
      )
      .max(MAX_ELEMENTS),
    { kind: 'list', label, ...options },
  );
