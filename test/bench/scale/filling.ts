import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import type { PostgresOptions, SqliteOptions } from '../../../shared/store/options';

/** Writes rows by the hundred thousand, past the store: its tables are there, and it is not open. */
export interface Filling {
  /** The numbers from `first` to `last` as a table `n(i)`, for `insert into ... select ... from`. */
  numbers(first: number, last: number): string;
  run(statement: string): Promise<void>;
  /** What a database of that age has had done to it by itself. */
  finish(): Promise<void>;
}

/** `i` as a text that sorts as the number does. */
export const padded = (i: string): string => `substr('00000000' || ${i}, -8)`;

export function fillSqlite({ path }: SqliteOptions): Filling {
  const database = new DatabaseSync(path);
  database.exec('pragma synchronous = off; pragma cache_size = -200000; pragma foreign_keys = off');
  return {
    numbers: (first, last) =>
      `(with recursive n(i) as (select ${first} union all select i + 1 from n where i < ${last}) select i from n)`,
    run: async (statement) => database.exec(statement),
    finish: async () => {
      database.exec('pragma wal_checkpoint(truncate)');
      database.close();
    },
  };
}

export async function fillPostgres(options: PostgresOptions): Promise<Filling> {
  const { host, port, database, user, password, schema } = options;
  const client = new Client({ host, port, database, user, password });
  await client.connect();
  await client.query(`set search_path to ${schema}; set synchronous_commit to off`);
  return {
    numbers: (first, last) => `(select i from generate_series(${first}, ${last}) as i) as n`,
    run: async (statement) => {
      await client.query(statement);
    },
    finish: async () => {
      await client.query('vacuum analyze');
      await client.query('checkpoint');
      await client.end();
    },
  };
}
