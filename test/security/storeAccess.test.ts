import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { testStore } from '../../nodes/runtime/store';
import {
  closeSharedStores,
  openStore,
  sharedStore,
  type OpenStore,
  type PostgresOptions,
} from '../../shared/store';
import { defaultLimits, isLoopback } from '../../shared/store/options';
import { clientConfig } from '../../shared/store/postgres/client';
import { systemRandom } from '../../shared/system';
import { aConnection } from '../contract/storeSupport';
import { startPostgres, type RunningPostgres } from '../support/postgres';

let server: RunningPostgres;
const optionsOf = (patch: Partial<PostgresOptions> = {}): PostgresOptions => {
  const { host, port, database, user, password } = server;
  return { kind: 'postgres', host, port, database, user, password, maxConnections: 3, ...patch };
};
const query = async (text: string): Promise<Record<string, unknown>[]> => {
  const { host, port, database, user, password } = server;
  const client = new Client({ host, port, database, user, password });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
};

describe('who comes second to a store that is open', () => {
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(async () => await server?.stop());

  let held: OpenStore;
  beforeEach(async () => {
    held = await sharedStore({ ...optionsOf({ tls: 'off', schema: 'held' }), random: systemRandom });
  });
  afterEach(async () => await closeSharedStores());

  it('is let in by the server or not at all, also while another password has it open', async () => {
    await held.connections.create(aConnection(`c${Date.now()}`, { name: 'Acme Ltd' }));
    const wrong = { ...optionsOf({ tls: 'off', schema: 'held', password: 'guessed' }), random: systemRandom };
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(sharedStore(wrong)).rejects.toThrow(/was not let in/);
    }
    // And nothing of it stays for the one who is right.
    await held.close();
    await expect(sharedStore(wrong)).rejects.toThrow(/was not let in/);
    const again = await sharedStore({ ...optionsOf({ tls: 'off', schema: 'held' }), random: systemRandom });
    expect(again.queue).toBe(held.queue);
  });

  it('is not given a connection in clear text when it asked for an encrypted one', async () => {
    for (const tls of ['on', 'unchecked'] as const) {
      await expect(
        sharedStore({ ...optionsOf({ tls, schema: 'held' }), random: systemRandom }),
      ).rejects.toMatchObject({
        code: 'store',
        message: expect.stringContaining('offers no TLS') as string,
      });
    }
  });

  it.each(['a\0b', 'a\nb', '"; drop schema public; --', 'ä', '', 'x'.repeat(64)])(
    'hears at once that %j is no schema',
    async (schema) => {
      const failure = await openStore({ ...optionsOf({ schema }), random: systemRandom }).catch(
        (error: unknown) => error as Error,
      );
      expect(failure).toMatchObject({
        code: 'store',
        message: expect.stringContaining('the schema') as string,
      });
    },
  );

  it('can have a schema with spaces and capitals in its name', async () => {
    const store = await openStore({ ...optionsOf({ schema: 'My Books$1' }), random: systemRandom });
    await store.connections.create(aConnection());
    await store.close();
  });
});

describe('the test of a store credential', () => {
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(async () => await server?.stop());

  const test = async (patch: object) => {
    const { host, port, database, user, password } = server;
    return await testStore.call({} as never, { data: { host, port, database, user, password, ...patch } });
  };
  const everything = async () =>
    await query(
      "select n.nspname, c.relname from pg_namespace n left join pg_class c on c.relnamespace = n.oid where n.nspname !~ '^pg_(toast|temp)' order by 1, 2",
    );

  it('makes nothing, and says what would be made', async () => {
    const before = await everything();
    expect(await test({ schema: 'fresh' })).toEqual({
      status: 'OK',
      message: 'Connected. The first node that uses it creates schema fresh in sync',
    });
    await query('create schema made');
    const withSchema = await everything();
    expect(await test({ schema: 'made' })).toEqual({
      status: 'OK',
      message: 'Connected. The first node that uses it creates the tables in schema made of sync',
    });
    expect(await everything()).toEqual(withSchema);
    await query('drop schema made');
    expect(await everything()).toEqual(before);
  });

  it('knows a store that is there', async () => {
    await (await openStore({ ...optionsOf({ schema: 'known' }), random: systemRandom })).close();
    expect(await test({ schema: 'known' })).toEqual({
      status: 'OK',
      message: 'The store is there and ready',
    });
  });

  it('says which right is missing, and gives no secret away', async () => {
    await query("create role guest login password 'guest-secret'");
    const missing = await test({ user: 'guest', password: 'guest-secret', schema: 'none' });
    expect(missing.status).toBe('Error');
    expect(missing.message).toMatch(/user guest may not create schema none\. Grant user guest/);
    const wrong = await test({ password: 'guessed' });
    expect(wrong.message).toMatch(/was not let in/);
    expect(JSON.stringify([missing, wrong])).not.toMatch(/guest-secret|guessed/);
  });

  it('opens no file, whatever the credential says', async () => {
    const result = await testStore.call({} as never, { data: { kind: 'sqlite', path: '/tmp/new.sqlite' } });
    expect(result).toMatchObject({
      status: 'Error',
      message: expect.stringContaining('lacks a host') as string,
    });
  });
});

