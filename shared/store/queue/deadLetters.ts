import { sql, type RawBuilder } from 'kysely';
import type { Actor, Dismissal, Dismissed, QueueStore, Replayed } from '../../ports';
import { eventsDismissed, eventsReplayed } from '../acts';
import { appendAudit } from '../audit';
import type { StoreContext } from '../context';
import type { EventRow, Queries } from '../database';
import { noDeadLetters } from '../refusals';
import { single } from '../writer';
import { advanceDue } from './append';
import { holdLinks } from './fence';
import { retractNotices } from './notices';

interface ReplayInput {
  filter: Parameters<QueueStore['replay']>[0];
  now: number;
  by: Actor;
  decidedBy: string | undefined;
}

type DismissInput = Parameters<QueueStore['dismiss']>[0] & { act: Dismissal };

type ChangedRow = Pick<EventRow, 'id' | 'link_id' | 'entity' | 'side' | 'record_id'>;

/** What somebody decided about the failed events of one record. */
interface Changed {
  linkId: string;
  entity: string;
  eventIds: string[];
}

export function replayCommand(context: StoreContext) {
  const { dialect } = context;
  return single('replay', async (tx, { filter, now, by, decidedBy }: ReplayInput) => {
    const { connectionId, eventIds, linkIds } = filter;
    if (eventIds !== undefined) await requireDead(context, tx.queries, connectionId, eventIds);
    const wanted = sql`status = 'dead' and connection_id = ${connectionId}
      ${eventIds === undefined ? sql`` : sql`and id ${dialect.anyOf(eventIds)}`}
      ${linkIds === undefined ? sql`` : sql`and link_id ${dialect.anyOf(linkIds)}`}`;
    const held = await holdDead(context, tx.queries, wanted);
    const { rows } = await sql<ChangedRow>`
      update events set status = 'pending', attempts = 0, due_at = ${now}, settled_at = null
      where ${wanted} and link_id ${dialect.anyOf(held)}
      returning id, link_id, entity, side, record_id`.execute(tx.queries);
    await advanceDue(
      context,
      tx.queries,
      rows.map((row) => ({ id: row.link_id, due_at: now })),
    );
    if (rows.length === 0) return [];
    await retractNotices(context, tx.queries, { recovered: held });
    tx.wake();
    const entries = byRecord(rows).map((record) => eventsReplayed(record, by, decidedBy));
    await appendAudit(
      context,
      tx.queries,
      entries.map((entry) => ({ connectionId, at: now, entry })),
    );
    return rows
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
  });
}

export function dismissCommand(context: StoreContext) {
  const { dialect } = context;
  return single('dismiss', async ({ queries }, { connectionId, linkIds, act }: DismissInput) => {
    const wanted = sql`status = 'dead' and connection_id = ${connectionId} and link_id ${dialect.anyOf(linkIds)}`;
    const held = await holdDead(context, queries, wanted);
    const { rows } = await sql<ChangedRow>`
      update events set status = 'settled', settled_at = ${act.now}
      where ${wanted} and link_id ${dialect.anyOf(held)}
      returning id, link_id, entity, side, record_id`.execute(queries);
    if (rows.length === 0) return [];
    await retractNotices(context, queries, { recovered: held });
    const records = byRecord(rows);
    await appendAudit(
      context,
      queries,
      records.map((record) => ({ connectionId, at: act.now, entry: eventsDismissed(record, act) })),
    );
    return records satisfies Dismissed[];
  });
}

/** The records of these events, held until the end of the transaction. */
async function holdDead(
  context: StoreContext,
  queries: Queries,
  wanted: RawBuilder<unknown>,
): Promise<string[]> {
  const { rows } = await sql<Pick<EventRow, 'link_id'>>`
    select distinct link_id from events where ${wanted}`.execute(queries);
  const held = await holdLinks(
    context,
    queries,
    rows.map(({ link_id }) => link_id),
  );
  return [...held.keys()];
}

/** In one order, whatever order the database has changed them in. */
function byRecord(rows: readonly ChangedRow[]): Changed[] {
  return [...Map.groupBy(rows, ({ link_id }) => link_id)]
    .map(([linkId, events]) => ({
      linkId,
      entity: events[0]!.entity,
      eventIds: events.map(({ id }) => id).sort(),
    }))
    .sort((a, b) => (a.linkId < b.linkId ? -1 : 1));
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
