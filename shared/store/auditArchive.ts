import { sql } from 'kysely';
import type { Archived, ArchivedState, AuditStore } from '../ports';
import { checkpointMac, isOurCheckpoint, type AuditSeal, type CheckpointMark } from './auditHash';
import { replayAudit, type ReplayedLink } from './auditReplay';
import { faultOfRow, type ChainRow } from './auditVerify';
import type { StoreContext } from './context';
import type { AuditCheckpointRow, AuditTableRow, Queries } from './database';
import type { Columns } from './dialect';
import { chainRowOf, parse } from './rows';
import { single } from './writer';

interface ArchiveInput {
  connectionId: string;
  before: number;
  limit: number;
}

interface StateRow {
  connection_id: string;
  link_id: string;
  state: string;
}

const stateColumns: Columns<StateRow> = { connection_id: 'text', link_id: 'text', state: 'text' };

/** Lets the transaction change rows of the audit: the database refuses it to everybody else. */
export async function withAuditOpen(
  queries: Queries,
  connectionId: string,
  work: () => Promise<void>,
): Promise<void> {
  await queries.insertInto('audit_maintenance').values({ connection_id: connectionId }).execute();
  await work();
  await queries.deleteFrom('audit_maintenance').where('connection_id', '=', connectionId).execute();
}

export async function checkpointOf(queries: Queries, connectionId: string): Promise<CheckpointMark | null> {
  const row = await queries
    .selectFrom('audit_checkpoints')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .executeTakeFirst();
  return row ? markFromRow(row) : null;
}

const markFromRow = (row: AuditCheckpointRow): CheckpointMark => ({
  connectionId: row.connection_id,
  seq: row.seq,
  hash: row.hash,
  at: row.at,
  uncheckedTo: row.unchecked_to,
  mac: row.mac,
  keyId: row.key_id,
});

/** Rows and what they said move in one transaction, so that a replay never sees a row twice or not at all. */
export function createArchive(context: StoreContext): Pick<AuditStore, 'archive' | 'states'> {
  const archive = single(
    'archive',
    async ({ queries }, input: ArchiveInput) => await archiveSome(context, queries, input),
  );
  return {
    archive: async (connectionId, options) => await context.write(archive, { connectionId, ...options }),
    states: async (connectionId, { afterId = '', limit }) =>
      await context.read(async (queries) => {
        const rows = await queries
          .selectFrom('audit_states')
          .selectAll()
          .where('connection_id', '=', connectionId)
          .where('link_id', '>', afterId)
          .orderBy('link_id')
          .limit(limit)
          .execute();
        return rows.map(({ link_id, state }): ArchivedState => ({ linkId: link_id, state: parse(state) }));
      }),
  };
}

async function archiveSome(
  context: StoreContext,
  queries: Queries,
  { connectionId, before, limit }: ArchiveInput,
): Promise<Archived> {
  const { dialect, seal } = context;
  // Who archives or adds to the chain holds its end.
  const { rows: heads } = await sql<{ seq: number }>`
    select seq from audit_heads where connection_id = ${connectionId} ${dialect.forUpdate}`.execute(queries);
  const checkpoint = await checkpointOf(queries, connectionId);
  if (checkpoint && !isOurCheckpoint(seal, checkpoint)) return { rows: 0, isBroken: true };
  const candidates = await queries
    .selectFrom('audit')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('seq', '>', checkpoint?.seq ?? 0)
    .where('seq', '<', heads[0]?.seq ?? 0)
    .orderBy('seq')
    .limit(limit)
    .execute();
  const { old, isBroken } = oldest(seal, candidates, checkpoint, before);
  const last = old.at(-1);
  if (!last) return { rows: 0, isBroken };
  await putStates(context, queries, connectionId, old);
  await putCheckpoint(queries, nextCheckpoint(seal, checkpoint, old, last));
  await withAuditOpen(queries, connectionId, async () => {
    await queries
      .deleteFrom('audit')
      .where('connection_id', '=', connectionId)
      .where('seq', '<=', last.seq)
      .execute();
  });
  return { rows: old.length, isBroken };
}

/** Those that are old enough, as far as they hold: archiving would hide what is wrong with the others. */
function oldest(
  seal: AuditSeal,
  candidates: readonly AuditTableRow[],
  checkpoint: CheckpointMark | null,
  before: number,
): { old: ChainRow[]; isBroken: boolean } {
  const old: ChainRow[] = [];
  let last: { seq: number; hash: string } = checkpoint ?? { seq: 0, hash: '' };
  for (const row of candidates.map(chainRowOf)) {
    if (row.at >= before) break;
    if (faultOfRow(seal, row, last) !== null) return { old, isBroken: true };
    old.push(row);
    last = row;
  }
  return { old, isBroken: false };
}

function nextCheckpoint(
  seal: AuditSeal,
  before: CheckpointMark | null,
  old: readonly ChainRow[],
  { connectionId, seq, hash, at }: ChainRow,
): CheckpointMark {
  const earlier = before?.keyId === seal.keyId ? (before?.uncheckedTo ?? 0) : (before?.seq ?? 0);
  const uncheckedTo = old.findLast((row) => row.keyId !== seal.keyId)?.seq ?? earlier;
  const checkpoint = { connectionId, seq, hash, at, uncheckedTo };
  return { ...checkpoint, mac: checkpointMac(seal, checkpoint), keyId: seal.keyId };
}

async function putCheckpoint(queries: Queries, mark: CheckpointMark): Promise<void> {
  const { connectionId, seq, hash, at, uncheckedTo, mac, keyId } = mark;
  const row: AuditCheckpointRow = {
    connection_id: connectionId,
    seq,
    hash,
    at,
    unchecked_to: uncheckedTo,
    mac,
    key_id: keyId,
  };
  await queries
    .insertInto('audit_checkpoints')
    .values(row)
    .onConflict((conflict) => conflict.column('connection_id').doUpdateSet(row))
    .execute();
}

async function putStates(
  { dialect }: StoreContext,
  queries: Queries,
  connectionId: string,
  rows: readonly ChainRow[],
): Promise<void> {
  const entries = rows.map(({ linkId, detail }) => ({
    linkId,
    detail: parse<Record<string, unknown>>(detail),
  }));
  const touched = new Set(
    entries.flatMap(({ linkId, detail: { absorbed } }) => [
      ...(linkId === null ? [] : [linkId]),
      ...(typeof absorbed === 'string' ? [absorbed] : []),
    ]),
  );
  if (touched.size === 0) return;
  const ids = [...touched];
  const known = await sql<StateRow>`
    select * from audit_states where connection_id = ${connectionId} and link_id ${dialect.anyOf(ids)}`.execute(
    queries,
  );
  const before = new Map(known.rows.map((row) => [row.link_id, parse<ReplayedLink>(row.state)]));
  const states = replayAudit(entries, before);
  const gone = ids.filter((id) => !states.has(id));
  await sql`
    delete from audit_states where connection_id = ${connectionId} and link_id ${dialect.anyOf(gone)}`.execute(
    queries,
  );
  const kept = [...states].map(([link_id, state]) => ({
    connection_id: connectionId,
    link_id,
    state: JSON.stringify(state),
  }));
  if (kept.length === 0) return;
  await sql`
    insert into audit_states (connection_id, link_id, state)
    select v.connection_id, v.link_id, v.state from ${dialect.rows(stateColumns, kept)} where true
    on conflict (connection_id, link_id) do update set state = excluded.state`.execute(queries);
}
