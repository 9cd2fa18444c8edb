import { Kysely, PostgresDialect, sql } from 'kysely';
import { Client } from 'pg';
import { StoreError, SyncError } from '../../errors';
import type { Random } from '../../ports';
import type { Database, Queries } from '../database';
import { faultOf } from '../errors';
import { isCurrent, migrate } from '../migrations/migrate';
import {
  checkPostgres,
  DEFAULT_SCHEMA,
  describeLocation,
  type PostgresOptions,
  type StoreLimits,
} from '../options';
import type { Backend } from '../store';
import { Announcer } from './announcer';
import { clientConfig } from './client';
import { isSilence, postgresDialect } from './dialect';
import { ConnectionPool } from './pool';
import { databaseTime } from './time';

const OPEN_ATTEMPTS = 5;
/** First half of the advisory lock's key; the second is the schema's. */
const MIGRATION_LOCK = 0x61637379;
/** A change of the schema may rewrite tables, and waits while another process makes it. */
const MIGRATION_MS = 15 * 60_000;

type Opening = PostgresOptions & { random: Random; limits: StoreLimits };

/** Connects, and makes the schema when it is missing. */
export async function openPostgres(options: Opening): Promise<Backend> {
  checkPostgres(options);
  const location = describeLocation(options);
  const schema = options.schema ?? DEFAULT_SCHEMA;
  const { kysely, begin, read } = connectTo(options, options.limits);
  let now: () => number;
  try {
    await retryTransient(options.random, async () => await prepare(options, read));
    now = await databaseTime(async () => await timeOf(read), Date.now);
  } catch (error) {
    await kysely.destroy();
    throw openingError(error, options);
  }
  const announcer = new Announcer({
    notify: async (channel, payload) => {
      await sql`select pg_notify(${channel}, ${payload})`.execute(kysely);
    },
    channel: `${schema}_appended`,
    connect: () => new Client(clientConfig(options, options.limits)),
  });
  return {
    dialect: postgresDialect,
    location,
    now,
    writing: kysely,
    begin,
    read,
    announce: () => announcer.announce(),
    subscribe: (listener) => announcer.subscribe(listener),
    close: async () => {
      await announcer.close();
      await kysely.destroy();
    },
  };
}

/**
 * A database whose transactions bring their settings along: behind a pooler, the next one may run in another
 * session. `read` is a transaction too, for the same reason.
 */
export function connectTo(options: PostgresOptions, limits: StoreLimits) {
  const kysely = new Kysely<Database>({
    dialect: new PostgresDialect({ pool: new ConnectionPool(options, limits) }),
  });
  const settings = settingsOf(options.schema ?? DEFAULT_SCHEMA, limits);
  const read: Backend['read'] = async (query) =>
    await inTransaction(kysely, `begin read only; ${settings}`, query);
  return { kysely, begin: `begin; ${settings}`, read };
}

/**
 * Limits at the server, beside where the tables are. Every query of ours goes by an index: a planner that has no
 * statistics yet, in the middle of the first backfill, would rather read whole tables.
 */
function settingsOf(schema: string, { statementMs, lockMs, idleInTransactionMs }: StoreLimits): string {
  const settings = {
    search_path: `"${schema}"`,
    statement_timeout: statementMs,
    lock_timeout: lockMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    enable_seqscan: 'off',
    enable_bitmapscan: 'off',
    enable_hashjoin: 'off',
    enable_mergejoin: 'off',
  };
  return Object.entries(settings)
    .map(([name, value]) => `set local ${name} = ${value}`)
    .join('; ');
}

async function inTransaction<T>(
  kysely: Kysely<Database>,
  begin: string,
  work: (queries: Queries) => Promise<T>,
): Promise<T> {
  return await kysely.connection().execute(async (queries) => {
    await sql.raw(begin).execute(queries);
    try {
      const result = await work(queries);
      await sql`commit`.execute(queries);
      return result;
    } catch (error) {
      await sql`rollback`.execute(queries).catch(() => undefined);
      throw unchanged(error);
    }
  });
}

/** Brings the schema up to date, in a connection of its own that is given the time for it. */
async function prepare(options: Opening, read: Backend['read']): Promise<void> {
  const location = describeLocation(options);
  const schema = options.schema ?? DEFAULT_SCHEMA;
  await read(async (queries) => await sql`select 1`.execute(queries)); // a database that is not there is told apart from an empty one
  if (await isCurrent(read, location)) return;
  const time = { statementMs: MIGRATION_MS, lockMs: MIGRATION_MS, queryMs: MIGRATION_MS };
  const { kysely, begin } = connectTo({ ...options, maxConnections: 1 }, { ...options.limits, ...time });
  try {
    await inTransaction(kysely, begin, async (queries) => {
      await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK}::int, hashtext(${schema}))`.execute(queries);
      const { rows } = await sql`select 1 from pg_namespace where nspname = ${schema}`.execute(queries);
      // Whoever may not create schemas can be given one.
      if (rows.length === 0) await sql`create schema ${sql.id(schema)}`.execute(queries);
      await migrate(queries, { dialect: postgresDialect, location, now: Date.now() });
    });
  } finally {
    await kysely.destroy();
  }
}

async function timeOf(read: Backend['read']): Promise<number> {
  const { rows } = await read(
    async (queries) =>
      await sql<{ now: number }>`
        select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(queries),
  );
  return rows[0]?.now ?? Date.now();
}

async function retryTransient(random: Random, work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work();
      return;
    } catch (error) {
      const refused = faultOf(error).code === 'ECONNREFUSED';
      if (refused || isSilence(error) || !postgresDialect.isTransient(error) || attempt >= OPEN_ATTEMPTS)
        throw unchanged(error);
      await new Promise((wake) => setTimeout(wake, 100 * attempt * random.next()));
    }
  }
}

const unchanged = (error: unknown): unknown => error;

/** Why the database cannot be used, for people; names the place. */
export function openingError(error: unknown, options: PostgresOptions): SyncError {
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
        `Grant user ${options.user} the right to create tables in schema ${options.schema ?? DEFAULT_SCHEMA}, or the right to create that schema.`,
      ];
    case '53100':
      return [message, 'Free some space on the disk of the database.'];
  }
  if (/does not support SSL/.test(message)) {
    return [
      'the server offers no TLS, and what cannot be encrypted is not sent',
      'Turn on TLS at the server, or turn it off in the settings of the store where nobody can listen in between.',
    ];
  }
  if (TLS_CODES.test(code)) {
    return [
      `the certificate of the server is not one to trust (${code})`,
      'Enter the certificate of the authority that signed it, and the host as it is named in it.',
    ];
  }
  return [message, 'Check host, port, database and TLS settings.'];
}

/** What Node says of certificates. */
const TLS_CODES = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL/;
