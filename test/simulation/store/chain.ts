import type { AuditEntry } from '../../../shared/ports';
import { canonicalJson } from '../../../shared/schema/canonicalJson';
import {
  checkpointMac,
  createSeal,
  detailHash,
  headMac,
  rowHash,
  type ChainMark,
  type CheckpointMark,
} from '../../../shared/store/auditHash';
import { replayAudit, type ReplayedLink } from '../../../shared/store/auditReplay';
import type { ChainRow } from '../../../shared/store/auditVerify';

export const seal = createSeal();

/** The log of one connection. Rows get their hashes when somebody asks for them: most runs never do. */
export class MemoryChain {
  /** Archived ones included: whoever judges a simulation remembers everything. */
  readonly entries: { at: number; entry: AuditEntry }[] = [];
  /** As many rows as somebody has asked for, archived ones included. */
  readonly #rows: ChainRow[] = [];
  /** How many were archived, and what they said. */
  #archived = 0;
  readonly states = new Map<string, ReplayedLink>();

  constructor(private readonly connectionId: string) {}

  add(at: number, entry: AuditEntry): void {
    this.entries.push({ at, entry });
  }

  /** Those that were not archived, without their hashes. */
  kept(): readonly AuditEntry[] {
    return this.entries.slice(this.#archived).map(({ entry }) => entry);
  }

  /** Those that were not archived. */
  rows(): readonly ChainRow[] {
    return this.#all().slice(this.#archived);
  }

  archive(before: number, limit: number): number {
    let count = 0;
    const last = this.entries.length - 1;
    for (const { at, entry } of this.entries.slice(this.#archived, Math.min(this.#archived + limit, last))) {
      if (at >= before) break;
      replayAudit([entry], this.states);
      count++;
    }
    this.#archived += count;
    return count;
  }

  checkpoint(): CheckpointMark | null {
    const row = this.#all()[this.#archived - 1];
    if (!row) return null;
    const { connectionId, seq, hash, at } = row;
    const checkpoint = { connectionId, seq, hash, at, uncheckedTo: 0 };
    return { ...checkpoint, mac: checkpointMac(seal, checkpoint), keyId: seal.keyId };
  }

  #all(): readonly ChainRow[] {
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
    const last = this.#all().at(-1);
    const head = { connectionId: this.connectionId, seq: last?.seq ?? 0, hash: last?.hash ?? '' };
    return { ...head, mac: headMac(seal, head), keyId: seal.keyId };
  }
}
