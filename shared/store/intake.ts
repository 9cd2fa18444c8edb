import { sql } from 'kysely';
import type { IntakeCount, IntakeStore, UnreadNotification } from '../ports';
import { sha256 } from '../schema/canonicalJson';
import type { StoreContext } from './context';
import type { IntakeRow, Queries, UnreadNotificationRow } from './database';
import type { Columns } from './dialect';
import { single } from './writer';

/** Days that counters are kept. */
const KEPT_DAYS = 90;
/** Unread notifications that are kept of each provider. */
const KEPT_UNREAD = 200;
const DAY_MS = 86_400_000;

const countColumns: Columns<IntakeRow> = {
  subject: 'text',
  day: 'text',
  kind: 'text',
  count: 'int',
  last_at: 'int',
};

const unreadColumns: Columns<UnreadNotificationRow> = {
  id: 'text',
  provider: 'text',
  received_at: 'int',
  reason: 'text',
  body: 'text',
};

export function createIntakeStore(context: StoreContext): IntakeStore {
  const count = single('intake', async ({ queries }, counts: readonly IntakeCount[]) => {
    await addCounts(context, queries, counts);
  });
  const keep = single('unread', async ({ queries }, notifications: readonly UnreadNotification[]) => {
    await putUnread(context, queries, notifications);
  });
  return {
    count: async (counts) => {
      if (counts.length > 0) await context.write(count, counts);
    },
    counts: async (subject, day) => {
      const { rows } = await context.read(
        async (queries) =>
          await sql<{ kind: string; count: number; last_at: number }>`
            select kind, max(case when day = ${day} then count else 0 end) as count, max(last_at) as last_at
            from intake where subject = ${subject} group by kind order by kind`.execute(queries),
      );
      return rows.map((row) => ({ kind: row.kind, count: row.count, lastAt: row.last_at }));
    },
    keep: async (notifications) => {
      if (notifications.length > 0) await context.write(keep, notifications);
    },
    unread: async (provider, limit) => {
      const rows = await context.read(
        async (queries) =>
          await queries
            .selectFrom('unread_notifications')
            .selectAll()
            .where('provider', '=', provider)
            .orderBy('received_at', 'desc')
            .orderBy('id')
            .limit(limit)
            .execute(),
      );
      return rows.map(({ received_at: receivedAt, reason, body: text }) => ({
        provider,
        receivedAt,
        reason,
        text,
      }));
    },
  };
}

async function addCounts(
  { dialect }: StoreContext,
  queries: Queries,
  counts: readonly IntakeCount[],
): Promise<void> {
  const rows = counts
    .map(({ lastAt, ...rest }) => ({ ...rest, last_at: lastAt }))
    // In one order, so that two processes which write the same figures wait for each other and not in a circle.
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  await sql`
    insert into intake (subject, day, kind, count, last_at)
    select v.subject, v.day, v.kind, v.count, v.last_at from ${dialect.rows(countColumns, rows)} where true
    on conflict (subject, day, kind) do update set count = intake.count + excluded.count,
      last_at = case when excluded.last_at > intake.last_at then excluded.last_at else intake.last_at end`.execute(
    queries,
  );
  const newest = rows.reduce((day, row) => (row.day > day ? row.day : day), '');
  await queries.deleteFrom('intake').where('day', '<', daysBefore(newest, KEPT_DAYS)).execute();
}

const keyOf = ({ subject, day, kind }: IntakeRow): string => JSON.stringify([subject, day, kind]);

const daysBefore = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) - days * DAY_MS).toISOString().slice(0, 10);

async function putUnread(
  { dialect }: StoreContext,
  queries: Queries,
  notifications: readonly UnreadNotification[],
): Promise<void> {
  const rows = new Map<string, UnreadNotificationRow>();
  for (const { provider, receivedAt, reason, text } of notifications) {
    const id = sha256(JSON.stringify([provider, reason, text]));
    rows.set(id, { id, provider, received_at: receivedAt, reason, body: text });
  }
  const sorted = [...rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  await sql`
    insert into unread_notifications (id, provider, received_at, reason, body)
    select v.id, v.provider, v.received_at, v.reason, v.body from ${dialect.rows(unreadColumns, sorted)} where true
    on conflict (id) do update set received_at = excluded.received_at`.execute(queries);
  for (const provider of new Set(notifications.map((notification) => notification.provider))) {
    await sql`
      delete from unread_notifications where provider = ${provider} and id not in (
        select id from unread_notifications where provider = ${provider}
        order by received_at desc, id limit ${KEPT_UNREAD})`.execute(queries);
  }
}
