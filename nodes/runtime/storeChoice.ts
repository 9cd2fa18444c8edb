import { join, resolve } from 'node:path';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import { StoreError } from '../../shared/errors';
import {
  DEFAULT_SCHEMA,
  type PostgresOptions,
  type SqliteOptions,
  type StoreLocation,
  type TlsMode,
} from '../../shared/store';

/** What the choice of a store is made from; nothing else is looked at. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  /** n8n's own data folder. */
  home: string;
  readFile(path: string): string;
}

/** A postgres:// address, or `sqlite`; with `_FILE` behind it the path of a file that says so. */
export const STORE_VARIABLE = 'ACCOUNTING_SYNC_STORE';

/**
 * Where the store is: the credential that somebody chose in the node; else what the environment says; else, where
 * n8n keeps its own data in PostgreSQL, a schema of its own in that database; else a file in n8n's data folder.
 */
export function chooseStore(
  surroundings: Surroundings,
  credential: ICredentialDataDecryptedObject | null,
): StoreLocation {
  if (credential) return fromCredential(credential);
  const { home } = surroundings;
  const named = variable(surroundings, STORE_VARIABLE)?.trim();
  if (named) return named === 'sqlite' ? embedded(home) : fromUrl(surroundings, named);
  return n8nSetting(surroundings, 'DB_TYPE', 'sqlite') === 'postgresdb'
    ? besideN8n(surroundings)
    : embedded(home);
}

/** The embedded store: one place only, which nobody can name another for. */
export function embedded(home: string): SqliteOptions {
  const folder = resolve(home);
  return { kind: 'sqlite', path: join(folder, 'accounting-sync', 'store.sqlite'), home: folder };
}

const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

/** What the fields of the credential say. */
export function fromCredential(data: ICredentialDataDecryptedObject): PostgresOptions {
  const [host, database, user] = [text(data['host']), text(data['database']), text(data['user'])];
  if (!host || !database || !user) {
    throw new StoreError('The store credential lacks a host, a database or a user', {
      nextStep: 'Open the Accounting Sync Store credential and complete it.',
    });
  }
  const ssl = text(data['ssl']) || 'auto';
  if (!['auto', 'on', 'unchecked', 'off'].includes(ssl)) {
    throw new StoreError('The store credential does not say how to encrypt', {
      nextStep: 'Open the Accounting Sync Store credential and choose under SSL.',
    });
  }
  const ca = text(data['ca']);
  return {
    kind: 'postgres',
    host,
    port: Number(data['port'] ?? 5432),
    database,
    user,
    password: typeof data['password'] === 'string' ? data['password'] : '',
    ...(ssl === 'auto' ? {} : { tls: ssl as TlsMode }),
    ...(ca && ssl !== 'off' ? { ca } : {}),
    schema: text(data['schema']) || DEFAULT_SCHEMA,
  };
}

/** libpq's names; `allow` and `prefer` would fall back to clear text, and are not taken. */
const SSL_MODES = new Map<string, TlsMode>([
  ['disable', 'off'],
  ['require', 'on'],
  ['verify-ca', 'on'],
  ['verify-full', 'on'],
  ['no-verify', 'unchecked'],
]);

function fromUrl(surroundings: Surroundings, address: string): PostgresOptions {
  const url = parseUrl(address);
  const parameters = new Map(url.searchParams);
  const schema = parameters.get('schema') ?? DEFAULT_SCHEMA;
  const sslmode = parameters.get('sslmode');
  const rootCertificate = parameters.get('sslrootcert');
  for (const name of ['schema', 'sslmode', 'sslrootcert']) parameters.delete(name);
  const [unknown] = parameters.keys();
  if (unknown !== undefined)
    throw badVariable(STORE_VARIABLE, 'it may have schema, sslmode and sslrootcert behind the ?');
  const tls = sslmode === undefined ? undefined : SSL_MODES.get(sslmode);
  if (sslmode !== undefined && !tls) {
    throw badVariable(STORE_VARIABLE, `its sslmode is one of ${[...SSL_MODES.keys()].join(', ')}`);
  }
  return {
    kind: 'postgres',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 5432 : Number(url.port),
    database: decoded(url.pathname.slice(1)),
    user: decoded(url.username),
    password: decoded(url.password),
    ...(tls === undefined ? {} : { tls }),
    ...(rootCertificate === undefined
      ? {}
      : { ca: readNamed(surroundings, rootCertificate, `${STORE_VARIABLE} (its sslrootcert)`) }),
    schema,
  };
}

