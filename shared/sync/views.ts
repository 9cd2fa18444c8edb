import type { Base, Intent, Link, SideName, SideRecord } from '../ports';
import { upgradeRecord, type EntityDefinition, type Fields } from '../schema/entity';
import { parseRecord } from '../schema/parse';
import type { SideView } from './decide';
import { elementsOf } from './compare';
import { adoptLines, lineIdsOf, lineSpec, pairNewLines, toLineKeys } from './lines';
import type { Run } from './context';
import type { Canonical } from './references';

/** A record as read from one side: as it came, and as `decide` sees it. */
export interface SideReading {
  /** Null: the side has no such record (any more). */
  record: SideRecord | null;
  view: SideView;
  /** line key -> the side's line id. */
  lineIds: Map<string, string>;
}

export type Readings = Record<SideName, SideReading>;

/** Records that were just read for a whole batch, by side and `recordKey`. */
export type Prefetched = Record<SideName, ReadonlyMap<string, SideRecord>>;

/** Ids are unique per entity only. */
export const recordKey = (entity: string, id: string) => `${entity}:${id}`;

/** The base in the current version of the schema. */
export function currentBase(entity: EntityDefinition, base: Base | null): Base | null {
  if (!base || base.schemaVersion === entity.version) return base;
  return {
    ...base,
    schemaVersion: entity.version,
    fields: upgradeRecord(entity, base.fields, base.schemaVersion),
  };
}

/** Reads what a link points to on one side; an id that is gone reads as a deleted record. */
export async function readSide(
  run: Run,
  link: Link,
  side: SideName,
  known?: Prefetched,
): Promise<SideRecord | null> {
  const id = link[side].id;
  if (id === null) return null;
  return known?.[side].get(recordKey(link.entity, id)) ?? (await run.sides[side].read(link.entity, id));
}

/**
 * Both readings, canonical: references are link ids, lines have their keys, new lines of both sides are paired.
 * `doubtful` are updates that may have landed.
 */
export async function canonicalReadings(
  run: Run,
  entity: EntityDefinition,
  link: Link,
  base: Base | null,
  records: Record<SideName, SideRecord | null>,
  doubtful: readonly Intent[] = [],
): Promise<Readings> {
  const reading = async (side: SideName) =>
    await canonicalReading(run, entity, link, side, base, records[side], doubtful);
  const app = await reading('app');
  const ledger = await reading('ledger');
  const paired = pairNewLines(entity, base?.fields ?? null, app.view.fields, ledger.view.fields);
  if (paired !== ledger.view.fields && records.ledger) {
    return {
      app,
      ledger: {
        ...ledger,
        view: { ...ledger.view, fields: paired },
        lineIds: lineIdsOf(entity, records.ledger.fields, paired),
      },
    };
  }
  return { app, ledger };
}

async function canonicalReading(
  run: Run,
  entity: EntityDefinition,
  link: Link,
  side: SideName,
  base: Base | null,
  record: SideRecord | null,
  doubtful: readonly Intent[],
): Promise<SideReading> {
  if (!record || record.state === 'deleted') {
    const state = link[side].id === null ? 'absent' : 'deleted';
    return { record, view: { state, fields: {} }, lineIds: new Map() };
  }
  const { fields: keyed, outdated } = await canonicalOf(run, entity, link, side, record);
  // What one of these writes may have made is told by them first, and what was changed of it since last.
  const mine = doubtful.filter((intent) => intent.side === side);
  let settled = settledLines(run, link, side, base);
  let fields = keyed;
  for (const { desired } of mine) fields = adoptLines(entity, desired, fields, 'content', settled);
  if (base) {
    const known = withLinesOf(entity, base.fields, fields, mine);
    fields = adoptLines(entity, known, fields, 'content');
    if (!settled) {
      settled = recognisedLines(entity, known, fields);
      fields = adoptLines(entity, known, fields, 'place');
    }
  }
  for (const { desired } of mine) fields = adoptLines(entity, desired, fields, 'likeness', settled);
  const lineIds = lineIdsOf(entity, record.fields, fields);
  return { record, view: { state: record.state, fields, outdated }, lineIds };
}

/** The lines of `known` that the record was seen to have by what they say. */
function recognisedLines(entity: EntityDefinition, known: Fields, fields: Fields): Fields {
  const spec = lineSpec(entity);
  if (!spec) return {};
  const keys = new Set(elementsOf(fields[spec.name]).map((line) => line['id']));
  return { [spec.name]: elementsOf(known[spec.name]).filter(({ id }) => keys.has(id)) };
}

/** The base with the lines that were just recognised as made by these writes: they are nobody else's any more. */
function withLinesOf(
  entity: EntityDefinition,
  base: Fields,
  fields: Fields,
  writes: readonly Intent[],
): Fields {
  const spec = lineSpec(entity);
  if (!spec || writes.length === 0) return base;
  const keysOf = (from: Fields) => elementsOf(from[spec.name]).map((line) => line['id']);
  const [old, made] = [new Set(keysOf(base)), new Set(writes.flatMap(({ desired }) => keysOf(desired)))];
  const recognised = elementsOf(fields[spec.name]).filter(({ id }) => made.has(id) && !old.has(id));
  return { ...base, [spec.name]: [...elementsOf(base[spec.name]), ...recognised] };
}

/**
 * The base, where its lines go by the side's ids for certain; null where those say nothing: the side replaces
 * them, or made the record and its answer was lost.
 */
export function settledLines(run: Run, link: Link, side: SideName, base: Base | null): Fields | null {
  const namesAnew =
    run.sides[side].capabilities.lineIds === 'replaced' || link.lines.every((line) => line[side] === null);
  return namesAnew ? null : (base?.fields ?? null);
}

/** Validated, references as link ids, lines as keys where the link knows them. */
export async function canonicalFields(
  run: Run,
  entity: EntityDefinition,
  link: Link,
  side: SideName,
  record: SideRecord,
): Promise<Fields> {
  return (await canonicalOf(run, entity, link, side, record)).fields;
}

async function canonicalOf(
  run: Run,
  entity: EntityDefinition,
  link: Link,
  side: SideName,
  record: SideRecord,
): Promise<Canonical> {
  const parsed = parseRecord(entity, record.fields, record.id);
  const { fields, outdated } = await run.references.toCanonical(entity, side, parsed, run.clock.now());
  return { fields: toLineKeys(entity, fields, side, link.lines), outdated };
}
