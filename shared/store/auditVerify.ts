import { ValidationError } from '../errors';
import type { AuditFault, AuditReport } from '../ports';
import { anchorOfEnd, parseAnchor, type AuditAnchor } from './auditAnchor';
import {
  isOurCheckpoint,
  detailHash,
  erasureMac,
  headMac,
  rowHash,
  type AuditSeal,
  type ChainMark,
  type CheckpointMark,
  type SealedContent,
} from './auditHash';

/** A row as it is stored. */
export interface ChainRow extends SealedContent {
  detail: string;
  detailHash: string;
  hash: string;
  keyId: string | null;
  erasedAt: number | null;
  erasureMac: string | null;
}

/** Where the rows come from. */
export interface ChainSource {
  head(): Promise<ChainMark | null>;
  /** The last row that was archived. */
  checkpoint(): Promise<CheckpointMark | null>;
  page(afterSeq: number, limit: number): Promise<readonly ChainRow[]>;
}

/** Of a row that says that the chain's end was found changed when the next row was added. */
export const HEAD_MISMATCH = 'audit_head_mismatch';
/** Of a row that says that the chain goes on with another key. */
export const KEY_CHANGED = 'audit_key_changed';

const PAGE = 100;
/** How long others wait while rows are hashed. */
const SLICE_MS = 10;

/** Walks a chain from what was archived of it to its end, page by page; others have their turn in between. */
export async function verifyChain(
  source: ChainSource,
  options: { seal: AuditSeal; connectionId: string; now: number; compareWith?: string | undefined },
): Promise<AuditReport> {
  const { seal, connectionId, now } = options;
  const anchor = options.compareWith === undefined ? null : anchorOf(options.compareWith, seal, connectionId);
  while (true) {
    const { report, from } = await walkOnce(source, { seal, anchor, now });
    if (report.fault !== 'gap') return report;
    // Rows that were archived while we walked are not missing.
    const checkpoint = await source.checkpoint();
    if ((checkpoint?.seq ?? 0) <= from) return report;
  }
}

async function walkOnce(
  source: ChainSource,
  { seal, anchor, now }: { seal: AuditSeal; anchor: AuditAnchor | null; now: number },
): Promise<{ report: AuditReport; from: number }> {
  // The end is read first: rows that are added while we walk come after it.
  const head = await source.head();
  const walk = new Walk(seal, head, anchor);
  const checkpoint = await source.checkpoint();
  const from = checkpoint?.seq ?? 0;
  if (checkpoint) walk.start(checkpoint);
  let sliceEndsAt = performance.now() + SLICE_MS;
  for (let page = await source.page(walk.last.seq, PAGE); page.length > 0; ) {
    for (const row of page) {
      if (!walk.accept(row)) return { report: walk.report(null), from };
      if (performance.now() < sliceEndsAt) continue;
      await new Promise((resolve) => setImmediate(resolve));
      sliceEndsAt = performance.now() + SLICE_MS;
    }
    page = page.length < PAGE ? [] : await source.page(walk.last.seq, PAGE);
  }
  walk.end();
  return { report: walk.report(anchorOfEnd(seal, head, now)), from };
}

function anchorOf(text: string, seal: AuditSeal, connectionId: string): AuditAnchor {
  const anchor = parseAnchor(seal, text);
  if (anchor.connectionId === connectionId) return anchor;
  throw new ValidationError('The anchor to compare with belongs to another connection', {
    field: 'compareWith',
    nextStep: 'Choose the connection that the anchor was made for.',
  });
}

/** What is wrong with a row, given the one before it. */
export function faultOfRow(
  seal: AuditSeal,
  row: ChainRow,
  last: { seq: number; hash: string },
): AuditFault | null {
  if (row.seq !== last.seq + 1) return 'gap';
  if (row.prevHash !== last.hash) return 'link';
  if (row.keyId === seal.keyId) {
    if (row.hash !== rowHash(seal, row)) return 'content';
    if (row.erasedAt === null && row.detailHash !== detailHash(seal, row.detail)) return 'content';
  }
  if (row.erasedAt !== null && !isOurErasure(seal, row, row.erasedAt)) return 'erasure';
  return row.kind === HEAD_MISMATCH ? 'head_changed' : null;
}

