import type { Base } from '../../ports';
import { entities } from '../../schema/entities';
import type { Fields, FieldSpec, FieldValue } from '../../schema/entity';

/** What stands where a text cannot be empty. */
export const ERASED = '[erased]';

/** Shorter texts occur in others by chance. */
const SHORTEST_NAME = 3;

/** Text of any kind; what cannot be changed on a record, such as its currency, is not about a person. */
const isPersonal = (spec: FieldSpec | undefined): boolean =>
  spec === undefined || (spec.kind === 'text' && !spec.immutable);

const specsOf = (entity: string): readonly FieldSpec[] =>
  entities.find(({ name }) => name === entity)?.fields ?? [];

/** The record without personal text: empty where it may be. Amounts, dates, choices and references stay. */
export function scrubFields(entity: string, fields: Fields): Fields {
  return scrubMembers(specsOf(entity), fields);
}

function scrubMembers(specs: readonly FieldSpec[], fields: Fields): Fields {
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, scrubValue(name, byName.get(name), value)]),
  );
}

function scrubValue(name: string, spec: FieldSpec | undefined, value: FieldValue): FieldValue {
  if (typeof value === 'string') {
    // The identity of a line is no text of a person.
    if (name === 'id' || name === 'key' || !isPersonal(spec)) return value;
    return spec?.required ? ERASED : null;
  }
  if (Array.isArray(value)) return value.map((element) => scrubMembers(spec?.members ?? [], element));
  if (typeof value !== 'object' || value === null || spec?.kind === 'reference') return value;
  return scrubMembers(spec?.members ?? [], value as Fields);
}

export const scrubBase = (entity: string, base: Base): Base => ({
  ...base,
  fields: scrubFields(entity, base.fields),
});

/** Whether a path such as `billingAddress.city` or `lines[3].description` is of personal text. */
function isPersonalPath(entity: string, path: string): boolean {
  let specs = specsOf(entity);
  let spec: FieldSpec | undefined;
  for (const name of path.replace(/\[[^\]]*\]/g, '').split('.')) {
    if (name.startsWith('$')) return false;
    spec = specs.find((candidate) => candidate.name === name);
    specs = spec?.members ?? [];
  }
  return isPersonal(spec) || specs.length > 0;
}

const VALUES = ['base', 'app', 'ledger', 'before', 'after'] as const;

/** Conflicts and decisions say what a field was on either side. */
function scrubField<T extends { path: string }>(entity: string, field: T): T {
  if (!isPersonalPath(entity, field.path)) return field;
  const values = Object.fromEntries(VALUES.filter((name) => name in field).map((name) => [name, null]));
  const chosen = 'chosen' in field ? { chosen: scrubChoice(entity, field.path, field.chosen) } : {};
  return { ...field, ...values, ...chosen };
}

const scrubChoice = (entity: string, path: string, choice: unknown): unknown =>
  isPersonalPath(entity, path) && typeof choice === 'object' && choice !== null && 'value' in choice
    ? { value: null }
    : choice;

/** Takes out what a text says of a person. */
export type Redact = (text: string) => string;

/** Replaces these names wherever they stand in a text. */
export function redactor(names: readonly string[]): Redact {
  const known = [...new Set(names)]
    .filter((name) => name.length >= SHORTEST_NAME && name !== ERASED)
    .sort((a, b) => b.length - a.length);
  if (known.length === 0) return (text) => text;
  const escaped = known.map((name) => name.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'));
  // Whole words only: nobody is meant by a part of another one.
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join('|')})(?![\\p{L}\\p{N}])`, 'giu');
  return (text) => text.replace(pattern, ERASED);
}

/** Members that say which record, field or rule is meant: a person may be called like one of them. */
const MEANING: ReadonlySet<string> = new Set([
  ...['absorbed', 'by', 'code', 'conflict', 'entity', 'events', 'from', 'key', 'label'],
  ...['path', 'reason', 'recordId', 'requestId', 'side', 'state', 'winner', 'wrote'],
]);

/** All texts within a value, whatever its shape. */
export function redactAll(value: unknown, redact: Redact): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((element) => redactAll(element, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      MEANING.has(name) ? member : redactAll(member, redact),
    ]),
  );
}

/** What the log, an intent or a conflict keeps of the person's own record. */
export function scrubDetail(
  entity: string,
  detail: Readonly<Record<string, unknown>>,
  redact: Redact,
): Record<string, unknown> {
  const scrubbed = Object.entries(detail).map(([name, value]): [string, unknown] => {
    switch (name) {
      case 'link':
        return [name, scrubState(entity, value as { base?: Base | null })];
      case 'decisions':
      case 'maybeDecided':
      case 'fields':
        return [
          name,
          (value as { path: string }[]).map((field) => redactAll(scrubField(entity, field), redact)),
        ];
      case 'choices':
        return [
          name,
          Object.fromEntries(
            Object.entries(value as object).map(([path, choice]) => [
              path,
              scrubChoice(entity, path, choice),
            ]),
          ),
        ];
      case 'title':
        return [name, ERASED];
      default:
        return [name, MEANING.has(name) ? value : redactAll(value, redact)];
    }
  });
  return Object.fromEntries(scrubbed);
}

/** What is known of a link: a replay of the scrubbed log gives the scrubbed link. */
export const scrubState = <T extends { base?: Base | null }>(entity: string, state: T): T =>
  state.base ? { ...state, base: scrubBase(entity, state.base) } : state;

/** What another record's log says of the person; what was agreed on about that record stays, for a replay needs it. */
export function redactDetail(
  detail: Readonly<Record<string, unknown>>,
  redact: Redact,
): Record<string, unknown> {
  const { link, ...rest } = detail;
  return { ...(redactAll(rest, redact) as Record<string, unknown>), ...(link === undefined ? {} : { link }) };
}

/** Texts of a record that name the person: what is replaced where others mention it. */
export function namesIn(entity: string, fields: Fields): string[] {
  const specs = specsOf(entity);
  return Object.entries(fields).flatMap(([name, value]) => {
    const spec = specs.find((candidate) => candidate.name === name);
    return typeof value === 'string' && isPersonal(spec) && value.trim() !== '' ? [value.trim()] : [];
  });
}
