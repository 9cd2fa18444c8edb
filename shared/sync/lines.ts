import type { LineLink, SideName } from '../ports';
import type { EntityDefinition, Fields, FieldSpec } from '../schema/entity';
import { elementsOf, sameElement } from './compare';

/**
 * Line identity. Each side names its lines itself; the link knows which line here is which line there under
 * one key. A key is the line's id on the side where it was first seen (`app:7`), so it is the same whoever
 * computes it.
 */
export function lineSpec(entity: EntityDefinition): FieldSpec | null {
  return entity.fields.find((spec) => spec.kind === 'list' && spec.identity === 'id') ?? null;
}

/** Replaces the side's line ids by line keys. */
export function toLineKeys(
  entity: EntityDefinition,
  fields: Fields,
  side: SideName,
  lines: readonly LineLink[],
): Fields {
  const spec = lineSpec(entity);
  const elements = spec && fields[spec.name];
  if (!spec || !Array.isArray(elements)) return fields;
  const keys = new Map(lines.map((line) => [line[side], line.key]));
  return {
    ...fields,
    [spec.name]: elements.map((element) => {
      const id = element['id'] as string;
      return { ...element, id: keys.get(id) ?? `${side}:${id}` };
    }),
  };
}

/** Replaces line keys by the side's line ids; lines that are new there have none. */
export function toLineIds(
  entity: EntityDefinition,
  fields: Fields,
  side: SideName,
  lines: readonly LineLink[],
): Fields {
  const spec = lineSpec(entity);
  const elements = spec && fields[spec.name];
  if (!spec || !Array.isArray(elements)) return fields;
  const ids = new Map(lines.map((line) => [line.key, line[side]]));
  const prefix = `${side}:`;
  return {
    ...fields,
    [spec.name]: elements.map(({ id: key, ...element }) => {
      const own = (key as string).startsWith(prefix) ? (key as string).slice(prefix.length) : null;
      const id = ids.get(key as string) ?? own;
      return id ? { id, ...element } : element;
    }),
  };
}

/**
 * Recognises lines that one side has under a new id: those of `theirs` whose key `known` lacks are matched
 * with the lines of `known` that `theirs` lacks, first by equal content in order, then (`byPosition`) by
 * place. The matched ones take the known key.
 */
export function adoptLines(
  entity: EntityDefinition,
  known: Fields,
  theirs: Fields,
  options: { byPosition: boolean },
): Fields {
  const spec = lineSpec(entity);
  const elements = spec && theirs[spec.name];
  if (!spec || !Array.isArray(elements)) return theirs;
  const knownLines = elementsOf(known[spec.name]);
  const theirKeys = new Set(elements.map((element) => element['id']));
  const knownKeys = new Set(knownLines.map((element) => element['id']));
  const free = knownLines.filter((element) => !theirKeys.has(element['id']));
  if (free.length === 0) return theirs;
  const renamed = new Map<unknown, unknown>();
  const strangers = elements.filter((element) => !knownKeys.has(element['id']));
  const unmatched = strangers.filter((stranger) => {
    const at = free.findIndex((candidate) => agrees(spec, candidate, stranger));
    if (at < 0) return true;
    renamed.set(stranger['id'], free.splice(at, 1)[0]?.['id']);
    return false;
  });
  if (options.byPosition) {
    unmatched.slice(0, free.length).forEach((stranger, i) => renamed.set(stranger['id'], free[i]?.['id']));
  }
  if (renamed.size === 0) return theirs;
  return {
    ...theirs,
    [spec.name]: elements.map((element) =>
      renamed.has(element['id']) ? { ...element, id: renamed.get(element['id']) as string } : element,
    ),
  };
}

/** Equal in every member that both have an opinion on. */
function agrees(spec: FieldSpec, a: Fields, b: Fields): boolean {
  return sameElement(
    { ...spec, members: spec.members.filter((m) => a[m.name] !== undefined && b[m.name] !== undefined) },
    a,
    b,
  );
}

/** The line table after a converge: every line of the merged record with its ids on both sides. */
export function lineLinks(
  entity: EntityDefinition,
  merged: Fields,
  ids: Record<SideName, ReadonlyMap<string, string>>,
): LineLink[] {
  const spec = lineSpec(entity);
  if (!spec) return [];
  return elementsOf(merged[spec.name]).map((element) => {
    const key = element['id'] as string;
    return { key, app: ids.app.get(key) ?? null, ledger: ids.ledger.get(key) ?? null };
  });
}

/** key -> the side's id, for a record whose ids were just turned into keys. */
export function lineIdsOf(entity: EntityDefinition, raw: Fields, keyed: Fields): Map<string, string> {
  const spec = lineSpec(entity);
  if (!spec) return new Map();
  const keys = elementsOf(keyed[spec.name]);
  return new Map(
    elementsOf(raw[spec.name]).map((element, i) => [keys[i]?.['id'] as string, element['id'] as string]),
  );
}
