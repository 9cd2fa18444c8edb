import type { AuditEntry, AuditReport, AuditRow, AuditStore } from '../../../shared/ports';
import { anchorOfEnd } from '../../../shared/store/auditAnchor';
import { verifyChain, type ChainRow } from '../../../shared/store/auditVerify';
import { seal, type MemoryChain } from './chain';
import { ANY } from './memoryDatabase';
import type { Session } from './session';

export class MemoryAudit implements AuditStore {
  constructor(private readonly session: Session) {}

  async list(
    connectionId: string,
    { afterSeq = 0, beforeSeq, linkId, limit }: Parameters<AuditStore['list']>[1],
  ): Promise<AuditRow[]> {
    const { database } = this.session;
    const rows = (this.#chain(connectionId)?.rows() ?? []).filter(
      (row) =>
        row.seq > afterSeq &&
        (beforeSeq === undefined || row.seq < beforeSeq) &&
        (linkId === undefined || row.linkId === linkId),
    );
    if (beforeSeq !== undefined) rows.reverse();
    return database.sealed(rows.slice(0, limit).map(auditRowOf));
  }

  /** The rows without their hashes, which most checks do not need. */
  entries(connectionId: string): readonly AuditEntry[] {
    return (this.#chain(connectionId)?.entries ?? []).map(({ entry }) => entry);
  }

  async anchor(connectionId: string, now: number): Promise<string | null> {
    return anchorOfEnd(seal, this.#chain(connectionId)?.head() ?? null, now);
  }

  async verify(connectionId: string, options: Parameters<AuditStore['verify']>[1]): Promise<AuditReport> {
    const chain = this.#chain(connectionId);
    return await verifyChain(
      {
        head: async () => chain?.head() ?? null,
        checkpoint: async () => null,
        page: async (afterSeq, limit) => (chain?.rows() ?? []).slice(afterSeq, afterSeq + limit),
      },
      { ...options, seal, connectionId },
    );
  }

  #chain(connectionId: string): MemoryChain | undefined {
    const { connections, storeChain } = this.session.database;
    return connectionId === ANY ? (storeChain ?? undefined) : connections.get(connectionId)?.audit;
  }
}

function auditRowOf(row: ChainRow): AuditRow {
  const { connectionId, seq, at, kind, linkId, detail, by, prevHash, detailHash, hash, keyId, erasedAt } =
    row;
  return {
    connectionId,
    seq,
    at,
    kind,
    linkId,
    detail: JSON.parse(detail) as AuditRow['detail'],
    by,
    prevHash,
    detailHash,
    hash,
    keyId,
    erasedAt,
  };
}
