import { sql } from 'kysely';
import { StaleVersionError } from '../errors';
import type { AppRecord, AppRecordStore } from '../ports';
import { sha256 } from '../schema/canonicalJson';
import type { Fields } from '../schema/entity';
import type { StoreContext } from './context';
import type { AppRecordRow, Queries } from './database';
import { insertEvents, unknownConnection } from './queue/append';
import { appRecordFromRow } from './rows';
import { single } from './writer';

type WriteOptions = Parameters<AppRecordStore['write']>[1];
type WriteInput = { record: Parameters<AppRecordStore['write']>[0]; options: WriteOptions };
type ListFilter = Parameters<AppRecordStore['list']>[2];

const keyColumns = {
  connection_id: 'text',
  entity: 'text',
  record_id: 'text',
  field: 'text',
  token: 'text',
} as const;

const MAX_PLAIN_TOKEN = 80;

/** What a text is looked up by: itself when short, else its hash. JSON keeps odd characters out of the index. */
const tokenOf = (value: string): string =>
  value.length <= MAX_PLAIN_TOKEN ? JSON.stringify(value) : sha256(value);

export function createAppRecordStore(context: StoreContext): AppRecordStore {
  const write = writeCommand(context);
  const { dialect } = context;
  const getMany = async (connectionId: string, entity: string, ids: readonly string[]) => {
    if (ids.length === 0) return [];
    const { rows } = await context.read(
      async (queries) =>
        await sql<AppRecordRow>`
          select * from app_records
          where connection_id = ${connectionId} and entity = ${entity} and id ${dialect.anyOf(ids)}`.execute(
          queries,
        ),
    );
    return rows.map(appRecordFromRow);
  };
  return {
    get: async (connectionId, entity, id) => (await getMany(connectionId, entity, [id]))[0] ?? null,
    getMany: async (connectionId, entity, ids) =>
      new Map((await getMany(connectionId, entity, ids)).map((record) => [record.id, record])),
    list: async (connectionId, entity, filter) =>
      await context.read(async (queries) => await list(queries, connectionId, entity, filter)),
    write: async (record, options) => await context.write(write, { record, options }),
  };
}

async function list(queries: Queries, connectionId: string, entity: string, filter: ListFilter) {
  const { afterId, limit, states, naturalKey = {} } = filter;
  let query = queries
    .selectFrom('app_records as record')
    .selectAll('record')
    .where('record.connection_id', '=', connectionId)
    .where('record.entity', '=', entity);
  if (afterId !== undefined) query = query.where('record.id', '>', afterId);
  if (states !== undefined) query = query.where('record.state', 'in', [...states]);
  // In the words of the index, which passes over all that were ever deleted.
  if (states?.includes('deleted') === false) query = query.where(sql<boolean>`record.state <> 'deleted'`);
  for (const [field, value] of Object.entries(naturalKey)) {
    query = query.where('record.id', 'in', (inner) =>
      inner
        .selectFrom('app_record_keys as key')
        .select('key.record_id')
        .where('key.connection_id', '=', connectionId)
        .where('key.entity', '=', entity)
        .where('key.field', '=', field)
        .where('key.token', '=', tokenOf(value)),
    );
  }
  return (await query.orderBy('record.id').limit(limit).execute()).map(appRecordFromRow);
}

/** The record, what it is found by, and the event of an edit made by the app: one transaction. */
function writeCommand(context: StoreContext) {
  return single('appRecords', async (tx, { record, options }: WriteInput): Promise<AppRecord> => {
    const { queries } = tx;
    const { expectedVersion, event, key: writtenKey, now } = options;
    const connection = await queries
      .selectFrom('connections')
      .select('id')
      .where('id', '=', record.connectionId)
      .executeTakeFirst();
    if (!connection || (event && event.connectionId !== record.connectionId))
      throw unknownConnection(connection ? event!.connectionId : record.connectionId);
    const version = (expectedVersion ?? 0) + 1;
    const content = {
      version,
      state: record.state,
      schema_version: record.schemaVersion,
      fields: JSON.stringify(record.fields),
      updated_at: now,
      updated_by: record.updatedBy ?? null,
      ...(writtenKey === undefined ? {} : { written_key: writtenKey }),
    };
    const key = { connection_id: record.connectionId, entity: record.entity, id: record.id };
    const written =
      expectedVersion === null
        ? await queries
            .insertInto('app_records')
            .values({ ...key, ...content })
            .onConflict((conflict) => conflict.columns(['connection_id', 'entity', 'id']).doNothing())
            .returning('version')
            .executeTakeFirst()
        : await queries
            .updateTable('app_records')
            .set(content)
            .where('connection_id', '=', key.connection_id)
            .where('entity', '=', key.entity)
            .where('id', '=', key.id)
            .where('version', '=', expectedVersion)
            .returning('version')
            .executeTakeFirst();
    if (!written) throw staleRecord(record, expectedVersion);
    await putKeys(context, queries, record, expectedVersion === null);
    if (event) await insertEvents(context, tx, [{ event, now }]);
    return { ...record, version, updatedAt: now };
  });
}

function staleRecord(record: WriteInput['record'], expectedVersion: number | null): StaleVersionError {
  const reason = expectedVersion === null ? 'is there already' : `is no longer at version ${expectedVersion}`;
  return new StaleVersionError(`The app's ${record.entity} ${record.id} ${reason}`, {
    entity: record.entity,
    recordId: record.id,
    nextStep: 'Read the record again and repeat the change.',
  });
}

/** Any top-level text can be part of a natural key; the entities say which, and the store need not know. */
async function putKeys(
  { dialect }: StoreContext,
  queries: Queries,
  record: { connectionId: string; entity: string; id: string; fields: Fields },
  isNew: boolean,
): Promise<void> {
  const { connectionId, entity, id } = record;
  if (!isNew) {
    await queries
      .deleteFrom('app_record_keys')
      .where('connection_id', '=', connectionId)
      .where('entity', '=', entity)
      .where('record_id', '=', id)
      .execute();
  }
  const rows = Object.entries(record.fields).flatMap(([field, value]) =>
    typeof value === 'string'
      ? [{ connection_id: connectionId, entity, record_id: id, field, token: tokenOf(value) }]
      : [],
  );
  if (rows.length === 0) return;
  await sql`
    insert into app_record_keys (connection_id, entity, record_id, field, token)
    select v.connection_id, v.entity, v.record_id, v.field, v.token
    from ${dialect.rows(keyColumns, rows)}`.execute(queries);
}
