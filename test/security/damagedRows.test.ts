import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openStore, type OpenStore } from '../../shared/store';
import { systemRandom } from '../../shared/system';
import {
  aConnection,
  anEvent,
  claimOne,
  claimSome,
  failure,
  paired,
  settled,
  T0,
} from '../contract/storeSupport';

/** Somebody has written into the database, a disk has lost a block: single rows are not what was stored. */
describe('a damaged row in the store', () => {
  let folder: string;
  let store: OpenStore;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'accounting-sync-'));
    store = await openStore({ kind: 'sqlite', path: join(folder, 'store.sqlite'), random: systemRandom });
    await store.connections.create(aConnection());
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const damage = (sql: string, id: string) => {
    const database = new DatabaseSync(join(folder, 'store.sqlite'));
    database.prepare(sql).run(id);
    database.close();
  };
  const pair = async (recordId: string) => {
    await store.queue.append([anEvent(recordId)], { now: T0 });
    const claim = await claimOne(store);
    await store.queue.settle(claim, settled({ link: paired(claim.link, `a${recordId}`, recordId) }));
    return claim.link.id;
  };

  it.each(['base_fields', 'lines', 'ledger_echo'])('stops its own record only: links.%s', async (column) => {
    const bad = await pair('1');
    const good = await pair('2');
    damage(`update links set ${column} = '{"cut' where id = ?`, bad);
    await store.queue.append([anEvent('1'), anEvent('2')], { now: T0 });
    expect((await claimSome(store)).map(({ link }) => link.id)).toEqual([good]);
    expect(await store.queue.counts('c1')).toMatchObject({ dead: 1 });
    expect(await store.queue.ready(['c1'], T0)).toMatchObject({ ready: 0 });
    const { failures } = await store.notices.take('x', 'c1', { limit: 9, now: T0 });
    expect(failures).toMatchObject([
      {
        linkId: bad,
        error: { code: 'store', message: `The link of invoice ${bad} in the store is damaged` },
      },
    ]);
    const rows = await store.audit.list('c1', { linkId: bad, limit: 99 });
    expect(rows.at(-1)).toMatchObject({ kind: 'dead_letter', detail: { error: { code: 'store' } } });
  });

  it('stops its own record only, where others are looked up with it', async () => {
    const [bad, good] = [await pair('1'), await pair('2')];
    damage(`update links set lines = 'x' where id = ?`, bad);
    expect([...(await store.links.getMany([bad, good])).keys()]).toEqual([good]);
    expect([...(await store.links.bySide('c1', 'invoice', 'ledger', ['1', '2'])).keys()]).toEqual(['2']);
    const lease = { worker: 'w', now: T0, leaseMs: 1_000 };
    const refused = { code: 'store', message: `The link of invoice ${bad} in the store is damaged` };
    await expect(store.queue.claimLink(bad, lease)).rejects.toMatchObject(refused);
    expect(await store.queue.claimLink(good, lease)).toMatchObject({ link: { id: good } });
    await expect(store.links.get(bad)).rejects.toMatchObject(refused);
  });

  it('is no reason to lose an event whose reason it held', async () => {
    await store.queue.append([anEvent('1')], { now: T0 });
    const claim = await claimOne(store);
    await store.queue.settle(claim, settled({ outcome: { kind: 'dead', error: failure } }));
    damage(`update events set last_error = '{' where link_id = ?`, claim.link.id);
    expect(await store.queue.list({ connectionId: 'c1', limit: 9 })).toMatchObject([
      { status: 'dead', lastError: { code: 'store' } },
    ]);
  });
});
