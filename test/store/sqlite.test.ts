import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { closeSharedStores, openStore, sharedStore, type OpenStore } from '../../shared/store';
import { openingError } from '../../shared/store/sqlite/open';
import { runStoreContract } from '../contract/store';
import { aConnection, anEvent, claimOne, settled, T0 } from '../contract/storeSupport';
import { testRandom } from './support/random';

const random = testRandom();

const makeFolder = () => mkdtempSync(join(tmpdir(), 'accounting-sync-store-'));

runStoreContract({
  name: 'SQLite',
  make: async () => {
    const folder = makeFolder();
    return {
      open: async () => await openStore({ kind: 'sqlite', path: join(folder, 'store.sqlite'), random }),
      dispose: async () => rmSync(folder, { recursive: true, force: true }),
    };
  },
});

describe('SQLite file', () => {
  let folder: string;
  let path: string;
  const stores: OpenStore[] = [];

  const open = async (file = path) => {
    const store = await openStore({ kind: 'sqlite', path: file, random });
    stores.push(store);
    return store;
  };

  beforeEach(() => {
    folder = makeFolder();
    path = join(folder, 'deep', 'er', 'store.sqlite');
  });

  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is made with its folder, for its owner only', async () => {
    const store = await open();
    await store.connections.create(aConnection());
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'deep')).mode & 0o777).toBe(0o700);
  });

  it('is written through to the disk and reads only what is committed', async () => {
    await open();
    const database = new DatabaseSync(path);
    expect(database.prepare('pragma journal_mode').get()).toMatchObject({ journal_mode: 'wal' });
    database.close();
  });

  it('survives being opened and migrated by twenty at once', async () => {
    const opened = await Promise.all(Array.from({ length: 20 }, async () => open()));
    await Promise.all(opened.map(async (store, index) => store.connections.create(aConnection(`c${index}`))));
    expect(await opened[0]!.connections.list()).toHaveLength(20);
  });

  it('goes on where it was after it was closed', async () => {
    const store = await open();
    await store.connections.create(aConnection());
    await store.queue.append([anEvent('1')], { now: T0 });
    const claim = await claimOne(store);
    await store.close();
    const again = await open();
    await again.queue.settle(claim, settled());
    expect((await again.queue.counts('c1')).settled).toBe(1);
  });

  it.each([
    ['a folder', () => mkdirSync(path, { recursive: true }), /it is a folder/],
    [
      'something else',
      () => {
        mkdirSync(join(folder, 'deep', 'er'), { recursive: true });
        writeFileSync(path, 'This is a letter, and not a database. '.repeat(100));
      },
      /not a database/,
    ],
    ['under a file', () => writeFileSync(join(folder, 'deep'), 'x'), /is a file and not a folder/],
  ])('says so when it is %s', async (_what, prepare, reason) => {
    prepare();
    await expect(open()).rejects.toMatchObject({
      code: 'store',
      message: expect.stringContaining(path) as string,
    });
    await expect(open()).rejects.toThrow(reason);
  });

  it.each(['EACCES', 'EPERM', 'EROFS'])('says so when it may not be written (%s)', (code) => {
    const error = openingError(Object.assign(new Error('refused'), { code }), path);
    expect(error).toMatchObject({
      code: 'store',
      retryable: false,
      details: { nextStep: expect.any(String) as string },
    });
    expect(error.message).toBe(
      `The store at ${path} cannot be opened: n8n has no right to write there (${code})`,
    );
  });

  it('is refused when a newer version wrote it', async () => {
    await (await open()).close();
    const database = new DatabaseSync(path);
    database.exec("insert into migrations (version, name, applied_at) values (999, 'later', 0)");
    database.close();
    await expect(open()).rejects.toThrow(/written by a newer version.*999/);
  });

  it('waits for another process that is writing', async () => {
    const store = await open();
    const database = new DatabaseSync(path);
    database.exec('begin immediate');
    setTimeout(() => database.exec('commit'), 600);
    await store.connections.create(aConnection());
    expect(await store.connections.list()).toHaveLength(1);
    database.close();
  });

  it('has every acknowledged append after kill -9 in the middle of them', async () => {
    const acknowledged = await appendUntilKilled(path);
    expect(acknowledged.length).toBeGreaterThan(100);
    const store = await open();
    const stored = new Set(
      (await store.queue.list({ connectionId: 'c1', limit: 1_000_000 })).map(({ recordId }) => recordId),
    );
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
    expect(await store.checkpoints.get('c1', 'last')).toEqual(expect.any(Number));
    const database = new DatabaseSync(path);
    expect(database.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' });
    expect(database.prepare('pragma foreign_key_check').all()).toEqual([]);
    database.close();
  });

  it('is one open store for all who share it', async () => {
    const options = { kind: 'sqlite' as const, path, random };
    const [one, two] = await Promise.all([
      sharedStore(options),
      sharedStore({ ...options, path: `${path}/../store.sqlite` }),
    ]);
    expect(two.queue).toBe(one.queue);
    await one.close();
    await one.close();
    await two.connections.create(aConnection());
    await closeSharedStores();
    await expect(two.connections.list()).rejects.toMatchObject({ code: 'store' });
    const next = await sharedStore(options);
    expect(await next.connections.list()).toHaveLength(1);
    await closeSharedStores();
  });

  it('can be shared after it could not be opened', async () => {
    mkdirSync(path, { recursive: true });
    await expect(sharedStore({ kind: 'sqlite', path, random })).rejects.toThrow(/folder/);
    rmSync(path, { recursive: true });
    await sharedStore({ kind: 'sqlite', path, random });
    await closeSharedStores();
  });
});

/** The ids that a process said were stored, until it was killed while it went on. */
async function appendUntilKilled(path: string): Promise<string[]> {
  const script = join(__dirname, 'support', 'appender.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.length > 4000) child.kill('SIGKILL');
    });
    child.on('close', () => resolve());
  });
  return output.split('\n').slice(0, -1);
}
