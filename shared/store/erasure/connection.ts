import { sql } from 'kysely';
import { NotFoundError } from '../../errors';
import type { Actor, ErasedCounts, ErasureStore } from '../../ports';
import { connectionErased, erasureBegun } from '../acts';
import { appendAudit, STORE_CHAIN } from '../audit';
import { withAuditOpen } from '../auditArchive';
import type { StoreContext } from '../context';
import type { AuditHeadRow, Queries } from '../database';
import { single } from '../writer';
import { changedBy, eraseDetails } from './auditRows';

/** Why a connection is paused whose data goes: it must not be resumed. */
export const ERASING = 'Its data is being erased. Run Store: Erase again if it was interrupted.';

/** Records per transaction; everything of a record goes with it. */
const BATCH = 200;

/** Tables whose rows belong to a connection and to nothing that goes before them, in the order in which they go. */
const OF_CONNECTION = [
  'app_record_keys',
  'app_records',
  'notices',
  'notice_heads',
  'notice_places',
  'policies',
  'checkpoints',
  'usage',
  'audit_states',
  'audit_checkpoints',
] as const;

/** Tables whose rows belong to a link. */
const OF_LINK = ['notices', 'events', 'intents', 'conflicts', 'decision_links'] as const;

interface Input {
  id: string;
  now: number;
  by: Actor;
}

export function createConnectionErasure(context: StoreContext): ErasureStore['connection'] {
  const begin = single('erasure', async ({ queries }, input: Input) => await begun(context, queries, input));
  const links = single('erasure', async ({ queries }, id: string) => await eraseLinks(context, queries, id));
  const finish = single('erasure', async ({ queries }, input: FinishInput) => {
    await finished(context, queries, input);
  });
  return async (id, { now, by, dryRun }) => {
    const counts = await context.read(async (queries) => await countAll(queries, id));
    if (dryRun) return counts;
    await context.write(begin, { id, now, by });
    let count = BATCH;
    while (count === BATCH) count = await context.write(links, id);
    await context.write(finish, { id, now, by, counts });
    return counts;
  };
}

type FinishInput = Input & { counts: ErasedCounts };

async function countAll(queries: Queries, id: string): Promise<ErasedCounts> {
  const connection = await queries
    .selectFrom('connections')
    .select('id')
    .where('id', '=', id)
    .executeTakeFirst();
  if (!connection) throw new NotFoundError(`There is no connection ${id} in this store`);
  const counts: ErasedCounts = {};
  for (const table of new Set(['links', ...OF_LINK, ...OF_CONNECTION, 'audit'])) {
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from ${sql.table(table)} where connection_id = ${id}`.execute(queries);
    counts[table] = rows[0]!.count;
  }
  return counts;
}

/** Nothing is worked on any more, and it is on record that somebody began, whatever comes of it. */
async function begun(context: StoreContext, queries: Queries, { id, now, by }: Input): Promise<void> {
  await queries
    .updateTable('connections')
    .set({
      state: 'paused',
      paused_reason: ERASING,
    })
    .where('id', '=', id)
    .execute();
  const head = await headOf(queries, id);
  const entry = erasureBegun({ id, seq: head?.seq ?? 0, hash: head?.hash ?? '' }, by);
  await appendAudit(context, queries, [{ connectionId: STORE_CHAIN, at: now, entry }]);
}

const headOf = async (queries: Queries, id: string): Promise<AuditHeadRow | undefined> =>
  await queries.selectFrom('audit_heads').selectAll().where('connection_id', '=', id).executeTakeFirst();

/** The next links, with all that belongs to them. A worker who has one of them loses it. */
async function eraseLinks(
  { dialect }: StoreContext,
  queries: Queries,
  connectionId: string,
): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    select id from links where connection_id = ${connectionId} order by id limit ${BATCH} ${dialect.forUpdate}`.execute(
    queries,
  );
  if (rows.length === 0) return 0;
  const links = dialect.anyOf(rows.map(({ id }) => id));
  for (const table of OF_LINK)
    await sql`delete from ${sql.table(table)} where link_id ${links}`.execute(queries);
  await sql`update links set replaced_by = null where replaced_by ${links}`.execute(queries);
  await sql`delete from links where id ${links}`.execute(queries);
  return rows.length;
}

async function finished(context: StoreContext, queries: Queries, input: FinishInput): Promise<void> {
  const { id, counts, now, by } = input;
  // What was queued meanwhile. Nothing more can be once the connection is held.
  await sql`select id from connections where id = ${id} ${context.dialect.forUpdate}`.execute(queries);
  for (let count = BATCH; count === BATCH; ) count = await eraseLinks(context, queries, id);
  for (const table of OF_CONNECTION) {
    await sql`delete from ${sql.table(table)} where connection_id = ${id}`.execute(queries);
  }
  await sql`delete from event_counts where connection_id = ${id}`.execute(queries);
  const head = await headOf(queries, id);
  await withAuditOpen(queries, id, async () => {
    await queries.deleteFrom('audit').where('connection_id', '=', id).execute();
    await queries.deleteFrom('audit_heads').where('connection_id', '=', id).execute();
  });
  await queries.deleteFrom('connections').where('id', '=', id).execute();
  await eraseName(context, queries, id, now);
  const entry = connectionErased({ id, counts, seq: head?.seq ?? 0, hash: head?.hash ?? '' }, by);
  await appendAudit(context, queries, [{ connectionId: STORE_CHAIN, at: now, entry }]);
}

/** The store's own chain goes on naming the connection by its id, and by nothing else. */
async function eraseName(context: StoreContext, queries: Queries, id: string, now: number): Promise<void> {
  await sql`select seq from audit_heads where connection_id = ${STORE_CHAIN} ${context.dialect.forUpdate}`.execute(
    queries,
  );
  const rows = await queries
    .selectFrom('audit')
    .selectAll()
    .where('connection_id', '=', STORE_CHAIN)
    .where('kind', '=', 'connection_created')
    .execute();
  const changes = changedBy(rows, (detail) => (detail['id'] === id ? { id } : detail));
  await eraseDetails(context, queries, STORE_CHAIN, changes, now);
}
