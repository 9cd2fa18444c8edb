import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { embedded } from '../../nodes/runtime/storeChoice';
import { openStore, type OpenStore } from '../../shared/store';
import { systemRandom } from '../../shared/system';
import { aConnection, anEvent, T0 } from '../contract/storeSupport';

/** What somebody with access to the disk, or a careless restore, can do to the file of the embedded store. */
describe('the file of the embedded store', () => {
  let root: string;
  let home: string;
  let folder: string;
  let path: string;
  let warnings: string[];
  const stores: OpenStore[] = [];

  const open = async () => {
    const warn = (message: string) => void warnings.push(message);
    const store = await openStore({ ...embedded(home), random: systemRandom, warn });
    stores.push(store);
    return store;
  };
  const modeOf = (file: string) => statSync(file).mode & 0o777;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'accounting-sync-file-'));
    home = join(root, '.n8n');
    folder = join(home, 'accounting-sync');
    path = join(folder, 'store.sqlite');
    warnings = [];
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    rmSync(root, { recursive: true, force: true });
  });

  const anotherProgram = () => {
    const database = new DatabaseSync(path);
    database.exec('create table letters (text); pragma user_version = 7');
    database.close();
  };

  it.each<[string, () => void, RegExp]>([
    ['the database of another program', anotherProgram, /another program/],
    ['one byte', () => writeFileSync(path, 'x'), /not a database/],
    ['a text', () => writeFileSync(path, 'SQLite format 2, or so. '.repeat(50)), /not a database/],
    ['empty', () => writeFileSync(path, ''), /is empty/],
  ])('is refused untouched when it is %s', async (_what, put, reason) => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    put();
    const before = readFileSync(path);
    await expect(open()).rejects.toMatchObject({
      code: 'store',
      message: expect.stringMatching(reason) as string,
      details: { nextStep: expect.any(String) as string },
    });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(['store.sqlite']);
  });

  it('is not made anew when it was emptied', async () => {
    const store = await open();
    await store.connections.create(aConnection());
    await store.close();
    truncateSync(path, 0);
    await expect(open()).rejects.toThrow(/it was emptied/);
    expect(statSync(path).size).toBe(0);
  });

  it.each<[string, () => void]>([
    ['its folder is a link to another place', () => symlinkSync(join(root, 'elsewhere'), folder)],
    [
      'it is a link to another file',
      () => (mkdirSync(folder), symlinkSync(join(root, 'elsewhere', 'victim'), path)),
    ],
    [
      'its log is a link to another file',
      () => (mkdirSync(folder), symlinkSync(join(root, 'elsewhere', 'victim'), `${path}-wal`)),
    ],
  ])('is refused when %s, and nothing is made there', async (_what, link) => {
    mkdirSync(join(root, 'elsewhere'));
    mkdirSync(home);
    link();
    await expect(open()).rejects.toMatchObject({
      code: 'store',
      message: expect.stringMatching(/link|leads out/) as string,
    });
    expect(readdirSync(join(root, 'elsewhere'))).toEqual([]);
  });

  it('may be below a data folder that is a link itself, as containers have it', async () => {
    mkdirSync(join(root, 'volume'));
    symlinkSync(join(root, 'volume'), home);
    await (await open()).connections.create(aConnection());
    expect(existsSync(join(root, 'volume', 'accounting-sync', 'store.sqlite'))).toBe(true);
  });

  it('is made its owner’s alone again after a backup came back readable by all, and says so', async () => {
    await (await open()).connections.create(aConnection());
    chmodSync(path, 0o644);
    chmodSync(`${path}-wal`, 0o666);
    chmodSync(folder, 0o755);
    await open();
    expect([modeOf(path), modeOf(`${path}-wal`), modeOf(`${path}-shm`), modeOf(folder)]).toEqual([
      0o600, 0o600, 0o600, 0o700,
    ]);
    expect(warnings.map((line) => line.slice(0, line.indexOf(' could')))).toEqual([
      folder,
      path,
      `${path}-wal`,
    ]);
  });

  it.each<[string, (file: string) => void]>([
    ['moved away', (file) => renameSync(file, `${file}.old`)],
    ['removed', (file) => rmSync(file)],
    [
      'replaced by a copy',
      (file) => {
        copyFileSync(file, `${file}.copy`);
        renameSync(`${file}.copy`, file);
      },
    ],
  ])('takes nothing more once it was %s, and not after it is back either', async (_what, move) => {
    for (const file of [path, `${path}-wal`]) {
      const store = await open();
      if (file === path) await store.connections.create(aConnection());
      await store.queue.append([anEvent('before')], { now: T0 });
      const kept = `${file}.kept`;
      copyFileSync(file, kept);
      move(file);
      const refused = {
        code: 'store',
        retryable: false,
        message: expect.stringContaining('moved, removed or replaced') as string,
        details: { nextStep: expect.stringMatching(/^Stop n8n, put the file back/) as string },
      };
      await expect(store.queue.append([anEvent('after')], { now: T0 })).rejects.toMatchObject(refused);
      await expect(
        Promise.all(['a', 'b'].map(async (id) => await store.queue.append([anEvent(id)], { now: T0 }))),
      ).rejects.toMatchObject(refused);
      renameSync(kept, file);
      await expect(store.queue.append([anEvent('after')], { now: T0 })).rejects.toMatchObject(refused);
      await store.close();
    }
  });

  (existsSync('/proc/locks') ? it : it.skip)(
    'keeps the locks that SQLite has on it when it is looked at again',
    async () => {
      // A process gives up all locks on a file when it closes it, whoever took them: then another program may take
      // the log away.
      const store = await open();
      await store.connections.create(aConnection());
      await open();
      const locks = readFileSync('/proc/locks', 'utf8');
      const { ino } = statSync(path);
      const ours = locks
        .split('\n')
        .filter((line) => line.includes(` ${process.pid} `) && line.includes(`:${ino} `));
      expect(ours.length).toBeGreaterThan(0);
    },
  );
});
