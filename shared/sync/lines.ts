import type { LineLink, SideName } from '../ports';
import type { EntityDefinition, Fields, FieldSpec } from '../schema/entity';
import { elementsOf, sameValue } from './compare';
import { FreeLines } from './freeLines';

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
  // A key that the table knows without an id is a line that the side has lost: it comes back as a new one.
  return {
    ...fields,
    [spec.name]: elements.map(({ id: key, ...element }) => {
      const own = (key as string).startsWith(prefix) ? (key as string).slice(prefix.length) : null;
      const id = ids.has(key as string) ? ids.get(key as string) : own;
      return id ? { id, ...element } : element;
    }),
  };
}

/**
 * Recognises lines that one side has under a new id: those of `theirs` whose key `known` lacks are matched
 * with the lines of `known` that `theirs` lacks, first by equal content in order; with `likeness` also by what
 * they have in common, with `place` what is left by its place. The matched ones take the known key. Lines that
 * `settled` has go by their ids for certain and are no others under a new id.
 */
export function adoptLines(
  entity: EntityDefinition,
  known: Fields,
  theirs: Fields,
  by: 'content' | 'likeness' | 'place',
  settled: Fields | null = null,
): Fields {
  const spec = lineSpec(entity);
  const elements = spec && theirs[spec.name];
  if (!spec || !Array.isArray(elements)) return theirs;
  const knownLines = elementsOf(known[spec.name]);
  const theirKeys = new Set(elements.map((element) => element['id']));
  const settledLines = elementsOf(settled?.[spec.name]);
  const knownKeys = new Set([...knownLines, ...settledLines].map((element) => element['id']));
  const free = new FreeLines(
    spec,
    knownLines.filter((element) => !theirKeys.has(element['id'])),
  );
  if (free.isEmpty) return theirs;
  const renamed = new Map<unknown, unknown>();
  const strangers = elements.filter((element) => !knownKeys.has(element['id']));
  const unmatched = strangers.filter((stranger) => {
    const line = free.takeAgreeing(stranger);
    if (!line) return true;
    renamed.set(stranger['id'], line['id']);
    return false;
  });
  if (by !== 'content') {
    for (const [stranger, line] of likeliest(spec, unmatched, free.left(), by))
      renamed.set(stranger['id'], line['id']);
  }
  if (renamed.size === 0) return theirs;
  return {
    ...theirs,
    [spec.name]: elements.map((element) =>
      renamed.has(element['id']) ? { ...element, id: renamed.get(element['id']) as string } : element,
    ),
  };
}

/** More pairs than this are not worth comparing: place alone has to do. */
const MAX_PAIRS = 100_000;

/** Pairs of lines that were edited and renamed at once: the most alike first, what is left by place. */
function likeliest(
  spec: FieldSpec,
  strangers: readonly Fields[],
  free: readonly Fields[],
  by: 'likeness' | 'place',
): [Fields, Fields][] {
  const alike = (a: Fields, b: Fields) =>
    spec.members.filter(
      (member) => (a[member.name] ?? null) !== null && sameValue(a[member.name], b[member.name]),
    ).length;
  const chosen = new Map<Fields, Fields>();
  const taken = new Set<Fields>();
  const pairs =
    strangers.length * free.length > MAX_PAIRS
      ? []
      : strangers.flatMap((stranger) =>
          free.map((line) => ({ stranger, line, score: alike(stranger, line) })),
        );
  const byScore = Map.groupBy(pairs, ({ score }) => score);
  for (let score = spec.members.length; score > 0; score--) {
    for (const { stranger, line } of byScore.get(score) ?? []) {
      if (chosen.has(stranger) || taken.has(line)) continue;
      chosen.set(stranger, line);
      taken.add(line);
    }
  }
  if (by === 'likeness') return [...chosen];
  const rest = free.filter((line) => !taken.has(line)).values();
  for (const stranger of strangers) {
    const line = chosen.has(stranger) ? undefined : rest.next().value;
    if (line) chosen.set(stranger, line);
  }
  return [...chosen];
}

/**
 * Lines that both sides have added since the base under ids of their own: equal ones are one line; where two
 * records meet for the first time (no base), what is left is paired by place. Lines of the base are known to
 * both and never paired anew.
 */
export function pairNewLines(
  entity: EntityDefinition,
  base: Fields | null,
  app: Fields,
  ledger: Fields,
): Fields {
  const spec = lineSpec(entity);
  const theirs = spec && ledger[spec.name];
  if (!spec || !Array.isArray(theirs)) return ledger;
  const old = new Set(elementsOf(base?.[spec.name]).map((element) => element['id']));
  const isNew = (element: Fields) => !old.has(element['id']);
  const known = { [spec.name]: elementsOf(app[spec.name]).filter(isNew) };
  const strangers = { [spec.name]: theirs.filter(isNew) };
  const paired = adoptLines(entity, known, strangers, base === null ? 'place' : 'content');
  if (paired === strangers) return ledger;
  const named = elementsOf(paired[spec.name]).values();
  return {
    ...ledger,
    [spec.name]: theirs.map((element) => (isNew(element) ? (named.next().value as Fields) : element)),
  };
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

/** The line table of a record that is new on that side. */
export const withoutIds = (lines: readonly LineLink[], side: SideName): LineLink[] =>
  lines.map((line) => ({ ...line, [side]: null }));

/** key -> the side's id, for a record whose ids were just turned into keys. */
export function lineIdsOf(entity: EntityDefinition, raw: Fields, keyed: Fields): Map<string, string> {
  const spec = lineSpec(entity);
  if (!spec) return new Map();
  const keys = elementsOf(keyed[spec.name]);
  return new Map(
    elementsOf(raw[spec.name]).map((element, i) => [keys[i]?.['id'] as string, element['id'] as string]),
  );
}
