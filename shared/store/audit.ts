import { sql } from 'kysely';
import type { AuditEntry, AuditStore } from '../ports';
import { canonicalJson } from '../schema/canonicalJson';
import { detailHash, headMac, rowHash, type AuditHead, type AuditSeal, type ChainMark } from './auditHash';
import { HEAD_MISMATCH, KEY_CHANGED, verifyChain } from './auditVerify';
import { anchorOfEnd } from './auditAnchor';
import type { StoreContext } from './context';
import type { AuditHeadRow, AuditTableRow, Queries } from './database';
import type { Columns } from './dialect';
import { checkpointOf, createArchive } from './auditArchive';
import { auditFromRow, chainRowOf } from './rows';

/** The chain of the store itself: what is about no connection, and what outlives one. */
export const STORE_CHAIN = '*';

type ListOptions = Parameters<AuditStore['list']>[1];

/** An entry on its way to the chain of a connection. */
export interface NewAuditRow {
  connectionId: string;
  at: number;
  entry: AuditEntry;
}

const columns: Columns<AuditTableRow> = {
  connection_id: 'text',
  seq: 'int',
  at: 'int',
  kind: 'text',
  link_id: 'text',
  detail: 'text',
  prev_hash: 'text',
  hash: 'text',
  actor: 'text',
  detail_hash: 'text',
  key_id: 'text',
  erased_at: 'int',
  erasure_mac: 'text',
};

const headColumns: Columns<AuditHeadRow> = {
  connection_id: 'text',
  seq: 'int',
  hash: 'text',
  mac: 'text',
  key_id: 'text',
};

/** Begins a chain. Its first row has to follow in the same transaction. */
export async function beginChain(
  { seal }: StoreContext,
  queries: Queries,
  connectionId: string,
): Promise<void> {
  const head = { connectionId, seq: 0, hash: '' };
  await sql`
    insert into audit_heads (connection_id, seq, hash, mac, key_id)
    values (${connectionId}, 0, '', ${headMac(seal, head)}, ${seal.keyId})
    on conflict (connection_id) do nothing`.execute(queries);
}

/** Adds to the chains, in the order given. Each chain is held until the end of the transaction. */
export async function appendAudit(
  context: StoreContext,
  queries: Queries,
  entries: readonly NewAuditRow[],
): Promise<void> {
  if (entries.length === 0) return;
  const { dialect, seal } = context;
  const chains = [...new Set(entries.map((entry) => entry.connectionId))];
  const { rows: heads } = await sql<AuditHeadRow>`
    select connection_id, seq, hash, mac, key_id from audit_heads where connection_id ${dialect.anyOf(chains)}
    order by connection_id ${dialect.forUpdate}`.execute(queries);
  const chainOf = new Map(heads.map((row) => [row.connection_id, new Chain(seal, markFromRow(row))]));
  const rows = entries.flatMap(({ connectionId, at, entry }) => {
    const chain = chainOf.get(connectionId);
    if (!chain) throw new Error(`connection ${connectionId} has no audit chain`);
    return chain.add(entry, at);
  });
  await sql`
    insert into audit (${sql.join(Object.keys(columns).map((name) => sql.ref(name)))})
    select ${sql.join(Object.keys(columns).map((name) => sql.ref(`v.${name}`)))}
    from ${dialect.rows(columns, rows)}`.execute(queries);
  const ends = [...chainOf.values()].map((chain) => chain.end());
  await sql`
    update audit_heads set seq = v.seq, hash = v.hash, mac = v.mac, key_id = v.key_id
    from ${dialect.rows(headColumns, ends)} where audit_heads.connection_id = v.connection_id`.execute(
    queries,
  );
}

/** A chain while rows are added to it. */
class Chain {
  readonly #head: AuditHead;
  #found: ChainMark | null;

  constructor(
    private readonly seal: AuditSeal,
    found: ChainMark,
  ) {
    const { connectionId, seq, hash } = found;
    this.#head = { connectionId, seq, hash };
    this.#found = found;
  }

