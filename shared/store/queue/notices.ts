import { sql } from 'kysely';
import type { StoreContext } from '../context';
import type { NoticeKind, Queries } from '../database';

/** Something about a record that people have to be told. */
export interface Notice {
  connectionId: string;
  linkId: string;
  kind: NoticeKind;
}

const columns = { link_id: 'text', kind: 'text', connection_id: 'text', seq: 'int' } as const;
const headColumns = { connection_id: 'text', notices: 'int' } as const;

/**
 * Puts notices at the end of their connections' order, whether they were in it before or not. Whoever does holds
 * the end until the transaction is over: what is seen of the order never gets anything put in before it.
 */
export async function announce(
  context: StoreContext,
  queries: Queries,
  notices: readonly Notice[],
): Promise<void> {
  const { dialect } = context;
  const unique = new Map(notices.map((notice) => [`${notice.kind}:${notice.linkId}`, notice]));
  if (unique.size === 0) return;
  const counts = [...Map.groupBy(unique.values(), ({ connectionId }) => connectionId)]
    .map(([connection_id, own]) => ({ connection_id, notices: own.length }))
    .sort((a, b) => (a.connection_id < b.connection_id ? -1 : 1));
  const { rows } = await sql<{ connection_id: string; seq: number }>`
    insert into notice_heads (connection_id, seq)
    select v.connection_id, v.notices from ${dialect.rows(headColumns, counts)} where true
    on conflict (connection_id) do update set seq = notice_heads.seq + excluded.seq
    returning connection_id, seq`.execute(queries);
  const last = new Map(rows.map(({ connection_id, seq }) => [connection_id, seq]));
  const next = new Map(
    counts.map(({ connection_id, notices: own }) => [connection_id, (last.get(connection_id) ?? 0) - own]),
  );
  const placed = [...unique.values()].map(({ connectionId, linkId, kind }) => {
    const seq = (next.get(connectionId) ?? 0) + 1;
    next.set(connectionId, seq);
    return { link_id: linkId, kind, connection_id: connectionId, seq };
  });
  await sql`
    insert into notices (link_id, kind, connection_id, seq)
    select v.link_id, v.kind, v.connection_id, v.seq from ${dialect.rows(columns, placed)} where true
    on conflict (link_id, kind) do update set seq = excluded.seq`.execute(queries);
}

/** Takes back what is over: a conflict that is closed, a record with no failed event left. */
export async function retractNotices(
  { dialect }: StoreContext,
  queries: Queries,
  { closed = [], recovered = [] }: { closed?: readonly string[]; recovered?: readonly string[] },
): Promise<void> {
  if (closed.length > 0)
    await sql`delete from notices where kind = 'conflict' and link_id ${dialect.anyOf(closed)}`.execute(
      queries,
    );
  if (recovered.length > 0)
    await sql`
      delete from notices where kind = 'failure' and link_id ${dialect.anyOf(recovered)}
        and not exists (select 1 from events e where e.link_id = notices.link_id and e.status = 'dead')`.execute(
      queries,
    );
}

/** Failures go with their events to the link that takes another one in, told or untold as they were. */
export async function moveNotices(
  { dialect }: StoreContext,
  queries: Queries,
  absorptions: readonly { gone: string; target: string }[],
): Promise<void> {
  const { rows } = await sql<{ link_id: string; kind: NoticeKind; connection_id: string; seq: number }>`
    delete from notices where link_id ${dialect.anyOf(absorptions.map(({ gone }) => gone))}
    returning link_id, kind, connection_id, seq`.execute(queries);
  const targetOf = new Map(absorptions.map(({ gone, target }) => [gone, target]));
  const moved = new Map<string, (typeof rows)[number]>();
  for (const row of rows) {
    const link_id = targetOf.get(row.link_id);
    if (row.kind !== 'failure' || link_id === undefined) continue;
    const seq = Math.max(row.seq, moved.get(link_id)?.seq ?? 0);
    moved.set(link_id, { ...row, link_id, seq });
  }
  if (moved.size === 0) return;
  await sql`
    insert into notices (link_id, kind, connection_id, seq)
    select v.link_id, v.kind, v.connection_id, v.seq from ${dialect.rows(columns, [...moved.values()])} where true
    on conflict (link_id, kind) do update set seq = ${dialect.greatest(sql`notices.seq`, sql`excluded.seq`)}`.execute(
    queries,
  );
}
