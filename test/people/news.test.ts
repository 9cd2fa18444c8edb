import { NewsReader, type News, type NewsKind, type NewsOptions } from '../../shared/people/news';
import type { Connection, Settlement } from '../../shared/ports';
import { openStore, type OpenStore } from '../../shared/store';
import { aConnection, anEvent, claimOne, failure, NO_RECORD, settled, T0 } from '../contract/storeSupport';
import { usePlaces, type Place } from '../store/support/places';
import { testRandom } from '../store/support/random';

const random = testRandom();
const ALL: NewsKind[] = [
  'conflictOpened',
  'conflictSettled',
  'connectionPaused',
  'connectionSilent',
  'recordChanged',
  'recordFailed',
];
const HOUR = 3_600_000;

const hold = (amount: string): NonNullable<Settlement['conflict']> => ({
  kind: 'hold',
  title: 'INV-1',
  fields: [{ path: 'total', label: 'Total', base: '1', app: '2', ledger: amount, reason: 'both_changed' }],
  record: NO_RECORD,
  appVersion: '4',
  ledgerVersion: amount,
  policyVersion: 0,
});

describe.each(usePlaces())('news on %s', (_name, make) => {
  let place: Place;
  const stores: OpenStore[] = [];
  let store: OpenStore;

  const open = async () => {
    const opened = await openStore({ ...place.location, random });
    stores.push(opened);
    return opened;
  };

  beforeEach(async () => {
    place = await make();
    store = await open();
    await store.connections.create(aConnection());
  });

  afterEach(async () => {
    for (const one of stores.splice(0)) await one.close();
    await place.owner.close();
    await place.dispose();
  });

  /** A reader with what it has told. */
  const reading = (patch: Partial<NewsOptions> = {}, from = store) => {
    const told: News[] = [];
    const errors: unknown[] = [];
    const reader = new NewsReader(from, {
      consumer: 'w1/n1',
      kinds: new Set(ALL),
      includeOpen: true,
      silentMs: HOUR,
      heardAt: () => Promise.resolve(null),
      tell: (_connection, news) => void told.push(...news),
      onError: (error) => errors.push(error),
      ...patch,
    });
    const connections = (): Promise<Connection[]> => from.connections.list();
    const look = async (now = T0) => {
      while (await reader.look(await connections(), now));
    };
    return { told, errors, look, kinds: () => told.map(({ kind }) => kind) };
  };

  const work = async (recordId: string, now: number, patch: Partial<Settlement>, on = store) => {
    await on.queue.append([anEvent(recordId)], { now });
    const claim = await claimOne(on, { now });
    const audit = (patch.audit ?? []).map((entry) => ({ ...entry, linkId: claim.link.id }));
    await on.queue.settle(claim, settled({ now, ...patch, audit }));
    return claim.link.id;
  };
  const change = { kind: 'synced', linkId: null, detail: { entity: 'invoice', wrote: ['app'] } };
  const echo = { kind: 'echo', linkId: null, detail: { entity: 'invoice' } };
  const holdRecord = async (recordId: string, now: number, amount = '3') =>
    await work(recordId, now, {
      conflict: hold(amount),
      outcome: { kind: 'held' },
      audit: [{ kind: 'conflict', linkId: null, detail: { entity: 'invoice' } }],
    });
  const closeRecord = async (recordId: string, now: number) =>
    await work(recordId, now, {
      conflict: { kind: 'close', reason: 'both sides agree now' },
      audit: [change],
    });

  it('begin now, except for what is open already', async () => {
    await holdRecord('1', T0);
    await closeRecord('1', T0 + 1);
    await holdRecord('2', T0 + 2);
    await work('3', T0 + 3, { outcome: { kind: 'dead', error: failure } });
    const { look, kinds } = reading();
    await look();
    expect(kinds()).toEqual(['conflictOpened', 'recordFailed']);
    const later = reading({ consumer: 'w2/n1', includeOpen: false });
    await later.look();
    expect(later.told).toEqual([]);
    await holdRecord('4', T0 + 5);
    await later.look(T0 + 5);
    expect(later.kinds()).toEqual(['conflictOpened']);
  });

  it('tell each thing once, in order, and go on where they were after a restart', async () => {
    const before = reading();
    await before.look();
    const link = await holdRecord('1', T0 + 1);
    await before.look(T0 + 1);
    expect(before.told).toMatchObject([
      { kind: 'conflictOpened', conflict: { linkId: link, ledgerId: '1', title: 'INV-1' } },
    ]);
    await work('2', T0 + 2, { audit: [echo] });
    await closeRecord('1', T0 + 3);
    await store.connections.update('c1', { state: 'paused', pausedReason: 'Reconnect it.' }, { now: T0 + 4 });
    const after = reading({}, await open());
    await after.look(T0 + 5);
    expect(after.told).toMatchObject([
      { kind: 'recordChanged', row: { linkId: link } },
      { kind: 'conflictSettled', conflict: { linkId: link, closeReason: 'both sides agree now' } },
      { kind: 'connectionPaused', row: { detail: { after: { pausedReason: 'Reconnect it.' } } } },
    ]);
    await before.look(T0 + 6);
    await after.look(T0 + 6);
    expect([before.told.length, after.told.length]).toEqual([1, 3]);
    expect([before.errors, after.errors]).toEqual([[], []]);
  });

  it('tell what was settled in one millisecond once, in whatever pages it is read', async () => {
    const { look, kinds } = reading({ kinds: new Set<NewsKind>(['conflictSettled']) });
    await look();
    for (const id of ['1', '2']) await holdRecord(id, T0 + 1);
    await closeRecord('1', T0 + 2);
    await look(T0 + 2);
    await closeRecord('2', T0 + 2);
    await work('1', T0 + 2, { audit: [echo] });
    await look(T0 + 2);
    expect(kinds()).toEqual(['conflictSettled', 'conflictSettled']);
  });

  it('are told by one of several processes, and none is lost between them', async () => {
    const others = [store, await open(), await open()];
    const readers = others.map((one) => reading({ includeOpen: false }, one));
    await Promise.all(readers.map(async ({ look }) => await look()));
    const makeNews = async () => {
      for (let i = 0; i < 15; i++) {
        await holdRecord(`h${i}`, T0 + i);
        await work(`c${i}`, T0 + i, { audit: [change] });
      }
    };
    const lookAll = async () => {
      for (let i = 0; i < 15; i++) await Promise.all(readers.map(async ({ look }) => await look(T0 + i)));
    };
    await Promise.all([makeNews(), lookAll()]);
    await Promise.all(readers.map(async ({ look }) => await look(T0 + 20)));
    const told = readers.flatMap((reader) => reader.told);
    const keys = told.map((news) =>
      news.kind === 'conflictOpened'
        ? news.conflict.linkId
        : news.kind === 'recordChanged'
          ? news.row.seq
          : '',
    );
    expect(told.filter(({ kind }) => kind === 'conflictOpened')).toHaveLength(15);
    expect(told.filter(({ kind }) => kind === 'recordChanged')).toHaveLength(15);
    expect(new Set(keys).size).toBe(30);
    expect(readers.flatMap(({ errors }) => errors)).toEqual([]);
  });

  it('of a silence are told once, and of the next one again', async () => {
    let heard: number | null = null;
    const { look, told } = reading({ heardAt: () => Promise.resolve(heard) });
    await look(T0);
    await look(T0 + HOUR - 1);
    expect(told).toEqual([]);
    await look(T0 + 2 * HOUR);
    await look(T0 + 3 * HOUR);
    expect(told).toEqual([{ kind: 'connectionSilent', heardAt: null }]);
    heard = T0 + 4 * HOUR;
    await look(T0 + 4 * HOUR + 120_000);
    expect(told).toHaveLength(1);
    const another = reading({ heardAt: () => Promise.resolve(heard) }, await open());
    await another.look(T0 + 5 * HOUR);
    await look(T0 + 6 * HOUR);
    expect([...told.slice(1), ...another.told]).toEqual([{ kind: 'connectionSilent', heardAt: heard }]);
    await store.connections.update('c1', { state: 'paused' }, { now: T0 });
    heard = T0 + 7 * HOUR;
    await another.look(T0 + 20 * HOUR);
    expect(another.kinds()).toEqual(['connectionSilent', 'connectionPaused']);
  });

  it('of one connection do not wait for another one that is gone', async () => {
    await store.connections.create(aConnection('c2'));
    const { look, told, errors } = reading({ consumer: 'x' });
    await look();
    const reader = reading({ consumer: 'x' });
    await holdRecord('1', T0);
    const gone = aConnection('gone');
    const all = [gone, ...(await store.connections.list())];
    const one = new NewsReader(store, {
      consumer: 'x',
      kinds: new Set(ALL),
      includeOpen: true,
      silentMs: HOUR,
      heardAt: () => Promise.resolve(null),
      tell: (_connection, news) => void reader.told.push(...news),
      onError: (error) => reader.errors.push(error),
    });
    await one.look(all, T0);
    expect(reader.kinds()).toEqual(['conflictOpened']);
    expect(reader.errors).toHaveLength(1);
    expect([told, errors]).toEqual([[], []]);
  });
});
