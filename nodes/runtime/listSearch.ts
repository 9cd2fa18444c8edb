import type { ILoadOptionsFunctions, INodeListSearchItems, INodeListSearchResult } from 'n8n-workflow';
import { recordsCalled } from '../../shared/people/records';
import type { Fields } from '../../shared/schema/entity';
import { entities, entityNamed } from '../../shared/schema/entities';
import { chosenConnection } from './connection';
import { toNodeError } from './errors';
import { fieldLabelOf } from './fieldLabel';
import { searchMethodOf } from './properties';
import { withStore } from './store';

type ListSearch = (
  this: ILoadOptionsFunctions,
  filter?: string,
  paginationToken?: string,
) => Promise<INodeListSearchResult>;

/** A page of records, with the cursor of the next one. */
export interface SearchPage {
  records: readonly { id: string; fields: Fields }[];
  next: string | null;
}

const matches = (name: string, filter: string | undefined) =>
  !filter || name.toLowerCase().includes(filter.toLowerCase());

/** The connections of the node's store, by name. */
export const searchConnections: ListSearch = async function (filter) {
  try {
    const connections = await withStore(this, (store) => store.connections.list());
    const results = connections
      .map(({ id, name }): INodeListSearchItems => ({ name, value: id }))
      .filter(({ name }) => matches(name, filter));
    return { results };
  } catch (error) {
    throw toNodeError(this.getNode(), error);
  }
};

/** Shown at once in a list; a search finds the others. */
const PAGE = 100;

/** Open conflicts of the chosen connection, by what people call their records. */
export const searchConflicts: ListSearch = async function (filter) {
  try {
    const locator = this.getCurrentNodeParameter('connection');
    const results = await withStore(this, async (store) => {
      const { id: connectionId } = await chosenConnection(store, locator);
      const text = filter ? { text: filter } : {};
      const open = await store.conflicts.list({ connectionId, status: 'open', limit: PAGE, ...text });
      return open.map(({ id, entity, title, fields }): INodeListSearchItems => {
        const about = [...new Set(fields.map(({ label }) => label))].join(', ');
        return { name: `${entityNamed(entity).label} ${title} · ${about}`, value: id };
      });
    });
    return { results };
  } catch (error) {
    throw toNodeError(this.getNode(), error);
  }
};

/** Failed records of the chosen connection, by what people call them. */
export const searchFailedRecords: ListSearch = async function (filter, paginationToken) {
  try {
    const locator = this.getCurrentNodeParameter('connection');
    return await withStore(this, async (store) => {
      const { id: connectionId } = await chosenConnection(store, locator);
      const failed = await store.queue.failed({
        connectionId,
        limit: PAGE,
        ...(filter ? { text: filter } : {}),
        ...(paginationToken === undefined ? {} : { after: Number(paginationToken) }),
      });
      const results = failed.map(({ entity, title, error, linkId }): INodeListSearchItems => {
        const about = error?.field === undefined ? '' : ` · ${fieldLabelOf(entity, error.field)}`;
        return { name: `${entityNamed(entity).label} ${title}${about}`, value: linkId };
      });
      const last = failed.length === PAGE ? failed.at(-1) : undefined;
      return { results, ...(last ? { paginationToken: String(last.place) } : {}) };
    });
  } catch (error) {
    throw toNodeError(this.getNode(), error);
  }
};

/** Records that the sync knows, of the chosen connection and entity, by what people call them. */
export const searchRecords: ListSearch = async function (filter = '') {
  try {
    const locator = this.getCurrentNodeParameter('connection');
    const { name: entity } = entityNamed(String(this.getCurrentNodeParameter('entity')));
    const results = await withStore(this, async (store) => {
      const { id } = await chosenConnection(store, locator);
      const found = await recordsCalled(store, id, entity, { text: filter, limit: PAGE });
      return found.map(({ link, title }): INodeListSearchItems => ({ name: title, value: link.id }));
    });
    return { results };
  } catch (error) {
    throw toNodeError(this.getNode(), error);
  }
};

/** One list search per entity, for the locators that `properties` generates. */
export function recordSearches(
  page: (context: ILoadOptionsFunctions, entity: string, cursor: string | null) => Promise<SearchPage>,
): Record<string, ListSearch> {
  const searchOf = (entity: string): ListSearch =>
    async function (filter, paginationToken) {
      try {
        const { records, next } = await page(this, entity, paginationToken ?? null);
        const results = records
          .map(({ id, fields }): INodeListSearchItems => ({ name: titleOf(entity, id, fields), value: id }))
          .filter(({ name, value }) => matches(name, filter) || value === filter);
        return { results, ...(next === null ? {} : { paginationToken: next }) };
      } catch (error) {
        throw toNodeError(this.getNode(), error);
      }
    };
  return Object.fromEntries(entities.map(({ name }) => [searchMethodOf(name), searchOf(name)]));
}

function titleOf(entity: string, id: string, fields: Fields): string {
  const title = fields[entityNamed(entity).title];
  return typeof title === 'string' && title !== '' ? title : `${entityNamed(entity).label} ${id}`;
}
