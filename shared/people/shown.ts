import type { RecordState } from '../ports';
import type { EntityDefinition, Fields, FieldSpec, FieldValue } from '../schema/entity';
import type { Reference } from '../schema/fields';
import { onOneLine } from '../schema/text';

/** Values as people read them. */

/** What records are called, by link id. */
export type Names = ReadonlyMap<string, string>;

export const EMPTY = '(empty)';
const NO_NAMES: Names = new Map();
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `12 Mar 2027`. */
const shownDate = (date: string): string => {
  const [year, month, day] = date.split('-');
  return `${Number(day)} ${MONTHS[Number(month) - 1] ?? month} ${year}`;
};

/** Amounts have two decimals at least: the normal form leaves zeros at the end out. */
const shownMoney = (amount: string): string => {
  const [whole = '', cents = ''] = amount.split('.');
  return `${whole}.${cents.padEnd(2, '0')}`;
};

/** `in_progress` reads `In progress`. */
export const shownWord = (word: string): string => {
  const spaced = word.replace(/_/g, ' ');
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
};

/** On one line. A reference reads as the record is called, or as its kind where nobody knows. */
export function shownField(spec: FieldSpec, value: FieldValue, names: Names = NO_NAMES): string {
  if (value === null || value === undefined || value === '') return EMPTY;
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  if (typeof value === 'string') return shownText(spec, value);
  if (Array.isArray(value))
    return value.map((element) => shownElement(spec, element, names)).join('; ') || EMPTY;
  if (spec.kind === 'reference') {
    const { id, entity } = value as unknown as Reference;
    return names.get(id) ?? `${shownWord(entity)} (not known by name)`;
  }
  return shownMembers(spec.members, value as Fields, names) || EMPTY;
}

function shownText(spec: FieldSpec, value: string): string {
  switch (spec.kind) {
    case 'money':
      return shownMoney(value);
    case 'date':
      return shownDate(value);
    case 'choice':
      return shownWord(value);
    default:
      return onOneLine(value);
  }
}

/** `Quantity 2, Unit Price 35.00, Amount 70.00`: what is empty is left out. */
export function shownMembers(specs: readonly FieldSpec[], fields: Fields, names: Names = NO_NAMES): string {
  return specs
    .filter(({ name }) => (fields[name] ?? null) !== null)
    .map((spec) => `${spec.label} ${shownField(spec, fields[spec.name], names)}`)
    .join(', ');
}

/** A line, or another element of a list. */
export const shownElement = (spec: FieldSpec, element: Fields, names: Names = NO_NAMES): string =>
  shownMembers(spec.members, element, names) || EMPTY;

const STATES: Readonly<Record<RecordState | 'absent' | 'apart', string>> = {
  live: 'There',
  voided: 'Voided',
  deleted: 'Deleted',
  absent: 'Not there',
  apart: 'On one side only',
};

export const shownState = (state: unknown): string =>
  typeof state === 'string' && state in STATES ? STATES[state as keyof typeof STATES] : EMPTY;

/** `Invoice 1001 · Amy's Bird Sanctuary · 157.40 USD · 6 Jan 2027`. */
export function headingOf(
  entity: EntityDefinition,
  title: string,
  fields: Fields,
  names: Names = NO_NAMES,
): string {
  const known = entity.recognisedBy
    .map((name) => entity.fields.find((spec) => spec.name === name))
    .filter((spec) => spec !== undefined)
    .filter(({ name }) => (fields[name] ?? null) !== null);
  const currency = typeof fields['currency'] === 'string' ? ` ${onOneLine(fields['currency'])}` : '';
  const parts = known.map((spec) => {
    const text = shownField(spec, fields[spec.name], names);
    return spec.kind === 'money' ? `${text}${currency}` : text;
  });
  return [`${entity.label} ${onOneLine(title)}`, ...parts].join(' · ');
}

/** `25 Nov 2026, 10:02`, by the clock of this zone. */
export function shownTime(at: number | string, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(
    typeof at === 'number' ? at : Date.parse(at),
  );
}
