import { sql } from 'kysely';
import type { Notices, NoticeStore } from '../ports';
import type { StoreContext } from './context';
import type { ConflictRow, NoticeKind, Queries } from './database';
import { failedRecordsOf, type FailedLink } from './failed';
import { knownConnections, unknownConnection } from './queue/append';
import { conflictFromRow, readable } from './rows';
import { single } from './writer';

interface TakeInput {
  consumer: string;
  connectionId: string;
  limit: number;
  now: number;
}

/** The record that a notice is about. */
interface Subject extends FailedLink {
  notice_seq: number;
}

/** The notices of a connection that lie between a consumer's place and the end. */
interface Span {
  connectionId: string;
  after: number;
  until: number;
  limit: number;
}

export function createNoticeStore(context: StoreContext): NoticeStore {
  const take = single(
    'take',
    async ({ queries }, input: TakeInput) => await takeNotices(context, queries, input),
  );
  return {
    take: async (consumer, connectionId, { limit, now }) =>
      await context.write(take, { consumer, connectionId, limit, now }),
    pending: async (consumer, connectionIds) => {
      if (connectionIds.length === 0) return [];
      const { rows } = await context.read(
        async (queries) =>
          await sql<{ id: string }>`
            select c.id from connections c
            where c.id ${context.dialect.anyOf(connectionIds)} and exists (
              select 1 from notices n where n.connection_id = c.id and n.seq > coalesce((
                select p.seq from notice_places p where p.connection_id = c.id and p.consumer = ${consumer}), 0))
            order by c.id`.execute(queries),
      );
      return rows.map(({ id }) => id);
    },
  };
}

async function takeNotices(
  context: StoreContext,
  queries: Queries,
  { consumer, connectionId, limit, now }: TakeInput,
): Promise<Notices> {
  const known = await knownConnections(context, queries, [connectionId]);
  if (known.size === 0) throw unknownConnection(connectionId);
  const after = await holdPlace(queries, consumer, connectionId, now);
  const head = await sql<{ seq: number }>`
    select seq from notice_heads where connection_id = ${connectionId}`.execute(queries);
  const until = head.rows[0]?.seq ?? 0;
  if (until <= after || limit <= 0) return { conflicts: [], failures: [] };
  const span = { connectionId, after, until, limit };
  const conflicts = await openConflicts(queries, span);
  const failures = await failedLinks(queries, span);
  const all = [...conflicts, ...failures].map(({ notice_seq }) => notice_seq).sort((a, b) => a - b);
  const place = all.length < limit ? until : (all[limit - 1] as number);
  await sql`
    update notice_places set seq = ${place} where consumer = ${consumer} and connection_id = ${connectionId}`.execute(
    queries,
  );
  const isTaken = ({ notice_seq }: Subject) => notice_seq <= place;
  return {
    conflicts: readable(conflicts.filter(isTaken), (row) => ({
      ...conflictFromRow(row),
      appId: row.link_app_id,
      ledgerId: row.link_ledger_id,
    })),
    failures: await failedRecordsOf(context, queries, connectionId, failures.filter(isTaken)),
  };
}

/** Where the consumer is; nobody else moves it until the end of the transaction. */
async function holdPlace(
  queries: Queries,
  consumer: string,
  connectionId: string,
  now: number,
): Promise<number> {
  const { rows } = await sql<{ seq: number }>`
    insert into notice_places (consumer, connection_id, seq, taken_at)
    values (${consumer}, ${connectionId}, 0, ${now})
    on conflict (connection_id, consumer) do update set taken_at = excluded.taken_at
    returning seq`.execute(queries);
  return rows[0]?.seq ?? 0;
}

/** Told and untold are one look each: the conflict is seen with the very notice that speaks of it. */
async function openConflicts(queries: Queries, span: Span): Promise<(ConflictRow & Subject)[]> {
  const { rows } = await sql<ConflictRow & Subject>`
    select c.*, ${subjectColumns} from ${noticesIn(span, 'conflict')}
      join conflicts c on c.link_id = n.link_id and c.status = 'open'
    order by n.seq limit ${span.limit}`.execute(queries);
  return rows;
}

async function failedLinks(queries: Queries, span: Span): Promise<Subject[]> {
  const { rows } = await sql<Subject>`
    select l.id as link_id, ${subjectColumns} from ${noticesIn(span, 'failure')}
    order by n.seq limit ${span.limit}`.execute(queries);
  return rows;
}

const subjectColumns = sql`n.seq as notice_seq, l.entity as link_entity, l.app_id as link_app_id,
  l.ledger_id as link_ledger_id`;

const noticesIn = ({ connectionId, after, until }: Span, kind: NoticeKind) => sql`(
  select link_id, seq from notices
  where connection_id = ${connectionId} and seq > ${after} and seq <= ${until} and kind = ${kind}) as n
  join links l on l.id = n.link_id`;
