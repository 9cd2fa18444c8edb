import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { sql } from 'kysely';
import { Client } from 'pg';
import { openStore, type OpenStore, type PostgresOptions, type StoreOptions } from '../../shared/store';
import { toStoreError } from '../../shared/store/errors';
import { defaultLimits } from '../../shared/store/options';
import { isDisconnect } from '../../shared/store/postgres/dialect';
import { connectTo } from '../../shared/store/postgres/open';
import { systemRandom } from '../../shared/system';
import { aConnection, anEvent, T0 } from '../contract/storeSupport';
import { startPostgres, type RunningPostgres } from '../support/postgres';
import { startSilentProxy, type SilentProxy } from '../support/silentProxy';

/** The real limits are seconds; these let a test end. */
const limits = {
  retryMs: 1_500,
  queuedMs: 3_000,
  connectMs: 500,
  statementMs: 800,
  lockMs: 300,
  idleInTransactionMs: 60_000,
  queryMs: 1_000,
};
/** Longer than one attempt that hears nothing, and the next. */
const ANSWERED_WITHIN_MS = 4_000;

type Answer = { took: number; answer: 'stored' | { code: string; retryable: boolean; message: string } };

const answerOf = async (work: Promise<unknown>): Promise<Answer> => {
  const start = performance.now();
  const answer = await work.then(
    () => 'stored' as const,
    (error: { code: string; retryable: boolean; message: string }) => error,
  );
  return { took: performance.now() - start, answer };
};

const append = async (store: OpenStore, recordId: string, connectionId = 'c1') =>
  await answerOf(store.queue.append([anEvent(recordId, { connectionId })], { now: T0 }));

