import { Client } from 'pg';
import { migrations } from '../../shared/store/migrations';
import { openStore, type OpenStore, type PostgresOptions } from '../../shared/store';
import { runStoreContract } from '../contract/store';
import { aConnection, anEvent, T0 } from '../contract/storeSupport';
import { startPostgres, type RunningPostgres } from '../support/postgres';
import { startTransactionPooler, type TransactionPooler } from '../support/transactionPooler';
import { testRandom } from './support/random';

const random = testRandom();
let server: RunningPostgres;
let schemas = 0;

beforeAll(async () => {
  server = await startPostgres();
}, 60_000);

afterAll(async () => await server?.stop());

const optionsOf = (schema: string, patch: Partial<PostgresOptions> = {}): PostgresOptions => {
  const { host, port, database, user, password } = server;
  return { kind: 'postgres', host, port, database, user, password, schema, maxConnections: 6, ...patch };
};

async function run<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const { host, port, database, user, password } = server;
  const client = new Client({ host, port, database, user, password });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function openConnections(): Promise<number> {
  const query = "select 1 from pg_stat_activity where application_name = 'accounting-sync'";
  return await run(async (client) => (await client.query(query)).rows.length);
}

const newSchema = () => `store_${++schemas}`;

runStoreContract({
  name: 'PostgreSQL',
  make: async () => {
    const schema = newSchema();
    return {
      open: async () => await openStore({ ...optionsOf(schema), random }),
      dispose: async () =>
        await run(async (client) => void (await client.query(`drop schema ${schema} cascade`))),
    };
  },
});

describe('behind a transaction pooler', () => {
  let pooler: TransactionPooler;
  beforeAll(async () => {
    pooler = await startTransactionPooler(server, 8);
  });
  afterAll(async () => {
    // Nothing was asked for that a session would have to remember.
    expect(pooler.violations).toEqual([]);
    expect(pooler.transactions()).toBeGreaterThan(0);
    await pooler.close();
  });

  runStoreContract({
    name: 'PostgreSQL behind a transaction pooler',
    make: async () => {
      const schema = newSchema();
      const { host, port } = pooler;
      return {
        open: async () => await openStore({ ...optionsOf(schema, { host, port }), random }),
        dispose: async () =>
          await run(async (client) => void (await client.query(`drop schema ${schema} cascade`))),
      };
    },
  });

  it('makes its schema once for many at once, and hears of others’ work by looking', async () => {
    const schema = newSchema();
    const { host, port } = pooler;
    const open = async () => await openStore({ ...optionsOf(schema, { host, port }), random });
    const stores = await Promise.all(Array.from({ length: 6 }, open));
    const heard = jest.fn();
    stores[0]!.onAppended(heard);
    await stores[1]!.connections.create(aConnection());
    await stores[1]!.queue.append([anEvent('1')], { now: T0 });
    expect((await stores[0]!.queue.ready(null, T0)).ready).toBe(1);
    for (const store of stores) await store.close();
  });
});