/** An erasure is made with the key of its own time, which may be newer than the row's. */
function isOurErasure(
  seal: AuditSeal,
  { connectionId, seq, detail, erasureMac: mac, keyId }: ChainRow,
  erasedAt: number,
): boolean {
  return mac === erasureMac(seal, { connectionId, seq, erasedAt, detail }) || keyId !== seal.keyId;
}

class Walk {
  last = { seq: 0, hash: '' };
  readonly #report: Omit<AuditReport, 'anchor'>;

  constructor(
    private readonly seal: AuditSeal,
    private readonly head: ChainMark | null,
    private readonly anchor: AuditAnchor | null,
  ) {
    this.#report = {
      rows: 0,
      from: null,
      to: null,
      archived: 0,
      erased: 0,
      keyId: seal.keyId,
      otherKeys: [],
      brokenAt: null,
      fault: null,
      comparison: anchor ? 'missing' : null,
    };
  }

  report(anchor: string | null): AuditReport {
    const { brokenAt, comparison } = this.#report;
    return {
      ...this.#report,
      // A chain that broke before it came to the anchor's row says nothing of it.
      comparison:
        comparison === 'missing' && brokenAt !== null && brokenAt <= this.anchor!.seq ? null : comparison,
      anchor: brokenAt === null ? anchor : null,
    };
  }

  start(checkpoint: CheckpointMark): void {
    const { seq, hash, keyId, uncheckedTo } = checkpoint;
    if (!isOurCheckpoint(this.seal, checkpoint)) this.#break('checkpoint', seq);
    if (keyId !== this.seal.keyId) this.#noteKey(keyId, 1, seq);
    else if (uncheckedTo > 0) this.#noteKey(null, 1, uncheckedTo);
    this.#report.archived = seq;
    this.last = { seq, hash };
    if (this.anchor && this.anchor.seq < seq) this.#report.comparison = 'archived';
    else this.#compare(seq, hash);
  }

  /** False where the chain breaks at this row, or has broken before. */
  accept(row: ChainRow): boolean {
    if (this.#report.brokenAt !== null) return false;
    const fault = this.#faultOf(row);
    if (fault !== null) {
      this.#break(fault, this.last.seq + 1);
      return false;
    }
    this.last = { seq: row.seq, hash: row.hash };
    this.#report.rows++;
    this.#report.from ??= { seq: row.seq, at: row.at };
    this.#report.to = { seq: row.seq, at: row.at };
    if (row.erasedAt !== null) this.#report.erased++;
    if (row.keyId !== this.seal.keyId) this.#noteKey(row.keyId, row.seq, row.seq);
    this.#compare(row.seq, row.hash);
    return true;
  }

  /** Whether what was walked ends where the chain is said to end. */
  end(): void {
    const { head, last, seal } = this;
    if (this.#report.brokenAt !== null) return;
    if (!head) this.#break('head_missing', last.seq + 1);
    else if (last.seq < head.seq) this.#break('tail_missing', last.seq + 1);
    // The first row of a chain is made with the chain itself.
    else if (head.seq === 0) this.#break('head', 1);
    else if (head.keyId === seal.keyId && head.mac !== headMac(seal, head)) this.#break('head', head.seq);
  }

  #faultOf(row: ChainRow): AuditFault | null {
    const fault = faultOfRow(this.seal, row, this.last);
    if (fault !== null) return fault;
    const { head } = this;
    if (row.seq !== head?.seq) return null;
    // The end is written with its last row, so they have one key.
    return row.hash === head.hash && row.keyId === head.keyId ? null : 'head';
  }

  #compare(seq: number, hash: string): void {
    if (seq === this.anchor?.seq)
      this.#report.comparison = hash === this.anchor.hash ? 'contained' : 'missing';
  }

  #noteKey(keyId: string | null, from: number, to: number): void {
    const before = this.#report.otherKeys.at(-1);
    if (before?.keyId === keyId && before.to === from - 1) before.to = to;
    else this.#report.otherKeys.push({ keyId, from, to });
  }

  #break(fault: AuditFault, at: number): void {
    this.#report.brokenAt = at;
    this.#report.fault = fault;
  }
}