describe('PostgreSQL that does not answer', () => {
  let server: RunningPostgres;
  let proxy: SilentProxy;
  let store: OpenStore;
  let schemas = 0;
  const extra: Client[] = [];

  const optionsOf = (patch: Partial<PostgresOptions> = {}): StoreOptions => {
    const { database, user, password } = server;
    const { host, port } = proxy;
    const place = { host, port, database, user, password, schema: `stalls_${schemas}`, maxConnections: 5 };
    return { kind: 'postgres', ...place, ...patch, limits, random: systemRandom };
  };
  const session = async (): Promise<Client> => {
    const { host, port, database, user, password } = server;
    const client = new Client({ host, port, database, user, password });
    client.on('error', () => {});
    await client.connect();
    extra.push(client);
    return client;
  };

  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(async () => await server?.stop());
  beforeEach(async () => {
    schemas++;
    proxy = await startSilentProxy(server);
    store = await openStore(optionsOf());
    await store.connections.create(aConnection());
    await store.connections.create(aConnection('c2'));
    // Several connections of the pool are open, as after some time of work.
    await Promise.all([
      append(store, '1'),
      store.queue.counts('c1'),
      store.queue.ready(null, T0),
      store.links.get('x'),
    ]);
  });
  afterEach(async () => {
    await Promise.all(extra.splice(0).map(async (client) => await client.end()));
    await store.close();
    await proxy.close();
  });

  it('is asked again over a fresh connection when its connections carry nothing any more', async () => {
    proxy.silence();
    const [first, read] = await Promise.all([append(store, '2'), answerOf(store.queue.counts('c1'))]);
    expect([first.answer, read.answer]).toEqual(['stored', 'stored']);
    expect(Math.max(first.took, read.took)).toBeLessThan(ANSWERED_WITHIN_MS);
    expect((await append(store, '3')).took).toBeLessThan(limits.queryMs);
  });

  it('is given up, retryably, when nothing gets through at all, by whoever waits too', async () => {
    proxy.silence();
    proxy.swallow();
    const started = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 5 }, async (_, index) => {
        await new Promise((wake) => setTimeout(wake, index * 400));
        return await append(store, `r${index}`);
      }),
    );
    for (const { answer } of answers) expect(answer).toMatchObject({ code: 'store', retryable: true });
    expect(performance.now() - started).toBeLessThan(limits.queuedMs + ANSWERED_WITHIN_MS);
    const closing = answerOf(store.close());
    expect((await closing).took).toBeLessThan(ANSWERED_WITHIN_MS);
  });

  it('stores what is of other records while somebody who vanished holds one', async () => {
    const ghost = await session();
    await ghost.query(`begin; set search_path to stalls_${schemas}; select * from links for update`);
    const [locked, other] = await Promise.all([append(store, '1'), append(store, 'new', 'c2')]);
    expect(locked.answer).toMatchObject({ code: 'store', retryable: true });
    expect(other.answer).toBe('stored');
    // Again and again, as a provider repeats what was refused.
    const behind = append(store, '1');
    await new Promise((wake) => setTimeout(wake, 50));
    const next = await append(store, 'newer', 'c2');
    expect(next.answer).toBe('stored');
    expect(Math.max(locked.took, other.took, next.took, (await behind).took)).toBeLessThan(
      ANSWERED_WITHIN_MS,
    );
    await ghost.query('rollback');
    expect((await append(store, '1')).answer).toBe('stored');
  });

  it('carries its limits in the transaction, so that the server ends what a vanished machine began', async () => {
    const { kysely, begin } = connectTo(optionsOf() as PostgresOptions, {
      ...defaultLimits,
      idleInTransactionMs: 200,
    });
    await kysely.connection().execute(async (vanished) => {
      await sql.raw(begin).execute(vanished);
      await sql`select * from links for update`.execute(vanished);
      await new Promise((wake) => setTimeout(wake, 600));
      expect((await append(store, '1')).answer).toBe('stored');
    });
    await kysely.destroy();
  });

  it('has no endless queue', async () => {
    const bounded = await openStore({ ...optionsOf(), limits: { ...limits, queuedWrites: 50 } });
    const answers = await Promise.all(
      Array.from({ length: 80 }, async (_, index) => await append(bounded, `q${index}`)),
    );
    const refused = answers.filter(({ answer }) => answer !== 'stored');
    expect(refused).toHaveLength(30);
    for (const { answer, took } of refused) {
      expect(answer).toMatchObject({ code: 'store', retryable: true });
      expect(took).toBeLessThan(500);
    }
    await bounded.close();
  });

  it.each([
    'Client has encountered a connection error and is not queryable',
    'Connection terminated unexpectedly',
    'Client was closed and is not queryable',
    'Query read timeout',
  ])('is known to be gone when pg says "%s"', (message) => {
    expect(isDisconnect(new Error(message))).toBe(true);
  });
});

describe('a SQLite file that somebody else is writing to', () => {
  let folder: string;
  let store: OpenStore;
  let other: DatabaseSync;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'accounting-sync-lock-'));
    const path = join(folder, 'store.sqlite');
    store = await openStore({ kind: 'sqlite', path, random: systemRandom, limits: { retryMs: 1_000 } });
    await store.connections.create(aConnection());
    other = new DatabaseSync(path);
  });
  afterEach(async () => {
    other.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is waited for without holding up everything else', async () => {
    other.exec('begin immediate');
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const { answer, took } = await append(store, '1');
    delay.disable();
    expect(answer).toMatchObject({
      code: 'store',
      retryable: true,
      message: expect.stringContaining('locked') as string,
    });
    expect(took).toBeGreaterThan(900);
    // Of all the time that was waited, the loop stood still for a twentieth of a second at most at a time.
    expect(delay.percentile(99) / 1e6).toBeLessThan(50);
    other.exec('rollback');
    expect((await append(store, '1')).answer).toBe('stored');
  });
});

it.each([
  ['SQLite', { errcode: 13, code: 'ERR_SQLITE_ERROR' }],
  ['PostgreSQL', { code: '53100' }],
])('a full disk of %s is told as one, with what to do', (_what, fault) => {
  const error = toStoreError(Object.assign(new Error('database or disk is full'), fault), 'here');
  expect(error).toMatchObject({
    retryable: true,
    details: { nextStep: 'Free some space; nothing was acknowledged.' },
  });
});
