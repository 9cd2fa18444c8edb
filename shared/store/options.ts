import { resolve } from 'node:path';
import { StoreError } from '../errors';
import type { Random } from '../ports';

export interface SqliteOptions {
  kind: 'sqlite';
  /** The database file; its folder is made when missing. */
  path: string;
  /**
   * The folder that the file's own folder has to be in, really and not by way of a link; the store then keeps
   * that folder to its owner. Without it the path is free, for tests and tools that choose one of their own.
   */
  home?: string;
}

/** `on` checks the certificate, `unchecked` encrypts without knowing who is at the other end. */
export type TlsMode = 'on' | 'unchecked' | 'off';

export interface PostgresOptions {
  kind: 'postgres';
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
  /** (`on`; `off` where the host is this machine) */
  tls?: TlsMode;
  /** Certificates of the authorities to trust, PEM (those that Node trusts). */
  ca?: string;
  /** The certificate to show to the server, and its key, PEM. */
  cert?: string;
  key?: string;
  /** (`accounting_sync`) */
  schema?: string;
  /** Connections of this process, beside the one that listens (10). */
  maxConnections?: number;
}

/** How long anything may take, so that nothing waits for ever, and how much may wait. */
export interface StoreLimits {
  /** A write that others are in the way of, or whose server is away, is tried again for so long (10 000). */
  retryMs: number;
  /** A write whose turn has not come by then is refused (30 000). */
  queuedMs: number;
  /** Writes that may wait for their turn; more are refused at once (10 000). */
  queuedWrites: number;
  /** PostgreSQL: until a connection is open (10 000). */
  connectMs: number;
  /** PostgreSQL: for a statement, at the server (15 000). */
  statementMs: number;
  /** PostgreSQL: for a lock that another transaction holds (5 000). */
  lockMs: number;
  /** PostgreSQL: for a transaction whose client says nothing (30 000): a machine that vanished lets its locks go. */
  idleInTransactionMs: number;
  /** PostgreSQL: for an answer, at our end (20 000), for a network that swallows what is sent. */
  queryMs: number;
}

export const defaultLimits: StoreLimits = {
  retryMs: 10_000,
  queuedMs: 30_000,
  queuedWrites: 10_000,
  connectMs: 10_000,
  statementMs: 15_000,
  lockMs: 5_000,
  idleInTransactionMs: 30_000,
  queryMs: 20_000,
};

/** Where a store is. */
export type StoreLocation = SqliteOptions | PostgresOptions;

export type StoreOptions = StoreLocation & {
  random: Random;
  /** What the audit is sealed with, kept outside the store. Absent in tools and tests: the audit is then not keyed. */
  auditKey?: string | undefined;
  limits?: Partial<StoreLimits>;
  /** Hears what was put right while the store was opened. */
  warn?: (message: string) => void;
};

export const DEFAULT_SCHEMA = 'accounting_sync';

/** How messages name a store; no secret is in it. */
export function describeLocation(options: StoreLocation): string {
  if (options.kind === 'sqlite') return resolve(options.path);
  const { host, port, database, schema = DEFAULT_SCHEMA } = options;
  return `postgres://${host}:${port}/${database} (schema ${schema})`;
}

/** Whether what is sent to this host stays on this machine: a loopback address, or the folder of a socket. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\/.*)$/i.test(host);
}

const SCHEMA = /^[A-Za-z_][A-Za-z0-9_$ -]{0,62}$/;
// eslint-disable-next-line no-control-regex -- these are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * Refuses what could not be sent as it is: a NUL ends a text in PostgreSQL's protocol, and whoever waits for the
 * answer to half a message waits for ever. What is wrong is named, never shown.
 */
export function checkPostgres(options: PostgresOptions): void {
  const { schema = DEFAULT_SCHEMA, port } = options;
  if (!SCHEMA.test(schema)) {
    throw broken(
      'the schema',
      'Use letters, digits and underscores for it, 63 at most, beginning with a letter.',
    );
  }
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw broken('the port', 'It is a number to 65535.');
  for (const name of ['host', 'database', 'user'] as const) {
    if (options[name] === '' || CONTROL.test(options[name])) throw broken(`the ${name}`, 'Correct it.');
  }
  if (options.password.includes('\0')) throw broken('the password', 'Enter it again.');
}

const broken = (what: string, nextStep: string): StoreError =>
  new StoreError(`The store cannot be opened: ${what} in its settings is not valid`, { nextStep });
