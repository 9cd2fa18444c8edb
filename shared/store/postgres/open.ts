import { Kysely, PostgresDialect, sql } from 'kysely';
import { Client, Pool, types, type PoolConfig } from 'pg';
import { StoreError, SyncError } from '../../errors';
import type { Random } from '../../ports';
import type { Database } from '../database';
import { faultOf } from '../errors';
import { isCurrent, migrate } from '../migrations/migrate';
import { DEFAULT_SCHEMA, describeLocation, type PostgresOptions } from '../options';
import type { Backend } from '../store';
import { postgresDialect } from './dialect';
import { Announcer } from './announcer';
import { databaseTime } from './time';

const CONNECT_TIMEOUT_MS = 10_000;
const OPEN_ATTEMPTS = 5;
/** First half of the advisory lock's key; the second is the schema's. */
const MIGRATION_LOCK = 0x61637379;

/** Connects, and makes the schema when it is missing. */
export async function openPostgres(options: PostgresOptions & { random: Random }): Promise<Backend> {
  const location = describeLocation(options);
  const schema = options.schema ?? DEFAULT_SCHEMA;
  const pool = new Pool({
    ...clientConfig(options),
    max: options.maxConnections ?? 10,
    allowExitOnIdle: true,
  });
  // A connection that breaks is replaced by the pool, and a query under way on it is refused by itself; without
  // listeners, for the idle ones and for those in use, it would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const kysely = new Kysely<Database>({
    dialect: new PostgresDialect({
      pool,
      onCreateConnection: async (connection) => {
        await connection.executeQuery(sql.raw(sessionSettings(schema)).compile(kysely));
      },
    }),
  });
  let now: () => number;
  try {
    await retryTransient(options.random, async () => await prepare(kysely, schema, location));
    now = await databaseTime(async () => await timeOf(kysely), Date.now);
  } catch (error) {
    await kysely.destroy();
    throw openingError(error, options);
  }
  const announcer = new Announcer({
    pool,
    channel: `${schema}_appended`,
    connect: () => new Client(clientConfig(options)),
  });
  return {
    dialect: postgresDialect,
    location,
    now,
    writing: kysely,
    reading: kysely,
    announce: () => announcer.announce(),
    subscribe: (listener) => announcer.subscribe(listener),
    close: async () => {
      await announcer.close();
      await kysely.destroy();
    },
  };
}

/**
 * Every query of ours goes by an index. A planner that has no statistics yet, in the middle of the first
 * backfill, would rather read whole tables.
 */
function sessionSettings(schema: string): string {
  const off = ['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin'].map(
    (method) => `set enable_${method} = off`,
  );
  return [`set search_path to "${schema.replaceAll('"', '""')}"`, ...off].join('; ');
}

function clientConfig({ host, port, database, user, password, ssl }: PostgresOptions): PoolConfig {
  return {
    host,
    port,
    database,
    user,
    password,
    ssl: ssl ?? false,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'accounting-sync',
    types: { getTypeParser: parserOf as typeof types.getTypeParser },
  };
}

/** int8 and the numeric of sums as numbers; one that a number cannot hold exactly is refused. */
function parserOf(oid: number, format?: 'text' | 'binary'): unknown {
  if (oid !== types.builtins.INT8 && oid !== types.builtins.NUMERIC) {
    return types.getTypeParser(oid, format as 'text');
  }
  return (text: string) => {
    const number = Number(text);
    if (!Number.isSafeInteger(number))
      throw new StoreError(`The number ${text} in the store is out of range`);
    return number;
  };
}

async function prepare(kysely: Kysely<Database>, schema: string, location: string): Promise<void> {
  await sql`select 1`.execute(kysely); // a database that is not there is told apart from an empty one
  if (await isCurrent(kysely, location)) return;
  await kysely.transaction().execute(async (queries) => {
    await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK}::int, hashtext(${schema}))`.execute(queries);
    const { rows } = await sql`select 1 from pg_namespace where nspname = ${schema}`.execute(queries);
    // Whoever may not create schemas can be given one.
    if (rows.length === 0) await sql`create schema ${sql.id(schema)}`.execute(queries);
    await migrate(queries, { dialect: postgresDialect, location, now: Date.now() });
  });
}

async function timeOf(kysely: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ now: number }>`
    select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(kysely);
  return rows[0]?.now ?? Date.now();
}

async function retryTransient(random: Random, work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work();
      return;
    } catch (error) {
      const refused = faultOf(error).code === 'ECONNREFUSED';
      if (refused || !postgresDialect.isTransient(error) || attempt >= OPEN_ATTEMPTS) throw unchanged(error);
      await new Promise((wake) => setTimeout(wake, 100 * attempt * random.next()));
    }
  }
}

const unchanged = (error: unknown): unknown => error;

function openingError(error: unknown, options: PostgresOptions): SyncError {
  if (error instanceof SyncError) return error;
  const [reason, nextStep] = explain(faultOf(error), options);
  return new StoreError(`The store at ${describeLocation(options)} cannot be opened: ${reason}`, {
    nextStep,
    retryable: postgresDialect.isTransient(error),
    cause: error,
  });
}

function explain({ code, message }: ReturnType<typeof faultOf>, options: PostgresOptions): [string, string] {
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return [`no host of this name was found (${code})`, 'Correct the host.'];
    case 'ECONNREFUSED':
      return ['nothing answers there', 'Check host and port, and that PostgreSQL is running.'];
    case '28P01':
    case '28000':
      return [`user ${options.user} was not let in`, 'Correct user and password.'];
    case '3D000':
      return [`there is no database ${options.database}`, 'Create the database, or correct its name.'];
    case '42501':
      return [
        message,
        `Grant user ${options.user} the right to create tables in schema ${options.schema ?? DEFAULT_SCHEMA}.`,
      ];
  }
  return [message, 'Check host, port, database and TLS settings.'];
}
