import { sql } from 'kysely';
import { StoreError, toSyncError } from '../../errors';
import type { Claim, ClaimOptions } from '../../ports';
import { appendAudit } from '../audit';
import type { StoreContext } from '../context';
import type { ConflictRow, EventRow, IntentRow, LinkRow, Queries } from '../database';
import { conflictFromRow, eventFromRow, intentFromRow, linkFromRow } from '../rows';
import { single, type Command } from '../writer';
import { holdLinks } from './fence';
import { leaseIsOver } from './lease';
import { announce } from './notices';

/** Connections that share one claim; the others' turn comes with the next. */
const MAX_CONNECTIONS = 32;

/** Leases the records that have waited longest, turn by turn among the connections. */
export function claimCommand(context: StoreContext): Command<ClaimOptions, Claim[]> {
  return single('claim', async ({ queries }, options) => {
    if (options.limit <= 0 || options.connectionIds.length === 0) return [];
    const connections = await dueConnections(context, queries, options);
    if (connections.length === 0) return [];
    const leased = await lease(context, queries, connections, options);
    const { claims, damaged } = await describe(context, queries, leased, options);
    await failDamaged(context, queries, damaged, options.now);
    return claims;
  });
}

type LeaseOptions = Omit<ClaimOptions, 'connectionIds' | 'limit'> & { linkId: string };

/** No names of the links' own columns: PostgreSQL returns these beside them. */
const leaseColumns = { link_id: 'text', worker: 'text', now: 'int', until: 'int' } as const;

/** Leases single records, whatever is due. Their events are left for their own turn. */
export function claimLinkCommand(context: StoreContext): Command<LeaseOptions, Claim | null> {
  return {
    name: 'claimLink',
    subjects: ({ linkId }) => [linkId],
    run: async ({ queries }, inputs) => {
      await holdLinks(
        context,
        queries,
        inputs.map(({ linkId }) => linkId),
      );
      const wanted = inputs.map(({ linkId, worker, now, leaseMs }) => ({
        link_id: linkId,
        worker,
        now,
        until: now + leaseMs,
      }));
      const { rows } = await sql<LinkRow>`
        update links set fence = fence + 1, lease_owner = v.worker, leased_at = v.now, lease_until = v.until
        from ${context.dialect.rows(leaseColumns, wanted)}
        where links.id = v.link_id and ${leaseIsOver('links', sql`v.now`)}
        returning *`.execute(queries);
      const { claims, damaged } = await describe(context, queries, rows, null);
      const claimOf = new Map(claims.map((claim) => [claim.link.id, claim]));
      const refusals = new Map(damaged.map(({ link, error }) => [link.id, error]));
      await releaseDamaged(context, queries, damaged);
      return inputs.map(({ linkId }) => {
        const refused = refusals.get(linkId);
        return refused ? { refused } : { value: claimOf.get(linkId) ?? null };
      });
    },
  };
}

