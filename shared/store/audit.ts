import { sql } from 'kysely';
import type { AuditEntry, AuditStore } from '../ports';
import { canonicalJson, sha256 } from '../schema/canonicalJson';
import { auditHash } from './auditHash';
import type { StoreContext } from './context';
import type { AuditTableRow, Queries } from './database';
import type { Columns } from './dialect';
import { auditFromRow, parse } from './rows';

const VERIFY_PAGE = 1000;

const columns: Columns<AuditTableRow> = {
  connection_id: 'text',
  seq: 'int',
  at: 'int',
  kind: 'text',
  link_id: 'text',
  detail: 'text',
  prev_hash: 'text',
  hash: 'text',
};

const headColumns = { connection_id: 'text', seq: 'int', hash: 'text' } as const;

/** Adds to the chains, in the order given. Each chain is held until the end of the transaction. */
export async function appendAudit(
  { dialect }: StoreContext,
  queries: Queries,
  entries: readonly { connectionId: string; at: number; entry: AuditEntry }[],
): Promise<void> {
  if (entries.length === 0) return;
  const chains = [...new Set(entries.map((entry) => entry.connectionId))];
  const { rows: heads } = await sql<{ connection_id: string; seq: number; hash: string }>`
    select connection_id, seq, hash from audit_heads where connection_id ${dialect.anyOf(chains)}
    order by connection_id ${dialect.forUpdate}`.execute(queries);
  const headOf = new Map(heads.map((head) => [head.connection_id, head]));
  const rows = entries.map(({ connectionId, at, entry: { kind, linkId, detail } }) => {
    const head = headOf.get(connectionId);
    if (!head) throw new Error(`connection ${connectionId} has no audit chain`);
    // canonicalJson of the whole row, with the detail turned to text only once.
    const text = canonicalJson(detail);
    const seq = head.seq + 1;
    const hash = sha256(
      `${head.hash}{"at":${at},"detail":${text},"kind":${JSON.stringify(kind)},"linkId":${JSON.stringify(linkId)},"seq":${seq}}`,
    );
    const row = {
      connection_id: connectionId,
      seq,
      at,
      kind,
      link_id: linkId,
      detail: text,
      prev_hash: head.hash,
      hash,
    };
    head.seq = seq;
    head.hash = hash;
    return row;
  });
  await sql`
    insert into audit (connection_id, seq, at, kind, link_id, detail, prev_hash, hash)
    select v.connection_id, v.seq, v.at, v.kind, v.link_id, v.detail, v.prev_hash, v.hash
    from ${dialect.rows(columns, rows)}`.execute(queries);
  await sql`
    update audit_heads set seq = v.seq, hash = v.hash from ${dialect.rows(headColumns, heads)}
    where audit_heads.connection_id = v.connection_id`.execute(queries);
}

export function createAuditStore(context: StoreContext): AuditStore {
  const page = async (connectionId: string, afterSeq: number, limit: number, linkId?: string) =>
    await context.read(async (queries) => {
      let query = queries
        .selectFrom('audit')
        .selectAll()
        .where('connection_id', '=', connectionId)
        .where('seq', '>', afterSeq);
      if (linkId !== undefined) query = query.where('link_id', '=', linkId);
      return await query.orderBy('seq').limit(limit).execute();
    });
  return {
    list: async (connectionId, { afterSeq = 0, linkId, limit }) =>
      (await page(connectionId, afterSeq, limit, linkId)).map(auditFromRow),
    verify: async (connectionId) => {
      // The head is read first: rows that are added while we walk come after it.
      const head = await context.read(
        async (queries) =>
          await queries
            .selectFrom('audit_heads')
            .selectAll()
            .where('connection_id', '=', connectionId)
            .executeTakeFirst(),
      );
      let last = { seq: 0, hash: '' };
      while (true) {
        const rows = await page(connectionId, last.seq, VERIFY_PAGE);
        for (const row of rows) {
          if (!follows(row, last)) return { rows: last.seq, brokenAt: last.seq + 1 };
          last = row;
          if (head && row.seq === head.seq && row.hash !== head.hash)
            return { rows: row.seq - 1, brokenAt: row.seq };
        }
        if (rows.length < VERIFY_PAGE) break;
      }
      const cut = last.seq < (head?.seq ?? 0);
      return { rows: last.seq, brokenAt: cut ? last.seq + 1 : null };
    },
  };
}

/** Whether the row is the next one, linked to the last, and says what was hashed. */
function follows(row: AuditTableRow, last: { seq: number; hash: string }): boolean {
  if (row.seq !== last.seq + 1 || row.prev_hash !== last.hash) return false;
  try {
    const detail = parse<Record<string, unknown>>(row.detail);
    return (
      row.hash ===
      auditHash({
        seq: row.seq,
        at: row.at,
        kind: row.kind,
        linkId: row.link_id,
        detail,
        prevHash: row.prev_hash,
      })
    );
  } catch {
    return false; // not even JSON any more
  }
}
