import { sql } from 'kysely';
import type { QueueStore, QueuedEvent } from '../../ports';
import type { StoreContext } from '../context';
import type { EventRow, IntentRow } from '../database';
import { listFailed } from '../failed';
import { eventFromRow, intentFromRow } from '../rows';
import { within } from '../within';
import { appendCommand, inParts } from './append';
import { claimCommand, claimLinkCommand } from './claim';
import { dismissCommand, replayCommand } from './deadLetters';
import { leaseIsOver } from './lease';
import { intentsCommand, releaseCommand } from './intents';
import { settleCommand } from './settle';

export function createQueueStore(context: StoreContext): QueueStore {
  const append = appendCommand(context);
  const claim = claimCommand(context);
  const claimLink = claimLinkCommand(context);
  const storeIntents = intentsCommand(context);
  const settle = settleCommand(context);
  const release = releaseCommand(context);
  const replay = replayCommand(context);
  const dismiss = dismissCommand(context);
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
    failed: async (filter) => await listFailed(context, filter),
    replay: async (filter, now, by = 'sync', decidedBy = undefined) =>
      await context.write(replay, { filter, now, by, decidedBy }),
    dismiss: async (filter, act) => await context.write(dismiss, { ...filter, act }),
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
