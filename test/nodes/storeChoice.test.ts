import { chooseStore, type Surroundings } from '../../nodes/runtime/storeChoice';

const SECRET = 'correct-horse';
const home = '/home/node/.n8n';
const files: Record<string, string> = {
  '/run/store': `postgres://u:${SECRET}@filehost/d\n`,
  '/run/password': `${SECRET}\n`,
  '/run/ca.pem': 'PEM of the authority\n',
};

const choose = (env: Record<string, string> = {}, credential: Parameters<typeof chooseStore>[1] = null) => {
  const readFile: Surroundings['readFile'] = (path) => {
    const content = files[path];
    if (content === undefined) throw new Error(`ENOENT: no such file, open '${path}'`);
    return content;
  };
  return chooseStore({ env, home, readFile }, credential);
};

const embedded = { kind: 'sqlite', path: `${home}/accounting-sync/store.sqlite`, home };
const n8nOnPostgres = { DB_TYPE: 'postgresdb', DB_POSTGRESDB_HOST: 'n8ndb' };
const named = { ACCOUNTING_SYNC_STORE: `postgres://u:${SECRET}@envhost:6543/d` };
const credential = { host: 'credhost', port: 5432, database: 'd', user: 'u', password: SECRET };

describe('the choice of a store', () => {
  it('goes from the credential to the variable, to the database of n8n, to a file in its folder', () => {
    expect(choose({ ...named, ...n8nOnPostgres }, credential)).toMatchObject({ host: 'credhost' });
    expect(choose({ ...named, ...n8nOnPostgres })).toMatchObject({ host: 'envhost', port: 6543 });
    expect(choose(n8nOnPostgres)).toMatchObject({ host: 'n8ndb' });
    expect(choose()).toEqual(embedded);
  });

  it.each<[string, Record<string, string>, object]>([
    ['an empty variable counts as none', { ACCOUNTING_SYNC_STORE: ' ' }, embedded],
    [
      '"sqlite" keeps it out of the database of n8n',
      { ...n8nOnPostgres, ACCOUNTING_SYNC_STORE: 'sqlite' },
      embedded,
    ],
    ['n8n on SQLite', { DB_TYPE: 'sqlite', DB_POSTGRESDB_HOST: 'unused' }, embedded],
    [
      'the variable in a file',
      { ACCOUNTING_SYNC_STORE_FILE: '/run/store' },
      { host: 'filehost', password: SECRET, database: 'd', schema: 'accounting_sync' },
    ],
    [
      'the variable goes before its file',
      { ...named, ACCOUNTING_SYNC_STORE_FILE: '/run/store' },
      { host: 'envhost' },
    ],
    [
      'schema and encryption in the address',
      {
        ACCOUNTING_SYNC_STORE: 'postgresql://u@h/d?schema=books&sslmode=verify-full&sslrootcert=/run/ca.pem',
      },
      { schema: 'books', tls: 'on', ca: 'PEM of the authority', port: 5432, password: '' },
    ],
    ['require is checked too', { ACCOUNTING_SYNC_STORE: 'postgres://u@h/d?sslmode=require' }, { tls: 'on' }],
    [
      'without checking',
      { ACCOUNTING_SYNC_STORE: 'postgres://u@h/d?sslmode=no-verify' },
      { tls: 'unchecked' },
    ],
    ['without encryption', { ACCOUNTING_SYNC_STORE: 'postgres://u@h/d?sslmode=disable' }, { tls: 'off' }],
    [
      'odd characters in the address',
      { ACCOUNTING_SYNC_STORE: 'postgres://u%40x:p%2Fw%25@[::1]/d%20b' },
      { user: 'u@x', password: 'p/w%', host: '::1', database: 'd b' },
    ],
    [
      'the defaults of n8n',
      { DB_TYPE: 'postgresdb' },
      {
        kind: 'postgres',
        host: 'localhost',
        port: 5432,
        database: 'n8n',
        user: 'postgres',
        password: '',
        tls: 'off',
        schema: 'accounting_sync',
      },
    ],
    ['quotes as n8n takes them', { DB_TYPE: '"postgresdb"', DB_POSTGRESDB_PORT: "'5433'" }, { port: 5433 }],
    [
      'all settings of n8n',
      {
        DB_TYPE: 'postgresdb',
        DB_POSTGRESDB_HOST: 'n8ndb',
        DB_POSTGRESDB_PORT: '5555',
        DB_POSTGRESDB_DATABASE: 'flows',
        DB_POSTGRESDB_USER: 'n8n',
        DB_POSTGRESDB_PASSWORD_FILE: '/run/password',
        DB_POSTGRESDB_SCHEMA: 'public',
        DB_POSTGRESDB_SSL_CA_FILE: '/run/ca.pem',
        DB_POSTGRESDB_SSL_CERT: 'cert',
        DB_POSTGRESDB_SSL_KEY: 'key',
      },
      {
        kind: 'postgres',
        host: 'n8ndb',
        port: 5555,
        database: 'flows',
        user: 'n8n',
        password: SECRET,
        tls: 'on',
        ca: 'PEM of the authority',
        cert: 'cert',
        key: 'key',
        schema: 'accounting_sync',
      },
    ],
    ['encryption of n8n', { ...n8nOnPostgres, DB_POSTGRESDB_SSL_ENABLED: 'true' }, { tls: 'on' }],
    [
      'unchecked encryption of n8n',
      { ...n8nOnPostgres, DB_POSTGRESDB_SSL_REJECT_UNAUTHORIZED: 'false' },
      { tls: 'unchecked' },
    ],
    [
      'a second n8n in the same database',
      { ...n8nOnPostgres, DB_POSTGRESDB_SCHEMA: 'n8n_b' },
      { schema: 'accounting_sync_n8n_b' },
    ],
    [
      'another prefix of its tables',
      { ...n8nOnPostgres, DB_TABLE_PREFIX: 'b_' },
      { schema: 'accounting_sync_b_' },
    ],
  ])('%s', (_what, env, store) => {
    expect(choose(env)).toEqual(expect.objectContaining(store));
  });

  it.each<[string, Record<string, string>]>([
    ['ACCOUNTING_SYNC_STORE', { ACCOUNTING_SYNC_STORE: `mysql://u:${SECRET}@h/d` }],
    ['ACCOUNTING_SYNC_STORE', { ACCOUNTING_SYNC_STORE: SECRET }],
    ['ACCOUNTING_SYNC_STORE', { ACCOUNTING_SYNC_STORE: `/data/${SECRET}.sqlite` }],
    ['ACCOUNTING_SYNC_STORE', { ACCOUNTING_SYNC_STORE: `postgres://u:${SECRET}@h` }],
    ['ACCOUNTING_SYNC_STORE', { ACCOUNTING_SYNC_STORE: `postgres://u:${SECRET}%zz@h/d` }],
    ['ACCOUNTING_SYNC_STORE', { ACCOUNTING_SYNC_STORE: `postgres://u:${SECRET}@h/d?sslmode=prefer` }],
    ['ACCOUNTING_SYNC_STORE', { ACCOUNTING_SYNC_STORE: `postgres://u:${SECRET}@h/d?sslmode=constructor` }],
    ['ACCOUNTING_SYNC_STORE', { ACCOUNTING_SYNC_STORE: `postgres://u@h/d?options=${SECRET}` }],
    [
      'ACCOUNTING_SYNC_STORE (its sslrootcert)',
      { ACCOUNTING_SYNC_STORE: `postgres://u@h/d?sslrootcert=/${SECRET}` },
    ],
    ['ACCOUNTING_SYNC_STORE_FILE', { ACCOUNTING_SYNC_STORE_FILE: `/${SECRET}` }],
    ['DB_POSTGRESDB_PASSWORD_FILE', { DB_TYPE: 'postgresdb', DB_POSTGRESDB_PASSWORD_FILE: `/${SECRET}` }],
    ['DB_POSTGRESDB_PORT', { DB_TYPE: 'postgresdb', DB_POSTGRESDB_PORT: SECRET }],
    ['DB_POSTGRESDB_SSL_ENABLED', { DB_TYPE: 'postgresdb', DB_POSTGRESDB_SSL_ENABLED: SECRET }],
  ])('names %s when it is broken, and not what is in it', (name, env) => {
    const failure = (() => {
      try {
        return choose(env);
      } catch (error) {
        return error as Error & { details: { nextStep: string } };
      }
    })();
    expect(failure).toMatchObject({ code: 'store', retryable: false });
    expect((failure as Error).message).toContain(`environment variable ${name} is not valid`);
    expect(JSON.stringify([failure, (failure as Error).message, (failure as Error).stack])).not.toContain(
      SECRET,
    );
  });
});

describe('the fields of a store credential', () => {
  it('are encrypted and checked unless the host is this machine, and not all other hosts', () => {
    expect(choose({}, credential)).toEqual({ kind: 'postgres', ...credential, schema: 'accounting_sync' });
    expect(choose({}, { ...credential, ssl: 'auto', ca: ' PEM ' })).toMatchObject({ ca: 'PEM' });
    expect(choose({}, { ...credential, ssl: 'on' })).toMatchObject({ tls: 'on' });
    expect(choose({}, { ...credential, ssl: 'unchecked' })).toMatchObject({ tls: 'unchecked' });
    expect(choose({}, { ...credential, ssl: 'off', ca: 'PEM' })).toEqual({
      kind: 'postgres',
      ...credential,
      tls: 'off',
      schema: 'accounting_sync',
    });
  });

  it('name no file, whatever is in them', () => {
    expect(() => choose({}, { kind: 'sqlite', path: '/etc/passwd' })).toThrow('lacks a host');
    expect(() => choose({}, { ...credential, ssl: 'perhaps' })).toThrow('does not say how to encrypt');
  });
});
