import { sql } from 'kysely';
import { canonicalJson } from '../../schema/canonicalJson';
import { withAuditOpen } from '../auditArchive';
import { detailHash, erasureMac } from '../auditHash';
import type { StoreContext } from '../context';
import type { AuditTableRow, Queries } from '../database';
import { parse } from '../rows';

type Detail = Record<string, unknown>;

const columns = { seq: 'int', detail: 'text', erased_at: 'int', erasure_mac: 'text' } as const;

/** Rows that a scrub changes, with what takes the place of their detail. */
export function changedBy(
  rows: readonly AuditTableRow[],
  scrub: (detail: Detail) => Detail,
): { row: AuditTableRow; detail: string }[] {
  return rows.flatMap((row) => {
    const detail = canonicalJson(scrub(parse<Detail>(row.detail)));
    return detail === row.detail ? [] : [{ row, detail }];
  });
}

/**
 * Puts these details in the place of what was written. The hash of what was written stays, so that the chain holds; a
 * row that had been tampered with is not made good by this.
 */
export async function eraseDetails(
  { dialect, seal }: StoreContext,
  queries: Queries,
  connectionId: string,
  changes: readonly { row: AuditTableRow; detail: string }[],
  now: number,
): Promise<void> {
  if (changes.length === 0) return;
  const values = changes.map(({ row, detail }) => {
    const { seq } = row;
    const isSound =
      row.erased_at !== null || row.key_id !== seal.keyId || row.detail_hash === detailHash(seal, row.detail);
    const mac = erasureMac(seal, { connectionId, seq, erasedAt: now, detail });
    return { seq, detail, erased_at: isSound ? now : null, erasure_mac: isSound ? mac : null };
  });
  await withAuditOpen(queries, connectionId, async () => {
    await sql`
      update audit set detail = v.detail, erased_at = v.erased_at, erasure_mac = v.erasure_mac
      from ${dialect.rows(columns, values)}
      where audit.connection_id = ${connectionId} and audit.seq = v.seq`.execute(queries);
  });
}
