import { resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect, sql } from 'kysely';
import { StoreError, SyncError } from '../../errors';
import type { Random } from '../../ports';
import type { Database } from '../database';
import { faultOf } from '../errors';
import { isCurrent, migrate } from '../migrations/migrate';
import type { SqliteOptions, StoreOptions } from '../options';
import type { Backend } from '../store';
import { sqliteDialect } from './dialect';
import { NodeSqliteDatabase } from './driver';
import { APPLICATION_ID, markOpen, prepareFile, prepareFolder, removeEmpty, watchPlace } from './file';

type Opening = Pick<StoreOptions, 'random' | 'warn'>;

/** A wait for another process's commit holds up all of n8n, so it is short; the writer tries again after it. */
const BUSY_TIMEOUT_MS = 20;
const OPEN_MS = 15_000;
const BEGIN = 'begin immediate';

/** Opens the file, making it and its folder when missing, readable by its owner only. */
export async function openSqlite(options: SqliteOptions & Opening): Promise<Backend> {
  const path = resolve(options.path);
  const warn = options.warn ?? (() => {});
  const closing: (() => void)[] = [];
  const open = async () => {
    closing.push(markOpen(path));
    const handle = new NodeSqliteDatabase(await connect(path));
    closing.push(() => handle.close());
    return handle;
  };
  const close = () =>
    closing
      .splice(0)
      .reverse()
      .forEach((undo) => undo());
  let made = false;
  try {
    prepareFolder(path, options.home, warn);
    made = await prepareFile(path, warn);
    const handle = await open();
    const writing = kyselyOf(handle);
    await retryBusy(options.random, async () => {
      if (made) handle.database.exec(`pragma application_id = ${APPLICATION_ID}`);
      await prepare(writing, path);
    });
    // Reads have a handle of their own: they never see what is not committed yet.
    const reading = kyselyOf(await open());
    await sql`pragma query_only = on`.execute(reading);
    return {
      dialect: sqliteDialect,
      location: path,
      // One file, one machine.
      now: Date.now,
      writing,
      begin: BEGIN,
      beforeCommit: watchPlace(path),
      read: async (query) => await query(reading),
      close: async () => close(),
      closeSync: close,
    };
  } catch (error) {
    close();
    if (made) removeEmpty(path);
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

async function prepare(writing: Kysely<Database>, location: string): Promise<void> {
  await sql`pragma journal_mode = wal`.execute(writing);
  if (await isCurrent(async (query) => await query(writing), location)) return;
  await sql.raw(BEGIN).execute(writing);
  try {
    await migrate(writing, { dialect: sqliteDialect, location, now: Date.now() });
    await sql`commit`.execute(writing);
  } catch (error) {
    await sql`rollback`.execute(writing).catch(() => undefined);
    throw unchanged(error);
  }
}

async function retryBusy(random: Random, work: () => Promise<void>): Promise<void> {
  const end = performance.now() + OPEN_MS;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (!sqliteDialect.isTransient(error) || performance.now() > end) throw unchanged(error);
      await new Promise((wake) => setTimeout(wake, 10 + 40 * random.next()));
    }
  }
}

const unchanged = (error: unknown): unknown => error;

const NOT_A_DATABASE = 26;
const CORRUPT = 11;
const CANNOT_OPEN = 14;
const READ_ONLY = 8;
const IO_ERROR = 10;
const FULL = 13;

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
      return ['it is a folder', 'Move the folder away.'];
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
        'Stop n8n, restore the file from a backup, and start n8n again.',
      ];
    case FULL:
    case IO_ERROR:
      return [message, 'Look at the disk: it may be full, or broken.'];
    case CANNOT_OPEN:
    case READ_ONLY:
      return [message, rights];
  }
  return [message, 'Check the path and the disk.'];
}
