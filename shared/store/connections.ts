import { sql } from 'kysely';
import { NotFoundError, StoreError } from '../errors';
import type { Actor, Binding, Connection, ConnectionStore } from '../ports';
import { connectionChanged, connectionCreated, connectionRebound } from './acts';
import { appendAudit, beginChain, STORE_CHAIN } from './audit';
import type { StoreContext } from './context';
import type { ConnectionRow, Queries } from './database';
import { otherAddress, reboundMeanwhile } from './refusals';
import { connectionFromRow, credentialColumns } from './rows';
import { single } from './writer';

interface CreateInput {
  connection: Connection;
  by: Actor;
}

type Patch = Parameters<ConnectionStore['update']>[1];

interface RebindInput {
  id: string;
  binding: Binding;
  by: Actor;
  now: number;
}

interface UpdateInput {
  id: string;
  patch: Patch;
  now: number;
  by: Actor;
}

export function createConnectionStore(context: StoreContext): ConnectionStore {
  const create = single('connections', async ({ queries }, { connection, by }: CreateInput) => {
    const { numInsertedOrUpdatedRows } = await queries
      .insertInto('connections')
      .values({
        id: connection.id,
        created_at: connection.createdAt,
        base_url: connection.binding.baseUrl,
        ...credentialColumns(connection.binding),
        ...columnsOf(connection),
      } as ConnectionRow)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (!numInsertedOrUpdatedRows) {
      // Somebody else's insert has been waited for by now, so that it can be seen.
      const row = await ofCompany(queries, connection).executeTakeFirst();
      if (row) return { connection: connectionFromRow(row), created: false };
      throw new StoreError(`There is a connection ${connection.id} already`);
    }
    for (const chain of [STORE_CHAIN, connection.id]) await beginChain(context, queries, chain);
    const { id, createdAt: at } = connection;
    const entry = connectionCreated(connection, by);
    // In the store's own chain as well, which tells of connections that are there no more.
    await appendAudit(context, queries, [
      { connectionId: STORE_CHAIN, at, entry },
      { connectionId: id, at, entry },
    ]);
    return { connection, created: true };
  });
  const rebind = single('connections', async ({ queries }, { id, binding, by, now }: RebindInput) => {
    const row = await queries.selectFrom('connections').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw new NotFoundError(`There is no connection ${id} in this store`);
    const connection = connectionFromRow(row);
    if (binding.baseUrl !== row.base_url) throw otherAddress(connection);
    const { numUpdatedRows } = await queries
      .updateTable('connections')
      .set(credentialColumns(binding))
      .where('id', '=', id)
      .where('credential_id', '=', row.credential_id)
      .where('app', '=', row.app)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw reboundMeanwhile(connection);
    const entry = connectionRebound(connection.binding, binding, by);
    await appendAudit(context, queries, [{ connectionId: id, at: now, entry }]);
    return { ...connection, binding };
  });
  const update = single('connections', async (tx, { id, patch, now, by }: UpdateInput) => {
    const columns = columnsOf(patch);
    const before = await find(context, tx.queries, id);
    if (Object.keys(columns).length > 0) {
      await tx.queries.updateTable('connections').set(columns).where('id', '=', id).execute();
    }
    const entry = connectionChanged(before, patch, by);
    if (entry) await appendAudit(context, tx.queries, [{ connectionId: id, at: now, entry }]);
    if ((patch.state ?? before.state) === 'active') tx.wake();
  });
  return {
    create: async (connection, by = 'sync') => await context.write(create, { connection, by }),
    update: async (id, patch, { now, by = 'sync' }) => await context.write(update, { id, patch, now, by }),
    get: async (id) => {
      const row = await context.read(
        async (queries) =>
          await queries.selectFrom('connections').selectAll().where('id', '=', id).executeTakeFirst(),
      );
      return row ? connectionFromRow(row) : null;
    },
    list: async () => {
      const rows = await context.read(
        async (queries) =>
          await queries.selectFrom('connections').selectAll().orderBy('created_at').orderBy('id').execute(),
      );
      return rows.map(connectionFromRow);
    },
    rebind: async (id, binding, options) => await context.write(rebind, { id, binding, ...options }),
    bound: async (access) => {
      const { credentialId } = access.binding;
      const row = await context.read(
        async (queries) =>
          await ofCompany(queries, access).where('credential_id', '=', credentialId).executeTakeFirst(),
      );
      return row ? connectionFromRow(row) : null;
    },
    heardBy: async ({ provider, binding }, tenantIds) => {
      const rows = await context.read(
        async (queries) =>
          await queries
            .selectFrom('connections')
            .selectAll()
            .where(sql<boolean>`tenant_id ${context.dialect.anyOf(tenantIds)}`)
            .where('base_url', '=', binding.baseUrl)
            .where('provider', '=', provider)
            .where(({ eb, or }) =>
              or([eb('credential_id', '=', binding.credentialId), eb('app', '=', binding.app)]),
            )
            .orderBy('created_at')
            .orderBy('id')
            .execute(),
      );
      return rows.map(connectionFromRow);
    },
  };
}

/** Whatever credential the connection is bound to. */
const ofCompany = (
  queries: Queries,
  { provider, tenantId, binding }: Pick<Connection, 'provider' | 'tenantId' | 'binding'>,
) =>
  queries
    .selectFrom('connections')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('base_url', '=', binding.baseUrl)
    .where('provider', '=', provider);
/** Held until the end of the transaction. */
async function find({ dialect }: StoreContext, queries: Queries, id: string): Promise<Connection> {
  const { rows } = await sql<ConnectionRow>`
    select * from connections where id = ${id} ${dialect.forUpdate}`.execute(queries);
  if (!rows[0]) throw new NotFoundError(`There is no connection ${id} in this store`);
  return connectionFromRow(rows[0]);
}

/** Only what is given. */
function columnsOf(patch: Partial<Omit<Connection, 'trouble'>> & Patch): Partial<ConnectionRow> {
  return {
    ...(patch.name === undefined ? {} : { name: patch.name }),
    ...(patch.provider === undefined ? {} : { provider: patch.provider }),
    ...(patch.tenantId === undefined ? {} : { tenant_id: patch.tenantId }),
    ...(patch.state === undefined ? {} : { state: patch.state }),
    ...(patch.pausedReason === undefined ? {} : { paused_reason: patch.pausedReason }),
    ...(patch.resumeAt === undefined ? {} : { resume_at: patch.resumeAt }),
    ...(patch.settings === undefined ? {} : { settings: JSON.stringify(patch.settings) }),
    ...(patch.trouble === undefined ? {} : { trouble: patch.trouble && JSON.stringify(patch.trouble) }),
  };
}
