import type { Fields } from '../../shared/schema/entity';
import type { JsonObject } from '../../shared/mapping/json';
import { decode, encode, type Mapping } from '../../shared/mapping/mapping';

/** What a provider does with a patch: top-level members are replaced, the others stay. */
export function applyPatch(patch: JsonObject, base: JsonObject | null): JsonObject {
  return { ...base, ...patch };
}

/** PutGet: what was written is read back. Returns the fields that break it. */
export function putGetViolations(mapping: Mapping, desired: Fields, base: JsonObject | null): string[] {
  const after = decode(mapping, applyPatch(encode(mapping, desired, base), base));
  return mapping.rows
    .filter((row) => row.direction === 'both' || (row.direction === 'create' && base === null))
    .filter(
      (row) => desired[row.path] !== undefined && !row.agrees(desired[row.path], after[row.path] ?? null),
    )
    .map((row) => row.path);
}

/** GetPut: writing what was read changes nothing (no echo). Returns the members that would be sent. */
export function getPutViolations(mapping: Mapping, wire: JsonObject): string[] {
  return Object.keys(encode(mapping, decode(mapping, wire), wire));
}

/** PutPut: writing the same again changes nothing more. Returns the members that would be sent. */
export function putPutViolations(mapping: Mapping, desired: Fields, base: JsonObject | null): string[] {
  const once = applyPatch(encode(mapping, desired, base), base);
  return Object.keys(encode(mapping, desired, once));
}
