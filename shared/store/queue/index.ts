import { sql } from 'kysely';
import type { Actor, QueueStore, QueuedEvent, Replayed } from '../../ports';
import { eventsReplayed } from '../acts';
import { appendAudit } from '../audit';
import type { StoreContext } from '../context';
import type { EventRow, IntentRow, Queries } from '../database';
import { noDeadLetters } from '../refusals';
import { eventFromRow, intentFromRow } from '../rows';
import { within } from '../within';
import { single } from '../writer';
import { advanceDue, appendCommand, inParts } from './append';
import { claimCommand, claimLinkCommand } from './claim';
import { holdLinks } from './fence';
import { leaseIsOver } from './lease';
import { intentsCommand, releaseCommand } from './intents';
import { retractNotices } from './notices';
import { settleCommand } from './settle';

interface ReplayInput {
  filter: Parameters<QueueStore['replay']>[0];
  now: number;
  by: Actor;
}

export function createQueueStore(context: StoreContext): QueueStore {
  const append = appendCommand(context);
  const claim = claimCommand(context);
  const claimLink = claimLinkCommand(context);
  const storeIntents = intentsCommand(context);
  const settle = settleCommand(context);
  const release = releaseCommand(context);
  const replay = replayCommand(context);
  return {
    append: async (events, options) => {
      const total = { stored: 0, duplicates: 0 };
      for (const part of inParts({ events, ...options })) {
        const { stored, duplicates } = await context.write(append, part);
        total.stored += stored;
        total.duplicates += duplicates;
      }
      return total;
    },
    claim: async (options) => await context.write(claim, options),
    claimLink: async (linkId, options) => await context.write(claimLink, { ...options, linkId }),
    storeIntents: async (ours, intents) => await context.write(storeIntents, { claim: ours, intents }),
    openCreates: async (connectionId, entity, side) =>
      await context.read(async (queries) => {
        const { rows } = await sql<IntentRow>`
          select i.* from intents i join links l on l.id = i.link_id
          where i.connection_id = ${connectionId} and i.operation = 'create' and i.outcome is null
            and i.side = ${side} and l.entity = ${entity}
          order by i.stored_at, i.key`.execute(queries);
        return rows.map(intentFromRow);
      }),
    settle: async (ours, settlement) => await context.write(settle, { claim: ours, settlement }),
    release: async (ours) => await context.write(release, ours),
    ready: async (connectionIds, now) => await ready(context, connectionIds, now),
    counts: async (connectionId) => await counts(context, connectionId),
    list: async ({ connectionId, status, limit }) =>
      await context.read(async (queries) => {
        const { rows } = await sql<EventRow>`
          select * from events
          where ${within({ connection_id: connectionId, ...(status === undefined ? {} : { status }) })}
          order by connection_id desc, ${status === undefined ? sql`` : sql`status desc,`} id desc
          limit ${limit}`.execute(queries);
        return rows.map(eventFromRow);
      }),
    replay: async (filter, now, by = 'sync') => await context.write(replay, { filter, now, by }),
  };
}

/** Bounds of what a look at the queue reads, however much waits there. */
const MAX_READY = 1_000;
const MAX_SOON = 1_000;

/** A link can be claimed from the moment when it is due, its lease is over and its connection has rested. */
async function ready(context: StoreContext, connectionIds: readonly string[] | null, now: number) {
  const { dialect } = context;
  const among = connectionIds === null ? sql`` : sql`and c.id ${dialect.anyOf(connectionIds)}`;
  const free = leaseIsOver('l', sql`cast(${now} as bigint)`);
  const at = dialect.greatest(
    sql`l.next_due_at`,
    sql`case when ${free} then l.next_due_at else l.lease_until end`,
    sql`coalesce(c.resume_at, l.next_due_at)`,
  );
  const { rows } = await context.read(
    async (queries) =>
      await sql<{ ready: number; next_at: number | null }>`
        select
          case when c.resume_at is null or c.resume_at <= ${now} then (
            select count(*) from (
              select 1 from links l
              where l.connection_id = c.id and l.next_due_at is not null and l.next_due_at <= ${now} and ${free}
              order by l.next_due_at limit ${MAX_READY}) as claimable)
          else 0 end as ready,
          (select min(case when at > ${now} then at end) from (
            select ${at} as at from links l
            where l.connection_id = c.id and l.next_due_at is not null
            order by l.next_due_at limit ${MAX_SOON}) as soon) as next_at
        from connections c where c.state = 'active' ${among}`.execute(queries),
  );
  const nextAt = rows.flatMap((row) => row.next_at ?? []);
  return {
    ready: rows.reduce((sum, row) => sum + row.ready, 0),
    nextAt: nextAt.length > 0 ? Math.min(...nextAt) : null,
  };
}

/** Read from the sums that every move of an event keeps, so that no event is looked at. */
async function counts(context: StoreContext, connectionId: string) {
  const { rows } = await context.read(
    async (queries) =>
      await sql<{ status: QueuedEvent['status']; events: number }>`
        select status, sum(events) as events from event_counts where connection_id = ${connectionId}
        group by status`.execute(queries),
  );
  const result = { pending: 0, waiting: 0, held: 0, settled: 0, dead: 0 };
  for (const { status, events } of rows) result[status] = events;
  return result;
}

function replayCommand(context: StoreContext) {
  return single('replay', async (tx, { filter, now, by }: ReplayInput) => {
    const { connectionId, eventIds } = filter;
    if (eventIds !== undefined) await requireDead(context, tx.queries, connectionId, eventIds);
    const wanted = sql`status = 'dead' and connection_id = ${connectionId}
      ${eventIds === undefined ? sql`` : sql`and id ${context.dialect.anyOf(eventIds)}`}`;
    const links = await sql<Pick<EventRow, 'link_id'>>`
      select distinct link_id from events where ${wanted}`.execute(tx.queries);
    const held = await holdLinks(
      context,
      tx.queries,
      links.rows.map((row) => row.link_id),
    );
    const { rows } = await sql<Pick<EventRow, 'id' | 'link_id' | 'entity' | 'side' | 'record_id'>>`
      update events set status = 'pending', attempts = 0, due_at = ${now}, settled_at = null
      where ${wanted} and link_id ${context.dialect.anyOf([...held.keys()])}
      returning id, link_id, entity, side, record_id`.execute(tx.queries);
    await advanceDue(
      context,
      tx.queries,
      rows.map((row) => ({ id: row.link_id, due_at: now })),
    );
    if (rows.length === 0) return [];
    await retractNotices(context, tx.queries, { recovered: [...held.keys()] });
    tx.wake();
    const replayed = rows
      .map(
        (row): Replayed => ({
          id: row.id,
          linkId: row.link_id,
          entity: row.entity,
          side: row.side as Replayed['side'],
          recordId: row.record_id,
        }),
      )
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const entry = eventsReplayed(
      replayed.map(({ id }) => id),
      by,
    );
    await appendAudit(context, tx.queries, [{ connectionId, at: now, entry }]);
    return replayed;
  });
}

/** An id of another connection is as unknown as one that never was. */
async function requireDead(
  { dialect }: StoreContext,
  queries: Queries,
  connectionId: string,
  eventIds: readonly string[],
): Promise<void> {
  const { rows } = await sql<Pick<EventRow, 'id'>>`
    select id from events
    where connection_id = ${connectionId} and status = 'dead' and id ${dialect.anyOf(eventIds)}`.execute(
    queries,
  );
  const dead = new Set(rows.map(({ id }) => id));
  const others = eventIds.filter((id) => !dead.has(id));
  if (others.length > 0) throw noDeadLetters(others);
}
