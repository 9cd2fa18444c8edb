import type {
  Archived,
  ArchivedState,
  AuditEntry,
  AuditReport,
  AuditRow,
  AuditStore,
} from '../../../shared/ports';
import { anchorOfEnd } from '../../../shared/store/auditAnchor';
import { verifyChain, type ChainRow } from '../../../shared/store/auditVerify';
import { seal, type MemoryChain } from './chain';
import { ANY } from './memoryDatabase';
import { compareText } from './rows';
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

  async archive(
    connectionId: string,
    { before, limit }: Parameters<AuditStore['archive']>[1],
  ): Promise<Archived> {
    return { rows: this.#chain(connectionId)?.archive(before, limit) ?? 0, isBroken: false };
  }

  async states(
    connectionId: string,
    { afterId = '', limit }: Parameters<AuditStore['states']>[1],
  ): Promise<ArchivedState[]> {
    return [...(this.#chain(connectionId)?.states ?? [])]
      .map(([linkId, state]) => ({ linkId, state }))
      .filter(({ linkId }) => linkId > afterId)
      .sort((a, b) => compareText(a.linkId, b.linkId))
      .slice(0, limit);
  }

  async heads(connectionIds: readonly string[]): Promise<Map<string, number>> {
    return new Map(
      connectionIds.flatMap((id) => {
        const chain = this.#chain(id);
        return chain ? [[id, chain.entries.length] as const] : [];
      }),
    );
  }

  /** Those that were not archived, without their hashes. */
  kept(connectionId: string): readonly AuditEntry[] {
    return this.#chain(connectionId)?.kept() ?? [];
  }

  async anchor(connectionId: string, now: number): Promise<string | null> {
    return anchorOfEnd(seal, this.#chain(connectionId)?.head() ?? null, now);
  }

  async verify(connectionId: string, options: Parameters<AuditStore['verify']>[1]): Promise<AuditReport> {
    const chain = this.#chain(connectionId);
    return await verifyChain(
      {
        head: async () => chain?.head() ?? null,
        checkpoint: async () => chain?.checkpoint() ?? null,
        page: async (afterSeq, limit) =>
          (chain?.rows() ?? []).filter(({ seq }) => seq > afterSeq).slice(0, limit),
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
