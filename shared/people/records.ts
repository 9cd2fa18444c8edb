import type { AppRecordStore, Link, LinkStore, SideName } from '../ports';
import { entityNamed } from '../schema/entities';
import {
  elementLabel,
  type EntityDefinition,
  type Fields,
  type FieldSpec,
  type FieldValue,
} from '../schema/entity';
import type { Reference } from '../schema/fields';
import { elementsOf } from '../sync/compare';
import { namesOf, linksIn } from './names';
import { EMPTY, shownElement, shownField, type Names } from './shown';

export interface RecordsStore {
  links: Pick<LinkStore, 'get' | 'getMany' | 'bySide' | 'titled'>;
  appRecords: Pick<AppRecordStore, 'list' | 'get' | 'getMany'>;
}

/** A record with what it is called. */
export interface NamedLink {
  link: Link;
  title: string;
}

/** By its id in the accounting tool or the app, or by that of its link. */
export async function recordById(
  { links }: RecordsStore,
  connectionId: string,
  entity: string,
  id: string,
): Promise<Link | null> {
  for (const side of ['ledger', 'app'] as const) {
    const link = (await links.bySide(connectionId, entity, side, [id])).get(id);
    if (link) return link;
  }
  const link = await links.get(id);
  return link?.connectionId === connectionId && link.entity === entity ? link : null;
}

/**
 * Those whose number or name begins with the text, by title. One that both sides have not agreed on yet is found by
 * all of its title in the app.
 */
export async function recordsCalled(
  store: RecordsStore,
  connectionId: string,
  entity: string,
  { text, limit }: { text: string; limit: number },
): Promise<NamedLink[]> {
  const definition = entityNamed(entity);
  const agreed = await store.links.titled(connectionId, entity, { text, limit });
  const inApp =
    text === ''
      ? []
      : await store.appRecords.list(connectionId, entity, {
          naturalKey: { [definition.title]: text },
          limit,
        });
  const ids = inApp.map(({ id }) => id);
  const byApp = await store.links.bySide(connectionId, entity, 'app', ids);
  const found = new Map([...agreed, ...byApp.values()].map((link) => [link.id, link]));
  const names = await namesOf(store, connectionId, found.keys());
  return [...found.values()].slice(0, limit).map((link) => ({ link, title: titleOf(link, names) }));
}

/** Its id where it is called nothing. */
export const titleOf = ({ id, app, ledger }: Link, names: Names): string =>
  names.get(id) ?? ledger.id ?? app.id ?? id;

/** A field of a record on both sides, beside what they last agreed on. */
export interface ComparedField {
  field: string;
  base: string;
  app: string;
  ledger: string;
  differs: boolean;
}

/** Both sides of a record as they are at this moment; null where a side has none. */
export type SideFields = Readonly<Record<SideName, Fields | null>>;

export async function compareSides(
  store: RecordsStore,
  link: Link,
  sides: SideFields,
): Promise<ComparedField[]> {
  const entity = entityNamed(link.entity);
  const app = sides.app && (await withLinks(store, link, 'app', sides.app));
  const ledger = sides.ledger && (await withLinks(store, link, 'ledger', sides.ledger));
  const base = link.base?.fields ?? {};
  const names = await namesOf(
    store,
    link.connectionId,
    [base, app ?? {}, ledger ?? {}].flatMap((fields) => linksIn(fields)),
  );
  const values = { base, app: app ?? {}, ledger: ledger ?? {} };
  return entity.fields.flatMap((spec) =>
    spec.kind === 'list' ? listRows(spec, link, values, names) : fieldRows(spec, values, names),
  );
}

type Values = Readonly<Record<'base' | SideName, Fields>>;
const WHOSE = ['base', 'app', 'ledger'] as const;

function fieldRows(spec: FieldSpec, values: Values, names: Names): ComparedField[] {
  const [base, app, ledger] = WHOSE.map((whose) => shownField(spec, values[whose][spec.name], names));
  return rowsOf(spec.label, [base!, app!, ledger!]);
}

/** Lines go beside each other by what the link knows of them; those that it does not know, one by one. */
function listRows(spec: FieldSpec, link: Link, values: Values, names: Names): ComparedField[] {
  const keyOf = (whose: (typeof WHOSE)[number], id: unknown): string => {
    const known = whose === 'base' ? undefined : link.lines.find((line) => line[whose] === id);
    return known?.key ?? String(id);
  };
  const lines = new Map<string, Partial<Record<(typeof WHOSE)[number], string>>>();
  for (const whose of WHOSE) {
    for (const [index, element] of elementsOf(values[whose][spec.name]).entries()) {
      const key = spec.identity === 'id' ? keyOf(whose, element['id'] ?? `${whose} ${index}`) : `${index}`;
      lines.set(key, { ...lines.get(key), [whose]: shownElement(spec, element, names) });
    }
  }
  return [...lines.values()].flatMap(({ base = EMPTY, app = EMPTY, ledger = EMPTY }, index) =>
    rowsOf(`${elementLabel(spec)} ${index + 1}`, [base, app, ledger]),
  );
}

const rowsOf = (field: string, [base, app, ledger]: [string, string, string]): ComparedField[] =>
  [base, app, ledger].every((text) => text === EMPTY)
    ? []
    : [{ field, base, app, ledger, differs: app !== ledger }];

/** The fields with the links of what they refer to, as far as those are known. */
async function withLinks(
  { links }: RecordsStore,
  { connectionId, entity }: Link,
  side: SideName,
  fields: Fields,
): Promise<Fields> {
  const known = new Map<string, string>();
  const references = referencesIn(entityNamed(entity), fields);
  for (const [name, group] of Map.groupBy(references, (reference) => reference.entity)) {
    const ids = [...new Set(group.map(({ id }) => id))];
    for (const [id, link] of await links.bySide(connectionId, name, side, ids))
      known.set(`${name} ${id}`, link.id);
  }
  return replaced(fields, known) as Fields;
}

function referencesIn({ fields: specs }: Pick<EntityDefinition, 'fields'>, fields: Fields): Reference[] {
  return specs.flatMap((spec) => {
    const value = fields[spec.name];
    if (typeof value !== 'object' || value === null) return [];
    if (spec.kind === 'reference') return [value as unknown as Reference];
    const inner = Array.isArray(value) ? value : [value as Fields];
    return inner.flatMap((element) => referencesIn({ fields: spec.members }, element));
  });
}

function replaced(value: FieldValue, known: ReadonlyMap<string, string>): FieldValue {
  if (Array.isArray(value)) return value.map((element) => replaced(element, known) as Fields);
  if (typeof value !== 'object' || value === null) return value;
  const { entity, id } = value as Fields;
  const link =
    typeof entity === 'string' && typeof id === 'string' ? known.get(`${entity} ${id}`) : undefined;
  if (link !== undefined) return { ...value, id: link } as Fields;
  return Object.fromEntries(
    Object.entries(value as Fields).map(([name, member]) => [name, replaced(member, known)]),
  );
}