describe('PostgreSQL server', () => {
  const stores: OpenStore[] = [];
  let schema: string;

  const open = async (patch: Partial<PostgresOptions> = {}) => {
    const store = await openStore({ ...optionsOf(schema, patch), random });
    stores.push(store);
    return store;
  };

  beforeEach(() => {
    schema = newSchema();
  });

  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    // The server needs a moment to notice that a client has gone.
    for (let attempt = 1; attempt < 50 && (await openConnections()) > 0; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await openConnections()).toBe(0);
  });

  it('is migrated once by twenty at once', async () => {
    const opened = await Promise.all(Array.from({ length: 20 }, async () => open({ maxConnections: 2 })));
    await Promise.all(opened.map(async (store, index) => store.connections.create(aConnection(`c${index}`))));
    expect(await opened[0]!.connections.list()).toHaveLength(20);
    const { rows } = await run(
      async (client) => await client.query(`select version from ${schema}.migrations`),
    );
    expect(rows).toHaveLength(migrations.length);
  });

  it('is refused when a newer version wrote it', async () => {
    await (await open()).close();
    await run(
      async (client) => await client.query(`insert into ${schema}.migrations values (999, 'later', 0)`),
    );
    await expect(open()).rejects.toThrow(/written by a newer version.*999/);
  });

  it.each<[string, Partial<PostgresOptions>, RegExp]>([
    ['nothing listens', { port: 1 }, /nothing answers there/],
    ['the password is wrong', { password: 'not-the-one' }, /user postgres was not let in/],
    ['the database is not there', { database: 'nowhere' }, /there is no database nowhere/],
    ['the host is not there', { host: 'nowhere.invalid' }, /nowhere\.invalid.*no host of this name/],
  ])('says so when %s', async (_what, patch, reason) => {
    const failure = await open(patch).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: 'store', message: expect.stringMatching(reason) as string });
    const everything = JSON.stringify([failure, Object.entries(failure), (failure as Error).cause]);
    expect((failure as Error).message + everything).not.toContain(patch.password ?? server.password);
  });

  it('says so when it may not make its schema', async () => {
    await run(async (client) => {
      await client.query("create role guest login password 'guest'");
    });
    await expect(open({ user: 'guest', password: 'guest' })).rejects.toMatchObject({
      code: 'store',
      details: { nextStep: expect.stringContaining('Grant user guest') as string },
    });
  });

  it('tells other processes that there is work', async () => {
    const [here, there] = [await open(), await open()];
    await here.connections.create(aConnection());
    const heard = new Promise<void>((resolve) => {
      let calls = 0;
      // The first call comes with listening itself.
      there.onAppended(() => {
        if (++calls === 1) void here.queue.append([anEvent('1')], { now: T0 });
        else resolve();
      });
    });
    await heard;
  });

  it('goes on after its connections were cut', async () => {
    const store = await open();
    await store.connections.create(aConnection());
    for (let round = 0; round < 3; round++) {
      await run(
        async (client) =>
          await client.query(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'accounting-sync'",
          ),
      );
      await Promise.all([
        store.queue.append([anEvent(`r${round}`)], { now: T0 }),
        store.queue.counts('c1'),
        store.queue.ready(null, T0),
      ]);
    }
    expect((await store.queue.counts('c1')).pending).toBe(3);
  });

  it('keeps numbers beyond 32 bits exact', async () => {
    const store = await open();
    await store.connections.create(aConnection('c1', { createdAt: Number.MAX_SAFE_INTEGER }));
    expect((await store.connections.get('c1'))?.createdAt).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('survives workers that append to each other’s records while they settle', async () => {
    const handles = [await open(), await open()];
    await handles[0]!.connections.create(aConnection());
    const ids = Array.from({ length: 40 }, (_, index) => `r${index}`);
    await handles[0]!.queue.append(
      ids.map((id) => anEvent(id)),
      { now: T0 },
    );
    const work = async (store: OpenStore, worker: string) => {
      for (let round = 0; round < 15; round++) {
        const claims = await store.queue.claim({
          connectionIds: ['c1'],
          worker,
          now: T0 + round,
          leaseMs: 60_000,
          limit: 10,
        });
        await Promise.all([
          ...claims.map(async (claim, index) =>
            store.queue.settle(claim, {
              now: T0 + round,
              intents: [],
              audit: [{ kind: 'done', linkId: claim.link.id, detail: { round } }],
              outcome: { kind: 'settled' },
              append: [anEvent(ids[(index * 7 + round) % ids.length]!)],
            }),
          ),
          store.queue.append(
            ids.toReversed().map((id) => anEvent(id)),
            { now: T0 + round },
          ),
        ]);
      }
    };
    await Promise.all(handles.map(async (store, index) => work(store, `w${index}`)));
    expect((await handles[0]!.audit.verify('c1', { now: Date.now() })).brokenAt).toBeNull();
  });
});
