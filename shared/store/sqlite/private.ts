import { Kysely, SqliteDialect, sql } from 'kysely';
import type { Database } from '../database';
import { migrate } from '../migrations/migrate';
import type { Backend } from '../store';
import { sqliteDialect } from './dialect';
import { NodeSqliteDatabase } from './driver';

const LOCATION = 'a private copy in memory';

/**
 * A database that nobody else can open and that is gone when it is closed. SQLite keeps it in memory, and what does
 * not fit in a file that has no name. Reads and writes share its only handle, so that each waits for the other.
 */
export async function openPrivate(): Promise<Backend> {
  const { DatabaseSync } = await import('node:sqlite');
  const handle = new NodeSqliteDatabase(new DatabaseSync('', { enableForeignKeyConstraints: true }));
  const queries = new Kysely<Database>({ dialect: new SqliteDialect({ database: handle }) });
  // Nothing in it has to survive anything.
  await sql`pragma synchronous = off`.execute(queries);
  await sql`pragma journal_mode = memory`.execute(queries);
  await migrate(queries, { dialect: sqliteDialect, location: LOCATION, now: Date.now() });
  return {
    dialect: sqliteDialect,
    location: LOCATION,
    now: Date.now,
    writing: queries,
    begin: 'begin immediate',
    read: async (query) => await queries.connection().execute(query),
    close: async () => handle.close(),
    closeSync: () => handle.close(),
  };
}
