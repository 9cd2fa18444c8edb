import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import type { StoreLocation } from '../../../shared/store';
import { startPostgres, type RunningPostgres } from '../../support/postgres';

/** Whoever has the database itself, and not only the store. */
export interface Owner {
  run(statement: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** An empty database of one kind, and the way to it past the store. */
export interface Place {
  location: StoreLocation;
  owner: Owner;
  /** Takes away what makes the database refuse changes of the audit. */
  dropGuards(): Promise<void>;
  dispose(): Promise<void>;
}

export async function onSqlite(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'accounting-sync-place-'));
  const path = join(folder, 'store.sqlite');
  let database: DatabaseSync | undefined;
  const run = async (statement: string) =>
    (database ??= new DatabaseSync(path)).prepare(statement).all() as Record<string, unknown>[];
  return {
    location: { kind: 'sqlite', path },
    owner: { run, close: async () => database?.close() },
    dropGuards: async () => {
      const triggers = await run("select name from sqlite_master where type = 'trigger'");
      for (const { name } of triggers) await run(`drop trigger ${String(name)}`);
    },
    dispose: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

let schemas = 0;

async function onPostgres(server: RunningPostgres): Promise<Place> {
  const { host, port, database, user, password } = server;
  const schema = `place_${++schemas}`;
  const client = new Client({ host, port, database, user, password });
  await client.connect();
  await client.query(`set search_path to ${schema}`);
  const run = async (statement: string) =>
    (await client.query(statement)).rows as unknown as Record<string, unknown>[];
  return {
    location: { kind: 'postgres', host, port, database, user, password, schema, maxConnections: 3 },
    owner: { run, close: async () => client.end() },
    dropGuards: async () => {
      for (const name of ['audit_refuse', 'audit_advance']) await run(`drop function ${name} cascade`);
    },
    dispose: async () => undefined,
  };
}

/** Makes places on SQLite and on a PostgreSQL of the calling test file. */
export function usePlaces(): [name: string, make: () => Promise<Place>][] {
  let server: RunningPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(async () => await server?.stop());
  return [
    ['SQLite', onSqlite],
    ['PostgreSQL', async () => await onPostgres(server)],
  ];
}
