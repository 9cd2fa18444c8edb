import { sql, type RawBuilder } from 'kysely';
import { NotFoundError, StaleVersionError } from '../errors';
import type { ConflictFilter, ConflictStore, Resolution, SideName } from '../ports';
import { conflictResolved } from './acts';
import { appendAudit } from './audit';
import type { StoreContext } from './context';
import type { ConflictRow, Queries } from './database';
import { insertEvents } from './queue/append';
import { holdLinks, type HeldLink } from './queue/fence';
import { conflictFromRow, readable } from './rows';
import { within } from './within';
import { single, type Transaction } from './writer';

interface ResolveInput {
  id: string;
  resolution: Resolution;
  seenRefreshedAt: number;
}

export function createConflictStore(context: StoreContext): ConflictStore {
  const resolve = resolveCommand(context);
  return {
    get: async (id) => {
      const row = await context.read(
        async (queries) =>
          await queries.selectFrom('conflicts').selectAll().where('id', '=', id).executeTakeFirst(),
      );
      return row ? conflictFromRow(row) : null;
    },
    list: async (filter) =>
      await context.read(async (queries) => {
        const { connectionId, status, limit, afterId } = filter;
        const key = { connection_id: connectionId, ...(status === undefined ? {} : { status }) };
        // What is passed over is seen in the index alone: the rows themselves hold whole records.
        const { rows } = await sql<ConflictRow>`
          select ${filter.withoutRecord ? withoutRecord : sql`conflicts.*`} from conflicts join (
            select id from conflicts where ${within(key, undefined, afterId)} ${narrowedBy(filter)}
            order by connection_id desc, ${status === undefined ? sql`` : sql`status desc,`} id desc
            limit ${limit}
          ) as found on found.id = conflicts.id
          order by conflicts.id desc`.execute(queries);
        return readable(rows, conflictFromRow);
      }),
    closedOf: async (linkIds, since) => {
      if (linkIds.length === 0) return [];
      return await context.read(async (queries) => {
        const { rows } = await sql<ConflictRow>`
          select * from conflicts
          where link_id ${context.dialect.anyOf(linkIds)} and status = 'closed' and closed_at >= ${since}
          order by id`.execute(queries);
        return readable(rows, conflictFromRow);
      });
    },
    resolve: async (id, resolution, seenRefreshedAt) => {
      await context.write(resolve, { id, resolution, seenRefreshedAt });
    },
  };
}

/** PostgreSQL keeps large values apart from their row, and SQLite behind all others: nobody reads what is not asked for. */
const withoutRecord = sql.raw(
  [
    ...['id', 'connection_id', 'link_id', 'entity', 'status', 'title', 'fields', 'app_version'],
    ...['ledger_version', 'policy_version', 'opened_at', 'refreshed_at', 'resolution', 'closed_at'],
    'close_reason',
  ]
    .map((column) => `conflicts.${column}`)
    .concat('null as record')
    .join(', '),
);

function narrowedBy({ entity, text, openedBefore, closedSince }: ConflictFilter): RawBuilder<unknown> {
  const conditions = [
    ...(entity === undefined ? [] : [sql`and entity = ${entity}`]),
    ...(text === undefined ? [] : [sql`and lower(title) like ${containing(text)} escape '!'`]),
    ...(openedBefore === undefined ? [] : [sql`and opened_at < ${openedBefore}`]),
    ...(closedSince === undefined ? [] : [sql`and closed_at >= ${closedSince}`]),
  ];
  return sql.join(conditions, sql` `);
}

const containing = (text: string): string => `%${text.toLowerCase().replace(/[!%_]/g, '!$&')}%`;

function resolveCommand(context: StoreContext) {
  return single('resolve', async (tx, { id, resolution, seenRefreshedAt }: ResolveInput) => {
    const decidable = await holdDecidable(context, tx.queries, id, seenRefreshedAt);
    await recordResolution(context, tx, decidable, resolution);
  });
}

/** An open conflict, held until the end of the transaction. */
export interface Decidable {
  conflict: ConflictRow;
  link: HeldLink;
}

/** Throws NotFoundError, or StaleVersionError where it is no longer what somebody has seen; writes nothing. */
export async function holdDecidable(
  context: StoreContext,
  queries: Queries,
  id: string,
  /** Null for whatever it says now. */
  seenRefreshedAt: number | null,
): Promise<Decidable> {
  const find = async () =>
    (await sql<ConflictRow>`select * from conflicts where id = ${id}`.execute(queries)).rows[0];
  const seen = await find();
  if (!seen) throw new NotFoundError(`There is no conflict ${id} in this store`);
  // A settlement holds the link first and its conflict after; so do we, and then look again.
  const link = (await holdLinks(context, queries, [seen.link_id])).get(seen.link_id);
  const conflict = context.dialect.singleWriter ? seen : await find();
  const isAsSeen = seenRefreshedAt === null || conflict?.refreshed_at === seenRefreshedAt;
  if (link && conflict?.status === 'open' && isAsSeen) return { conflict, link };
  throw new StaleVersionError(
    `The conflict on ${seen.entity} ${seen.title} is ${
      conflict && conflict.status !== 'open' ? `${conflict.status} already` : 'no longer what was decided on'
    }`,
    { entity: seen.entity, nextStep: 'Look at the conflict again and decide on what it says now.' },
  );
}

export async function recordResolution(
  context: StoreContext,
  tx: Transaction,
  { conflict, link }: Decidable,
  resolution: Resolution,
): Promise<void> {
  const { queries } = tx;
  await queries
    .updateTable('conflicts')
    .set({ status: 'resolved', resolution: JSON.stringify(resolution) })
    .where('id', '=', conflict.id)
    .execute();
  const side: SideName = link.app_id === null ? 'ledger' : 'app';
  const event = {
    connectionId: link.connection_id,
    entity: link.entity,
    side,
    recordId: link[`${side}_id`] ?? '',
    source: 'resolution' as const,
  };
  await insertEvents(context, tx, [{ event, now: resolution.at }]);
  await appendAudit(context, queries, [
    {
      connectionId: link.connection_id,
      at: resolution.at,
      entry: conflictResolved(conflictFromRow(conflict), resolution),
    },
  ]);
}
