import { sql } from 'kysely';
import { StoreError } from '../errors';
import type { LinkStore } from '../ports';
import type { StoreContext } from './context';
import type { LinkRow, Queries } from './database';
import { ensureLinks, findBySide, refKey, unknownConnection, type RecordRef } from './queue/append';
import { linkFromRow, readable, titleKey } from './rows';
import { within } from './within';
import { single } from './writer';

export function createLinkStore(context: StoreContext): LinkStore {
  const { dialect } = context;
  const byIds = async (queries: Queries, ids: readonly string[]): Promise<LinkRow[]> => {
    if (ids.length === 0) return [];
    return (await sql<LinkRow>`select * from links where id ${dialect.anyOf(ids)}`.execute(queries)).rows;
  };
  const ensure = single('append', async ({ queries }, ref: RecordRef & { now: number }) => {
    const connection = await queries
      .selectFrom('connections')
      .select('id')
      .where('id', '=', ref.connectionId)
      .executeTakeFirst();
    if (!connection) throw unknownConnection(ref.connectionId);
    const id = (await ensureLinks(context, queries, [ref])).get(refKey(ref));
    const [row] = await byIds(queries, id === undefined ? [] : [id]);
    if (!row)
      throw new StoreError(`The link of ${ref.entity} ${ref.recordId} went away`, { retryable: true });
    return linkFromRow(row);
  });
  return {
    get: async (id) => {
      const [row] = await context.read(async (queries) => await byIds(queries, [id]));
      return row ? linkFromRow(row) : null;
    },
    getMany: async (ids) => {
      const rows = await context.read(async (queries) => await byIds(queries, ids));
      return new Map(readable(rows, linkFromRow).map((link) => [link.id, link]));
    },
    bySide: async (connectionId, entity, side, recordIds) => {
      const refs = recordIds.map((recordId) => ({ connectionId, entity, side, recordId }));
      const found = await context.read(async (queries) => await findBySide(context, queries, refs));
      return new Map(
        readable(
          found.map(([row]) => row),
          linkFromRow,
        ).map((link) => [link[side].id!, link]),
      );
    },
    ensure: async (connectionId, entity, side, recordId, now) => {
      const ref = { connectionId, entity, side, recordId };
      const [found] = await context.read(async (queries) => await findBySide(context, queries, [ref]));
      return found ? linkFromRow(found[0]) : await context.write(ensure, { ...ref, now });
    },
    list: async (connectionId, { entity, afterId, limit }) =>
      await context.read(async (queries) => {
        const ofEntity = entity === undefined ? {} : { entity };
        const { rows } = await sql<LinkRow>`
          select * from links where ${within({ connection_id: connectionId, ...ofEntity }, afterId)}
          order by connection_id, ${entity === undefined ? sql`` : sql`entity,`} id
          limit ${limit}`.execute(queries);
        return readable(rows, linkFromRow);
      }),
    titled: async (connectionId, entity, { text, limit }) =>
      await context.read(async (queries) => {
        const from = titleKey(text);
        // No text has that character, so that whatever begins like this one comes before.
        const { rows } = await sql<LinkRow>`
          select * from links
          where (connection_id, entity, title) >= (${connectionId}, ${entity}, ${from})
            and (connection_id, entity, title) < (${connectionId}, ${entity}, ${`${from}\u{10ffff}`})
            and title is not null
          order by connection_id, entity, title, id limit ${limit}`.execute(queries);
        return readable(rows, linkFromRow);
      }),
  };
}
