import type { EntityDefinition, Fields, FieldSpec } from '../schema/entity';
import { parseRecord } from '../schema/parse';
import { copyJson, sameJson, type JsonObject } from './json';
import { readRows, writeRows, type RecordContext, type Row } from './row';

/** One entity on one provider: a table that is read in both directions. */
export interface Mapping {
  readonly entity: EntityDefinition;
  readonly rows: readonly Row[];
  /** Canonical path → why this provider cannot hold it. */
  readonly unsupported: Readonly<Record<string, string>>;
  /** Canonical path → why it can be read and not written. Derived fields are in the schema, not here. */
  readonly readOnly: Readonly<Record<string, string>>;
}

export interface MappingDeclaration {
  entity: EntityDefinition;
  rows: readonly Row[];
  /** Reasons for the paths that have no row. */
  unsupported?: Readonly<Record<string, string>>;
}

/** What the caller knows of the record: its id there, and the id of ours that goes with it. */
export type RecordIds = Pick<RecordContext, 'recordId' | 'externalId'>;

/** Checks that every canonical path has a row or a reason, and derives the capability tables from that. */
export function defineMapping({ entity, rows, unsupported = {} }: MappingDeclaration): Mapping {
  const readOnly: Record<string, string> = {};
  const reasons = new Map(Object.entries(unsupported));
  const walk = (specs: readonly FieldSpec[], among: readonly Row[]): void => {
    const byPath = new Map(among.map((row) => [row.path, row]));
    for (const spec of specs) {
      const row = byPath.get(spec.name);
      byPath.delete(spec.name);
      const reason = reasons.get(spec.path);
      reasons.delete(spec.path);
      if ((row === undefined) === (reason === undefined)) {
        throw new Error(`${entity.name}.${spec.path} needs either a row or a reason why there is none`);
      }
      if (row === undefined) continue;
      if (row.direction === 'read' && spec.derived !== true) {
        if (row.reason === undefined)
          throw new Error(`${entity.name}.${spec.path} is read only without a reason`);
        readOnly[spec.path] = row.reason;
      }
      if (row.members.length > 0) walk(spec.members, row.members);
    }
    const [stray] = byPath.keys();
    if (stray !== undefined) throw new Error(`${entity.name} has no field ${stray}`);
  };
  walk(entity.fields, rows);
  const [stray] = reasons.keys();
  if (stray !== undefined) throw new Error(`${entity.name} has no field ${stray}`);
  return { entity, rows, unsupported, readOnly };
}

/** The same mapping for a company that lacks some fields. Top-level fields only. */
export function withoutFields(mapping: Mapping, reasons: Readonly<Record<string, string>>): Mapping {
  return defineMapping({
    entity: mapping.entity,
    rows: mapping.rows.filter((row) => reasons[row.path] === undefined),
    unsupported: { ...mapping.unsupported, ...reasons },
  });
}

/** The canonical field that a provider means by a place on the wire, or by a part of it; null when there is none. */
export function fieldOnWire(mapping: Mapping, wirePath: string): FieldSpec | null {
  return fieldAmong(mapping.entity.fields, mapping.rows, wirePath);
}

function fieldAmong(specs: readonly FieldSpec[], rows: readonly Row[], wirePath: string): FieldSpec | null {
  for (const row of rows) {
    if (row.wirePath === undefined) continue;
    const spec = specs.find(({ name }) => name === row.path);
    if (!spec) continue;
    if (row.wirePath === wirePath || row.wirePath.startsWith(`${wirePath}.`)) return spec;
    if (!wirePath.startsWith(`${row.wirePath}.`)) continue;
    return fieldAmong(spec.members, row.members, wirePath.slice(row.wirePath.length + 1)) ?? spec;
  }
  return null;
}

/** The wire's canonical fields, in the id space of the side it came from. */
export function decode(mapping: Mapping, wire: JsonObject, ids: RecordIds = {}): Fields {
  const context = { ...ids, entity: mapping.entity.name, root: wire };
  return parseRecord(mapping.entity, readRows(mapping.rows, wire, context), ids.recordId);
}

/**
 * The top-level wire members to send so that `desired` becomes true on top of `current` (null: on top of
 * nothing). Empty when it already is. Members are complete: what the mapping does not know of them is kept.
 */
export function encode(
  mapping: Mapping,
  desired: Fields,
  current: JsonObject | null,
  ids: RecordIds = {},
): JsonObject {
  const draft = current === null ? {} : copyJson(current);
  const context = { ...ids, entity: mapping.entity.name, root: draft };
  writeRows(mapping.rows, desired, draft, context, current === null);
  return Object.fromEntries(
    Object.entries(draft).filter(([name, value]) => !sameJson(value, current?.[name])),
  );
}
