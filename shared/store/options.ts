import { resolve } from 'node:path';
import type { Random } from '../ports';

export interface SqliteOptions {
  kind: 'sqlite';
  /** The database file; its folder is made when missing. */
  path: string;
}

export interface PostgresOptions {
  kind: 'postgres';
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
  /** As pg takes it: true, or TLS options (false). */
  ssl?: boolean | { rejectUnauthorized?: boolean; ca?: string };
  /** (`accounting_sync`) */
  schema?: string;
  /** Connections of this process, beside the one that listens (10). */
  maxConnections?: number;
}

/** Where a store is. */
export type StoreLocation = SqliteOptions | PostgresOptions;

export type StoreOptions = StoreLocation & {
  random: Random;
  /** What the audit is sealed with, kept outside the store. Absent in tools and tests: the audit is then not keyed. */
  auditKey?: string | undefined;
};

export const DEFAULT_SCHEMA = 'accounting_sync';

/** The identity of a store, without secrets: equal keys are the same store. */
export function storeKey(options: StoreLocation): string {
  if (options.kind === 'sqlite') return `sqlite:${resolve(options.path)}`;
  return `${describeLocation(options)} as ${options.user}`;
}

/** How messages name a store. */
export function describeLocation(options: StoreLocation): string {
  if (options.kind === 'sqlite') return resolve(options.path);
  const { host, port, database, schema = DEFAULT_SCHEMA } = options;
  return `postgres://${host}:${port}/${database} (schema ${schema})`;
}
