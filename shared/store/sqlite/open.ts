import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect, sql } from 'kysely';
import { StoreError, SyncError } from '../../errors';
import type { Random } from '../../ports';
import type { Database } from '../database';
import { faultOf } from '../errors';
import { isCurrent, migrate } from '../migrations/migrate';
import type { SqliteOptions } from '../options';
import type { Backend } from '../store';
import { sqliteDialect } from './dialect';
import { NodeSqliteDatabase } from './driver';

/** A wait for another process's commit blocks this one, so it is short; the writer tries again after it. */
const BUSY_TIMEOUT_MS = 250;
const OPEN_ATTEMPTS = 60;

/** Opens the file, making it and its folder when missing, readable by its owner only. */
export async function openSqlite(options: SqliteOptions & { random: Random }): Promise<Backend> {
  const path = resolve(options.path);
  const handles: NodeSqliteDatabase[] = [];
  const open = async () => {
    const handle = new NodeSqliteDatabase(await connect(path));
    handles.push(handle);
    return handle;
  };
  const close = () => handles.forEach((handle) => handle.close());
  try {
    makeFile(path);
    const writing = kyselyOf(await open());
    await retryBusy(options.random, async () => await prepare(writing, path));
    // Reads have a handle of their own: they never see what is not committed yet.
    const reading = kyselyOf(await open());
    await sql`pragma query_only = on`.execute(reading);
    return {
      dialect: sqliteDialect,
      location: path,
      // One file, one machine.
      now: Date.now,
      writing,
      reading,
      close: async () => close(),
      closeSync: close,
    };
  } catch (error) {
    close();
    throw openingError(error, path);
  }
}

function kyselyOf(database: NodeSqliteDatabase): Kysely<Database> {
  return new Kysely<Database>({ dialect: new SqliteDialect({ database }) });
}

async function connect(path: string): Promise<DatabaseSync> {
  const sqlite = await import('node:sqlite');
  const database = new sqlite.DatabaseSync(path, { enableForeignKeyConstraints: true });
  try {
    database.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}; pragma synchronous = full;`);
    return database;
  } catch (error) {
    database.close();
    throw openingError(error, path);
  }
}

function makeFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // SQLite gives its side files the mode of the database.
  closeSync(openSync(path, 'a', 0o600));
}

async function prepare(writing: Kysely<Database>, location: string): Promise<void> {
  await sql`pragma journal_mode = wal`.execute(writing);
  if (await isCurrent(writing, location)) return;
  await sql.raw(sqliteDialect.begin).execute(writing);
  try {
    await migrate(writing, { dialect: sqliteDialect, location, now: Date.now() });
    await sql`commit`.execute(writing);
  } catch (error) {
    await sql`rollback`.execute(writing).catch(() => undefined);
    throw unchanged(error);
  }
}

async function retryBusy(random: Random, work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work();
      return;
    } catch (error) {
      if (!sqliteDialect.isTransient(error) || attempt >= OPEN_ATTEMPTS) throw unchanged(error);
      await new Promise((wake) => setTimeout(wake, 10 + 40 * random.next()));
    }
  }
}

const unchanged = (error: unknown): unknown => error;

const NOT_A_DATABASE = 26;
const CORRUPT = 11;
const CANNOT_OPEN = 14;
const READ_ONLY = 8;

/** Why a database file cannot be opened, for people; names the path. */
export function openingError(error: unknown, path: string): SyncError {
  if (error instanceof SyncError) return error;
  const fault = faultOf(error);
  const [reason, nextStep] = explain(fault);
  return new StoreError(`The store at ${path} cannot be opened: ${reason}`, {
    nextStep,
    retryable: sqliteDialect.isTransient(error),
    cause: error,
  });
}

function explain({ code, errcode, message }: ReturnType<typeof faultOf>): [reason: string, nextStep: string] {
  const rights = 'Choose a folder that n8n may write to, or correct its owner and rights.';
  switch (code) {
    case 'ERR_UNKNOWN_BUILTIN_MODULE':
      return ['this version of Node has no SQLite', 'Use Node 22.16 or newer, or a PostgreSQL store.'];
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return [`n8n has no right to write there (${code})`, rights];
    case 'EISDIR':
      return ['it is a folder', 'Name the file of the database, such as accounting-sync.sqlite.'];
    case 'ENOTDIR':
    case 'EEXIST':
      return ['part of the path is a file and not a folder', 'Correct the path.'];
    case 'ENOSPC':
      return ['the disk is full', 'Free some space.'];
  }
  switch (errcode & 0xff) {
    case NOT_A_DATABASE:
    case CORRUPT:
      return [
        `the file is not a database or is damaged (${message})`,
        'Restore the file from a backup, or move it away to start an empty store.',
      ];
    case CANNOT_OPEN:
    case READ_ONLY:
      return [message, rights];
  }
  return [message, 'Check the path and the disk.'];
}
