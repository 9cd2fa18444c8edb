import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreLocation } from '../../../shared/store';
import type { PostgresOptions, SqliteOptions } from '../../../shared/store/options';
import { startPostgres } from '../../support/postgres';
import { fillPostgres, fillSqlite, type Filling } from './filling';

export interface Database {
  name: string;
  /** A place for a store of its own, and how it is filled past the store. */
  at(name: string): { location: StoreLocation; fill(): Promise<Filling> };
  stop(): Promise<void>;
}

async function sqlite(): Promise<Database> {
  const folder = mkdtempSync(join(tmpdir(), 'accounting-sync-bench-'));
  return {
    name: 'SQLite',
    at: (name) => {
      const location: SqliteOptions = { kind: 'sqlite', path: join(folder, `${name}.sqlite`) };
      return { location, fill: async () => fillSqlite(location) };
    },
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function postgres(): Promise<Database> {
  const { stop, ...server } = await startPostgres({ durable: true });
  return {
    name: 'PostgreSQL',
    at: (name) => {
      const location: PostgresOptions = { kind: 'postgres', ...server, schema: `bench_${name}` };
      return { location, fill: async () => await fillPostgres(location) };
    },
    stop,
  };
}

/** One after the other, so that each has the machine to itself. */
export async function onEach<T>(measure: (database: Database) => Promise<T[]>): Promise<T[]> {
  const results: T[] = [];
  for (const start of [sqlite, postgres]) {
    const database = await start();
    try {
      results.push(...(await measure(database)));
    } finally {
      await database.stop();
    }
  }
  return results;
}
