import type { AuditEntry } from '../../../shared/ports';
import { canonicalJson } from '../../../shared/schema/canonicalJson';
import { createSeal, detailHash, headMac, rowHash, type ChainMark } from '../../../shared/store/auditHash';
import type { ChainRow } from '../../../shared/store/auditVerify';

export const seal = createSeal();

/** The log of one connection. Rows get their hashes when somebody asks for them: most runs never do. */
export class MemoryChain {
  readonly entries: { at: number; entry: AuditEntry }[] = [];
  /** As many rows as somebody has asked for. */
  readonly #rows: ChainRow[] = [];

  constructor(private readonly connectionId: string) {}

  add(at: number, entry: AuditEntry): void {
    this.entries.push({ at, entry });
  }

  rows(): readonly ChainRow[] {
    const { connectionId } = this;
    for (const { at, entry } of this.entries.slice(this.#rows.length)) {
      const { kind, linkId, by = 'sync' } = entry;
      const detail = canonicalJson(entry.detail);
      const content = {
        connectionId,
        seq: this.#rows.length + 1,
        at,
        kind,
        linkId,
        by,
        prevHash: this.#rows.at(-1)?.hash ?? '',
        detailHash: detailHash(seal, detail),
      };
      const hash = rowHash(seal, content);
      this.#rows.push({ ...content, detail, hash, keyId: seal.keyId, erasedAt: null, erasureMac: null });
    }
    return this.#rows;
  }

  head(): ChainMark {
    const last = this.rows().at(-1);
    const head = { connectionId: this.connectionId, seq: last?.seq ?? 0, hash: last?.hash ?? '' };
    return { ...head, mac: headMac(seal, head), keyId: seal.keyId };
  }
}
