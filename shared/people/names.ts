import type { AppRecordStore, FieldConflict, Link, LinkStore } from '../ports';
import { entityNamed } from '../schema/entities';
import { shownTitle, type Fields, type FieldValue } from '../schema/entity';
import type { Names } from './shown';

export interface NamingStore {
  links: Pick<LinkStore, 'getMany'>;
  appRecords: Pick<AppRecordStore, 'getMany'>;
}

/** The number or name of the records of these links, as far as the store knows one. */
export async function namesOf(
  store: NamingStore,
  connectionId: string,
  linkIds: Iterable<string>,
): Promise<Names> {
  const links = await store.links.getMany([...new Set(linkIds)]);
  const names = new Map<string, string>();
  const unnamed: Link[] = [];
  for (const link of links.values()) {
    const title = shownTitle(entityNamed(link.entity), link.base?.fields ?? {});
    if (title === null) unnamed.push(link);
    else names.set(link.id, title);
  }
  for (const [entity, group] of Map.groupBy(unnamed, (link) => link.entity)) {
    const ids = group.flatMap(({ app }) => app.id ?? []);
    const records = await store.appRecords.getMany(connectionId, entity, ids);
    for (const link of group) {
      const record = link.app.id === null ? undefined : records.get(link.app.id);
      const title = record && shownTitle(entityNamed(entity), record.fields);
      if (title) names.set(link.id, title);
    }
  }
  return names;
}

/** The links that a record refers to, wherever in it. */
export function linksIn(value: FieldValue | FieldConflict['app'] | Fields): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(linksIn);
  const { entity, id } = value as Fields;
  if (typeof entity === 'string' && typeof id === 'string') return [id];
  return Object.values(value as Fields).flatMap(linksIn);
}
