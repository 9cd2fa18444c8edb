import { canonicalJson } from '../schema/canonicalJson';
import type { Fields, FieldValue } from '../schema/entity';
import { copyJson, JsonNumber, objectsOf, setAt, valueAt, type JsonObject } from './json';
import { readRows, writeRows, type RecordContext, type Row } from './row';

/**
 * What an element of the wire list is to us: `mapped` is a canonical element, `kept` is one we cannot express
 * and must not lose, `dropped` is the provider's own and is made anew by it.
 */
export type ElementKind = 'mapped' | 'kept' | 'dropped';

export interface ListRowOptions {
  /** Wire member with the element's id; or the canonical member that identifies it. */
  identity: { wire: string } | { member: string };
  ordered: boolean;
  kind(element: JsonObject): ElementKind;
  /** Makes the element's constant parts fit what it is to hold; runs before the rows are put. */
  shape?(element: JsonObject, desired: Fields): void;
  /** Wire member with the element's place in the list, from 1. */
  position?: string;
}

/** A list that is written as a whole: elements keep their ids and whatever of them is not mapped. */
export function list(path: string, wirePath: string, rows: readonly Row[], options: ListRowOptions): Row {
  const inside = (context: RecordContext): RecordContext => ({
    ...context,
    prefix: `${context.prefix ?? ''}${path}.`,
  });
  const decodeElement = (element: JsonObject, context: RecordContext): Fields => ({
    ...('wire' in options.identity ? idOf(element, options.identity.wire) : {}),
    ...readRows(rows, element, context),
  });
  /** Empty for an element that has no identity yet. */
  const keyOf = (element: Fields): string => {
    if ('wire' in options.identity) return typeof element.id === 'string' ? element.id : '';
    return canonicalJson(element[options.identity.member] ?? null);
  };

  return {
    path,
    direction: 'both',
    members: rows,
    get(wire, context) {
      return objectsOf(valueAt(wire, wirePath))
        .filter((element) => options.kind(element) === 'mapped')
        .map((element) => decodeElement(element, inside(context)));
    },
    put(value, draft, context) {
      const inner = inside(context);
      const current = objectsOf(valueAt(draft, wirePath)).filter(
        (element) => options.kind(element) !== 'dropped',
      );
      const mapped = new Map<string, JsonObject>();
      for (const element of current) {
        if (options.kind(element) === 'mapped') mapped.set(keyOf(decodeElement(element, inner)), element);
      }
      const written = elementsOf(value).map((desired) => {
        const before = mapped.get(keyOf(desired));
        const element = before === undefined ? {} : copyJson(before);
        options.shape?.(element, desired);
        writeRows(rows, desired, element, inner, before === undefined);
        return { element, before };
      });
      const all = weave(current, (element) => options.kind(element) === 'kept', written);
      const { position } = options;
      if (position !== undefined) {
        all.forEach((element, index) => (element[position] = new JsonNumber(String(index + 1))));
      }
      setAt(draft, wirePath, all);
    },
    agrees(desired, now) {
      const wanted = elementsOf(desired);
      const have = elementsOf(now);
      if (wanted.length !== have.length) return false;
      const byKey = new Map(have.map((element) => [keyOf(element), element]));
      return wanted.every((element, index) => {
        const key = keyOf(element);
        const other = options.ordered ? have[index] : byKey.get(key);
        return (
          other !== undefined &&
          (key === '' || key === keyOf(other)) &&
          rows.every(
            (row) => element[row.path] === undefined || row.agrees(element[row.path], other[row.path]),
          )
        );
      });
    },
  };
}

function elementsOf(value: FieldValue): Fields[] {
  return Array.isArray(value) ? value : [];
}

function idOf(element: JsonObject, member: string): Fields {
  const id = element[member];
  if (id instanceof JsonNumber) return { id: id.text };
  return typeof id === 'string' && id !== '' ? { id } : {};
}

/**
 * Puts the kept elements back among the written ones: each after the nearest surviving element that it stood
 * behind, those at the end (a discount below all lines) at the end.
 */
function weave(
  current: readonly JsonObject[],
  isKept: (element: JsonObject) => boolean,
  written: readonly { element: JsonObject; before: JsonObject | undefined }[],
): JsonObject[] {
  const surviving = new Set(written.map(({ before }) => before));
  const lastMapped = current.findLastIndex((element) => !isKept(element));
  const first: JsonObject[] = [];
  const tail: JsonObject[] = [];
  const after = new Map<JsonObject, JsonObject[]>();
  let anchor: JsonObject | null = null;
  current.forEach((element, index) => {
    if (!isKept(element)) {
      if (surviving.has(element)) anchor = element;
      return;
    }
    if (index > lastMapped) tail.push(copyJson(element));
    else if (anchor === null) first.push(copyJson(element));
    else after.set(anchor, [...(after.get(anchor) ?? []), copyJson(element)]);
  });
  return [
    ...first,
    ...written.flatMap(({ element, before }) => [element, ...((before && after.get(before)) ?? [])]),
    ...tail,
  ];
}
