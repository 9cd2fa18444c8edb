import { UnsupportedError } from '../errors';
import { canonicalJson } from '../schema/canonicalJson';
import type { Fields, FieldValue } from '../schema/entity';
import type { Codec, Place } from './codec';
import { storable } from '../schema/text';
import { isJsonObject, setAt, valueAt, type Json, type JsonObject } from './json';

/** What a row knows about the record it works on. */
export interface RecordContext {
  entity: string;
  recordId?: string;
  /** Our own id of the record, for the rows that leave it there. */
  externalId?: string;
  /** The whole record on the wire, for rows inside lists and groups whose meaning depends on it. */
  root: JsonObject;
  /** Canonical path of what contains the row, with its trailing point. */
  prefix?: string;
}

/** `read`: never written. `create`: written once and refused afterwards. */
export type Direction = 'both' | 'read' | 'create';

/**
 * One row of a mapping: a small lens between a canonical field and its place on the wire.
 */
export interface Row {
  /** Canonical name within its container. */
  readonly path: string;
  readonly direction: Direction;
  /** Why a `read` row is never written, for people. */
  readonly reason?: string;
  /** Rows of a group's members or of a list's elements. */
  readonly members: readonly Row[];
  /** Its place on the wire, seen from its container; rows that are computed from several have none. */
  readonly wirePath?: string;
  /** Undefined: the wire has no opinion. */
  get(wire: JsonObject, context: RecordContext): FieldValue;
  /** Changes `draft` so that `get` answers `value`; touches nothing that is not its own. */
  put(value: FieldValue, draft: JsonObject, context: RecordContext): void;
  /** Whether `now`, as read, already says what is desired. */
  agrees(desired: FieldValue, now: FieldValue): boolean;
}

export interface FieldRowOptions {
  direction?: Direction;
  reason?: string;
  /**
   * What a member that is not there means: `empty` where the provider leaves out what is empty (default),
   * `unknown` where it leaves out what it has no notion of (default of `read` rows), or a value of its own.
   */
  absent?: 'empty' | 'unknown' | { is: FieldValue };
}

export function placeOf(context: RecordContext, path: string): Place {
  return {
    entity: context.entity,
    ...(context.recordId === undefined ? {} : { recordId: context.recordId }),
    path: `${context.prefix ?? ''}${path}`,
  };
}

export function sameValue(a: FieldValue, b: FieldValue): boolean {
  return a === b || canonicalJson(a ?? null) === canonicalJson(b ?? null);
}

/** A field and its dotted place on the wire. */
export function field(path: string, wirePath: string, codec: Codec, options: FieldRowOptions = {}): Row {
  const { direction = 'both', reason, absent = direction === 'read' ? 'unknown' : 'empty' } = options;
  return {
    path,
    direction,
    members: [],
    wirePath,
    ...(reason === undefined ? {} : { reason }),
    get(wire, context) {
      const value = valueAt(wire, wirePath);
      if (value === undefined) {
        if (absent === 'empty') return null;
        return absent === 'unknown' ? undefined : absent.is;
      }
      return value === null ? null : codec.decode(value, placeOf(context, path));
    },
    put(value, draft, context) {
      const normal = value === null || value === undefined ? null : codec.normalize(value);
      const wire: Json =
        normal === null || normal === undefined ? codec.empty : codec.encode(normal, placeOf(context, path));
      setAt(draft, wirePath, wire);
    },
    agrees(desired, now) {
      const normal = desired === null || desired === undefined ? null : codec.normalize(desired);
      return sameValue(normal, now);
    },
  };
}

/** A field computed from the wire, never written. */
export function derived(
  path: string,
  get: (wire: JsonObject, context: RecordContext) => FieldValue,
  reason?: string,
): Row {
  return {
    path,
    direction: 'read',
    members: [],
    ...(reason === undefined ? {} : { reason }),
    get,
    put: () => undefined,
    agrees: sameValue,
  };
}

/** A fixed set of members inside one wire object, such as an address. Null is every member empty. */
export function group(path: string, wirePath: string, rows: readonly Row[]): Row {
  const inside = (context: RecordContext): RecordContext => ({
    ...context,
    prefix: `${context.prefix ?? ''}${path}.`,
  });
  const membersOf = (value: FieldValue): Fields =>
    value === null || value === undefined
      ? Object.fromEntries(rows.map((row) => [row.path, null]))
      : (value as Fields);
  return {
    path,
    direction: 'both',
    members: rows,
    wirePath,
    get(wire, context) {
      const inner = valueAt(wire, wirePath);
      const fields = readRows(rows, isJsonObject(inner) ? inner : {}, inside(context));
      return Object.values(fields).every((member) => member === null) ? null : fields;
    },
    put(value, draft, context) {
      const inner = valueAt(draft, wirePath);
      const target = isJsonObject(inner) ? inner : {};
      writeRows(rows, membersOf(value), target, inside(context), false);
      setAt(draft, wirePath, target);
    },
    agrees(desired, now) {
      const wanted = membersOf(desired);
      const have = membersOf(now);
      return rows.every(
        (row) => wanted[row.path] === undefined || row.agrees(wanted[row.path], have[row.path]),
      );
    },
  };
}

/**
 * What the wire says, as a store can hold it. What a provider holds can always be read: a character that no
 * store keeps is read as the replacement character, and as long as nobody edits the field, the wire keeps its own.
 */
function valueOf(row: Row, wire: JsonObject, context: RecordContext): FieldValue {
  const value = row.get(wire, context);
  return typeof value === 'string' ? storable(value) : value;
}

/** Every row's value; a row without an opinion leaves no key. */
export function readRows(rows: readonly Row[], wire: JsonObject, context: RecordContext): Fields {
  const fields: Fields = {};
  for (const row of rows) {
    const value = valueOf(row, wire, context);
    if (value !== undefined) fields[row.path] = value;
  }
  return fields;
}

/** Puts into `draft` what it does not say yet. A missing key is no opinion and writes nothing. */
export function writeRows(
  rows: readonly Row[],
  desired: Fields,
  draft: JsonObject,
  context: RecordContext,
  creating: boolean,
): void {
  // In order, each on what the earlier ones made of the draft: how amounts read may depend on a row above.
  for (const row of rows) {
    const value = desired[row.path];
    if (row.direction === 'read' || value === undefined) continue;
    const current = valueOf(row, draft, context);
    if (value === null && (current === undefined || current === null)) continue;
    if (current !== undefined && row.agrees(value, current)) continue;
    if (row.direction === 'create' && !creating) {
      // Where the wire says nothing there is nothing to contradict.
      if (current === undefined) continue;
      throw fixedAfterCreate(placeOf(context, row.path));
    }
    row.put(value, draft, context);
  }
}

function fixedAfterCreate({ entity, recordId, path }: Place): UnsupportedError {
  return new UnsupportedError(`${entity} ${recordId ?? ''}: ${path} cannot be changed any more`, {
    entity,
    field: path,
    ...(recordId === undefined ? {} : { recordId }),
    nextStep: 'Change it back, or create a new record with the other value.',
  });
}