describe('encryption', () => {
  it('is on and checked unless the host is this machine', () => {
    for (const host of ['localhost', '127.0.0.1', '127.8.8.8', '::1', '/var/run/postgresql']) {
      expect([host, isLoopback(host)]).toEqual([host, true]);
    }
    for (const host of [
      'db',
      'postgres',
      '10.0.0.1',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '::2',
    ]) {
      const options: PostgresOptions = {
        kind: 'postgres',
        host,
        port: 1,
        database: 'd',
        user: 'u',
        password: '',
      };
      expect(clientConfig(options, defaultLimits).ssl).toEqual({ host, rejectUnauthorized: true });
    }
  });

  const folder = mkdtempSync(join(tmpdir(), 'accounting-sync-tls-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const hasOpenssl = (() => {
    try {
      return openssl('version').length > 0;
    } catch {
      return false;
    }
  })();

  (hasOpenssl ? describe : describe.skip)('with a certificate of a private authority', () => {
    beforeAll(async () => {
      for (const name of ['ca', 'other']) {
        openssl(
          ...`req -x509 -newkey rsa:2048 -nodes -days 1 -keyout ${name}.key -out ${name}.pem -subj`.split(
            ' ',
          ),
          `/CN=${name}`,
        );
      }
      openssl(
        ...'req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost -addext subjectAltName=DNS:localhost'.split(
          ' ',
        ),
      );
      openssl(
        ...'x509 -req -in server.csr -CA ca.pem -CAkey ca.key -days 1 -copy_extensions copy -out server.pem'.split(
          ' ',
        ),
      );
      server = await startPostgres({
        tls: {
          cert: readFileSync(join(folder, 'server.pem'), 'utf8'),
          key: readFileSync(join(folder, 'server.key'), 'utf8'),
        },
      });
    }, 60_000);
    afterAll(async () => {
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    const pem = (name: string) => readFileSync(join(folder, `${name}.pem`), 'utf8');
    const open = async (patch: Partial<PostgresOptions>) =>
      await openStore({ ...optionsOf({ host: 'localhost', schema: 'tls', ...patch }), random: systemRandom });

    it('is opened by who has that authority, over an encrypted connection', async () => {
      const store = await open({ tls: 'on', ca: pem('ca') });
      expect(
        await query(
          "select bool_and(s.ssl) as ssl from pg_stat_ssl s join pg_stat_activity a using (pid) where a.application_name = 'accounting-sync'",
        ),
      ).toEqual([{ ssl: true }]);
      await store.close();
    });

    it.each<[string, () => Partial<PostgresOptions>]>([
      ['nothing is known of the authority', () => ({ tls: 'on' })],
      ['another authority is trusted', () => ({ tls: 'on', ca: pem('other') })],
      ['the certificate is of another host', () => ({ tls: 'on', ca: pem('ca'), host: '127.0.0.1' })],
    ])('is refused when %s', async (_what, patch) => {
      await expect(open(patch())).rejects.toMatchObject({
        code: 'store',
        message: expect.stringContaining('not one to trust') as string,
        details: { nextStep: expect.stringContaining('authority') as string },
      });
    });

    it('can be told not to look', async () => {
      await (await open({ tls: 'unchecked', host: '127.0.0.1' })).close();
    });
  });
});