  /**
   * With a row before it where the end was not left by us: the sync does not stop for somebody who tampers with the
   * log, and the log does not hide it.
   */
  add(entry: AuditEntry, at: number): AuditTableRow[] {
    const doubt = this.#found && doubtOf(this.seal, this.#found);
    this.#found = null;
    return [...(doubt ? [this.#row(doubt, at)] : []), this.#row(entry, at)];
  }

  end(): AuditHeadRow {
    const { connectionId, seq, hash } = this.#head;
    return {
      connection_id: connectionId,
      seq,
      hash,
      mac: headMac(this.seal, this.#head),
      key_id: this.seal.keyId,
    };
  }

  #row({ kind, linkId, detail, by = 'sync' }: AuditEntry, at: number): AuditTableRow {
    const { connectionId, hash: prevHash } = this.#head;
    const seq = this.#head.seq + 1;
    const text = canonicalJson(detail);
    const ofDetail = detailHash(this.seal, text);
    const hash = rowHash(this.seal, {
      connectionId,
      seq,
      at,
      kind,
      linkId,
      by,
      prevHash,
      detailHash: ofDetail,
    });
    this.#head.seq = seq;
    this.#head.hash = hash;
    return {
      connection_id: connectionId,
      seq,
      at,
      kind,
      link_id: linkId,
      detail: text,
      prev_hash: prevHash,
      hash,
      actor: by,
      detail_hash: ofDetail,
      key_id: this.seal.keyId,
      erased_at: null,
      erasure_mac: null,
    };
  }
}

function doubtOf(seal: AuditSeal, found: ChainMark): AuditEntry | null {
  if (found.keyId !== seal.keyId) {
    return { kind: KEY_CHANGED, linkId: null, detail: { before: found.keyId, after: seal.keyId } };
  }
  if (found.mac === headMac(seal, found)) return null;
  return { kind: HEAD_MISMATCH, linkId: null, detail: { seq: found.seq, hash: found.hash } };
}

export function createAuditStore(context: StoreContext): AuditStore {
  const page = async (connectionId: string, { afterSeq = 0, beforeSeq, limit, linkId }: ListOptions) =>
    await context.read(async (queries) => {
      let query = queries
        .selectFrom('audit')
        .selectAll()
        .where('connection_id', '=', connectionId)
        .where('seq', '>', afterSeq);
      if (linkId !== undefined) query = query.where('link_id', '=', linkId);
      if (beforeSeq !== undefined) query = query.where('seq', '<', beforeSeq);
      return await query
        .orderBy('seq', beforeSeq === undefined ? 'asc' : 'desc')
        .limit(limit)
        .execute();
    });
  const headOf = async (connectionId: string): Promise<ChainMark | null> => {
    const row = await context.read(
      async (queries) =>
        await queries
          .selectFrom('audit_heads')
          .selectAll()
          .where('connection_id', '=', connectionId)
          .executeTakeFirst(),
    );
    return row ? markFromRow(row) : null;
  };
  return {
    ...createArchive(context),
    heads: async (connectionIds) => {
      if (connectionIds.length === 0) return new Map();
      const { rows } = await context.read(
        async (queries) =>
          await sql<Pick<AuditHeadRow, 'connection_id' | 'seq'>>`
            select connection_id, seq from audit_heads
            where connection_id ${context.dialect.anyOf(connectionIds)}`.execute(queries),
      );
      return new Map(rows.map(({ connection_id, seq }) => [connection_id, seq]));
    },
    anchor: async (connectionId, now) => anchorOfEnd(context.seal, await headOf(connectionId), now),
    list: async (connectionId, options) => (await page(connectionId, options)).map(auditFromRow),
    verify: async (connectionId, options) =>
      await verifyChain(
        {
          head: async () => await headOf(connectionId),
          checkpoint: async () =>
            await context.read(async (queries) => await checkpointOf(queries, connectionId)),
          page: async (afterSeq, limit) => (await page(connectionId, { afterSeq, limit })).map(chainRowOf),
        },
        { ...options, seal: context.seal, connectionId },
      ),
  };
}

const markFromRow = ({ connection_id, key_id, seq, hash, mac }: AuditHeadRow): ChainMark => ({
  connectionId: connection_id,
  seq,
  hash,
  mac,
  keyId: key_id,
});
