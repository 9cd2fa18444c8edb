import { NotFoundError, StoreError } from '../errors';
import type { Actor, Connection, ConnectionStore } from '../ports';
import { appendAudit, beginChain, STORE_CHAIN } from './audit';
import type { StoreContext } from './context';
import type { ConnectionRow } from './database';
import { connectionFromRow } from './rows';
import { single } from './writer';

interface CreateInput {
  connection: Connection;
  by: Actor;
}

type Patch = Parameters<ConnectionStore['update']>[1];

export function createConnectionStore(context: StoreContext): ConnectionStore {
  const create = single('connections', async ({ queries }, { connection, by }: CreateInput) => {
    const { numInsertedOrUpdatedRows } = await queries
      .insertInto('connections')
      .values({
        id: connection.id,
        created_at: connection.createdAt,
        ...columnsOf(connection),
      } as ConnectionRow)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst();
    if (!numInsertedOrUpdatedRows) throw new StoreError(`There is a connection ${connection.id} already`);
    for (const chain of [STORE_CHAIN, connection.id]) await beginChain(context, queries, chain);
    const { id, name, provider, tenantId, settings, createdAt: at } = connection;
    const entry = {
      kind: 'connection_created',
      linkId: null,
      by,
      detail: { id, name, provider, tenantId, settings },
    };
    // In the store's own chain as well, which tells of connections that are there no more.
    await appendAudit(context, queries, [
      { connectionId: STORE_CHAIN, at, entry },
      { connectionId: id, at, entry },
    ]);
  });
  const update = single('connections', async (tx, { id, patch }: { id: string; patch: Patch }) => {
    const columns = columnsOf(patch);
    if (Object.keys(columns).length > 0) {
      await tx.queries.updateTable('connections').set(columns).where('id', '=', id).execute();
    }
    const row = await tx.queries
      .selectFrom('connections')
      .select('state')
      .where('id', '=', id)
      .executeTakeFirst();
    if (!row) throw new NotFoundError(`There is no connection ${id} in this store`);
    if (row.state === 'active') tx.wake();
  });
  return {
    create: async (connection, by = 'sync') => await context.write(create, { connection, by }),
    update: async (id, patch) => await context.write(update, { id, patch }),
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
    byTenant: async (provider, tenantId) => {
      const rows = await context.read(
        async (queries) =>
          await queries
            .selectFrom('connections')
            .selectAll()
            .where('provider', '=', provider)
            .where('tenant_id', '=', tenantId)
            .orderBy('created_at')
            .orderBy('id')
            .execute(),
      );
      return rows.map(connectionFromRow);
    },
  };
}

/** Only what is given. */
function columnsOf(patch: Partial<Connection>): Partial<ConnectionRow> {
  return {
    ...(patch.name === undefined ? {} : { name: patch.name }),
    ...(patch.provider === undefined ? {} : { provider: patch.provider }),
    ...(patch.tenantId === undefined ? {} : { tenant_id: patch.tenantId }),
    ...(patch.state === undefined ? {} : { state: patch.state }),
    ...(patch.pausedReason === undefined ? {} : { paused_reason: patch.pausedReason }),
    ...(patch.resumeAt === undefined ? {} : { resume_at: patch.resumeAt }),
    ...(patch.settings === undefined ? {} : { settings: JSON.stringify(patch.settings) }),
  };
}
