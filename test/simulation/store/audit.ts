import type { AuditEntry, AuditRow, AuditStore } from '../../../shared/ports';
import { canonicalJson } from '../../../shared/schema/canonicalJson';
import { auditHash } from '../../../shared/store/auditHash';
import type { ConnectionRow } from './rows';
import type { Session } from './session';

/** Rows get their hashes when somebody asks for them: most runs never do. */
export class MemoryAudit implements AuditStore {
  constructor(private readonly session: Session) {}

  async list(
    connectionId: string,
    { afterSeq = 0, linkId, limit }: Parameters<AuditStore['list']>[1],
  ): Promise<AuditRow[]> {
    const { database } = this.session;
    const rows = this.#chain(connectionId).filter(
      (row) => row.seq > afterSeq && (linkId === undefined || row.linkId === linkId),
    );
    return database.sealed(rows.slice(0, limit));
  }

  /** The rows without their hashes, which most checks do not need. */
  entries(connectionId: string): readonly AuditEntry[] {
    const rows = this.session.database.connections.get(connectionId)?.audit ?? [];
    return rows.map(({ entry }) => entry);
  }

  async verify(connectionId: string): Promise<{ rows: number; brokenAt: number | null }> {
    let prevHash = '';
    let rows = 0;
    for (const row of this.#chain(connectionId)) {
      if (row.seq !== rows + 1 || row.prevHash !== prevHash || row.hash !== auditHash(row))
        return { rows, brokenAt: rows + 1 };
      prevHash = row.hash;
      rows++;
    }
    return { rows, brokenAt: null };
  }

  #chain(connectionId: string): readonly AuditRow[] {
    const connection = this.session.database.connections.get(connectionId);
    if (!connection) return [];
    extendChain(connection);
    return connection.chain;
  }
}

function extendChain({ value, audit, chain }: ConnectionRow): void {
  let prevHash = chain.at(-1)?.hash ?? '';
  for (const { at, entry } of audit.slice(chain.length)) {
    const { kind, linkId } = entry;
    const seq = chain.length + 1;
    // As the text that a database keeps: sorted, without undefined members.
    const detail = JSON.parse(canonicalJson(entry.detail)) as AuditRow['detail'];
    const hash = auditHash({ seq, at, kind, linkId, detail, prevHash });
    chain.push({ connectionId: value.id, seq, at, kind, linkId, detail, prevHash, hash });
    prevHash = hash;
  }
}