/** Active connections that have something to claim, a random choice when there are many. */
async function dueConnections(
  { dialect, random }: StoreContext,
  queries: Queries,
  { connectionIds, now }: ClaimOptions,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select c.id from connections c
    where c.id ${dialect.anyOf(connectionIds)} and c.state = 'active'
      and (c.resume_at is null or c.resume_at <= ${now})
      and exists (
        select 1 from links l where l.connection_id = c.id and l.next_due_at is not null and l.next_due_at <= ${now}
          and ${leaseIsOver('l', sql`cast(${now} as bigint)`)})`.execute(queries);
  const ids = rows.map((row) => row.id);
  while (ids.length > MAX_CONNECTIONS) ids.splice(Math.floor(random.next() * ids.length), 1);
  return ids;
}

async function lease(
  { dialect }: StoreContext,
  queries: Queries,
  connections: readonly string[],
  { worker, now, leaseMs, limit }: ClaimOptions,
): Promise<LinkRow[]> {
  const due = connections.map(
    (id) => sql`
      select * from (
        select id, connection_id, next_due_at from links
        where connection_id = ${id} and next_due_at is not null and next_due_at <= ${now}
          and ${leaseIsOver('links', sql`cast(${now} as bigint)`)}
        order by next_due_at limit ${limit} ${dialect.skipLocked}) as due_of_one`,
  );
  const { rows } = await sql<LinkRow>`
    with due as (${sql.join(due, sql` union all `)}),
      ranked as (
        select id, next_due_at, row_number() over (partition by connection_id order by next_due_at, id) as turn
        from due),
      chosen as (select id from ranked order by turn, next_due_at, id limit ${limit})
    update links set fence = fence + 1, lease_owner = ${worker}, leased_at = ${now}, lease_until = ${now + leaseMs}
    where id in (select id from chosen)
    returning *`.execute(queries);
  return rows.sort((a, b) => (a.next_due_at ?? 0) - (b.next_due_at ?? 0) || (a.id < b.id ? -1 : 1));
}

/** A record that nobody can work on: something of it in the store is not what was stored. */
interface DamagedRecord {
  link: LinkRow;
  error: StoreError;
}

interface Described {
  claims: Claim[];
  damaged: DamagedRecord[];
}

/** Adds what a converge needs to know. `due` is null where no events are asked for. */
async function describe(
  { dialect }: StoreContext,
  queries: Queries,
  links: readonly LinkRow[],
  due: { now: number } | null,
): Promise<Described> {
  if (links.length === 0) return { claims: [], damaged: [] };
  const ids = links.map((link) => link.id);
  const events = due
    ? await sql<EventRow>`
        select * from events
        where link_id ${dialect.anyOf(ids)} and status in ('pending', 'waiting') and due_at <= ${due.now}
        order by received_at, id`.execute(queries)
    : { rows: [] };
  const intents = await sql<IntentRow>`
    select * from intents where link_id ${dialect.anyOf(ids)} and outcome is null
    order by stored_at, key`.execute(queries);
  const refused = await sql<{ link_id: string; refusals: number }>`
    select link_id, count(*) as refusals from intents
    where link_id ${dialect.anyOf(ids)} and outcome = 'refused' group by link_id`.execute(queries);
  const conflicts = await sql<ConflictRow>`
    select * from conflicts where link_id ${dialect.anyOf(ids)} and status <> 'closed'`.execute(queries);
  const eventsOf = byLink(events.rows);
  const intentsOf = byLink(intents.rows);
  const refusalsOf = new Map(refused.rows.map((row) => [row.link_id, Number(row.refusals)]));
  const conflictOf = new Map(conflicts.rows.map((row) => [row.link_id, row]));
  const claims: Claim[] = [];
  const damaged: DamagedRecord[] = [];
  for (const link of links) {
    const conflict = conflictOf.get(link.id);
    try {
      claims.push({
        link: linkFromRow(link),
        events: (eventsOf.get(link.id) ?? []).map(eventFromRow),
        intents: (intentsOf.get(link.id) ?? []).map(intentFromRow),
        refusals: refusalsOf.get(link.id) ?? 0,
        conflict: conflict ? conflictFromRow(conflict) : null,
        leaseUntil: link.lease_until ?? 0,
      });
    } catch (error) {
      if (!(error instanceof StoreError)) throw toSyncError(error);
      damaged.push({ link, error });
    }
  }
  return { claims, damaged };
}

async function releaseDamaged(
  { dialect }: StoreContext,
  queries: Queries,
  damaged: readonly DamagedRecord[],
): Promise<void> {
  if (damaged.length === 0) return;
  await sql`
    update links set lease_owner = null, leased_at = null, lease_until = null
    where id ${dialect.anyOf(damaged.map(({ link }) => link.id))}`.execute(queries);
}

const damagedColumns = { link_id: 'text', error: 'text' } as const;

/** What is queued of a damaged record has failed, and people are told; the records beside it are worked on. */
async function failDamaged(
  context: StoreContext,
  queries: Queries,
  damaged: readonly DamagedRecord[],
  now: number,
): Promise<void> {
  if (damaged.length === 0) return;
  const failures = damaged.map(({ link, error: { code, message, details } }) => {
    const { entity, nextStep } = details;
    const report = { code, message, entity, title: link.ledger_id ?? link.app_id ?? link.id, nextStep };
    return { link, report };
  });
  const rows = failures.map(({ link, report }) => ({ link_id: link.id, error: JSON.stringify(report) }));
  await sql`
    update events set status = 'dead', last_error = v.error, on_link_id = null
    from ${context.dialect.rows(damagedColumns, rows)}
    where events.link_id = v.link_id and events.status in ('pending', 'waiting')`.execute(queries);
  await releaseDamaged(context, queries, damaged);
  await sql`
    update links set next_due_at = null
    where id ${context.dialect.anyOf(damaged.map(({ link }) => link.id))}`.execute(queries);
  await announce(
    context,
    queries,
    damaged.map(({ link }) => ({ connectionId: link.connection_id, linkId: link.id, kind: 'failure' })),
  );
  await appendAudit(
    context,
    queries,
    failures.map(({ link, report: error }) => ({
      connectionId: link.connection_id,
      at: now,
      entry: { kind: 'dead_letter', linkId: link.id, detail: { entity: link.entity, error } },
    })),
  );
}

function byLink<T extends { link_id: string }>(rows: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(row.link_id);
    if (group) group.push(row);
    else groups.set(row.link_id, [row]);
  }
  return groups;
}