function parseUrl(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw badVariable(
      STORE_VARIABLE,
      'it is "sqlite", or an address such as postgres://user:password@host:5432/database',
    );
  }
  if (!url.hostname || !url.username || url.pathname.length < 2) {
    throw badVariable(STORE_VARIABLE, 'its address needs a user, a host and a database');
  }
  return url;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badVariable(STORE_VARIABLE, 'a % in its address is written %25');
  }
}

/** n8n's own database, by n8n's own settings and their defaults; two n8n in one database have a store each. */
function besideN8n(surroundings: Surroundings): PostgresOptions {
  const setting = (name: string, fallback: string) =>
    n8nSetting(surroundings, `DB_POSTGRESDB_${name}`, fallback);
  const flag = (name: string, fallback: boolean) => {
    const value = setting(name, String(fallback)).toLowerCase();
    if (['true', '1'].includes(value)) return true;
    if (['false', '0'].includes(value)) return false;
    throw badVariable(`DB_POSTGRESDB_${name}`, 'it is true or false');
  };
  const port = Number(setting('PORT', '') || '5432');
  if (!Number.isInteger(port)) throw badVariable('DB_POSTGRESDB_PORT', 'it is a number');
  const [ca, cert, key] = [setting('SSL_CA', ''), setting('SSL_CERT', ''), setting('SSL_KEY', '')];
  const isChecked = flag('SSL_REJECT_UNAUTHORIZED', true);
  const isOn = flag('SSL_ENABLED', false) || ca !== '' || cert !== '' || key !== '' || !isChecked;
  const own = [setting('SCHEMA', 'public'), n8nSetting(surroundings, 'DB_TABLE_PREFIX', '')];
  return {
    kind: 'postgres',
    host: setting('HOST', 'localhost'),
    port,
    database: setting('DATABASE', 'n8n'),
    user: setting('USER', 'postgres'),
    password: variable(surroundings, 'DB_POSTGRESDB_PASSWORD') ?? '',
    tls: isOn ? (isChecked ? 'on' : 'unchecked') : 'off',
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    schema: [DEFAULT_SCHEMA, ...own.filter((part) => part !== '' && part !== 'public')].join('_'),
  };
}

/** As n8n reads one: unquoted, and its default where nothing is set. */
function n8nSetting(surroundings: Surroundings, name: string, fallback: string): string {
  const value = variable(surroundings, name);
  return value === undefined ? fallback : value.trim().replace(/^(['"])(.*)\1$/s, '$2');
}

/** The variable, or the contents of the file that `<name>_FILE` names. */
function variable(surroundings: Surroundings, name: string): string | undefined {
  const { env } = surroundings;
  if (env[name] !== undefined) return env[name];
  const path = env[`${name}_FILE`];
  return path ? readNamed(surroundings, path, `${name}_FILE`) : undefined;
}

function readNamed({ readFile }: Surroundings, path: string, name: string): string {
  try {
    return readFile(path).trim();
  } catch {
    throw badVariable(name, 'n8n cannot read the file that it names');
  }
}

/** Names the variable, never what is in it. */
const badVariable = (name: string, reason: string): StoreError =>
  new StoreError(`The store cannot be found: the environment variable ${name} is not valid, ${reason}`, {
    nextStep: `Correct ${name} where n8n is started, and start n8n again.`,
  });
