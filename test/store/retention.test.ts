import { cleanUp, DEFAULT_DAYS, openStore, type OpenStore } from '../../shared/store';
import type { Settlement } from '../../shared/ports';
import {
  aConnection,
  anEvent,
  anIntent,
  claimOne,
  paired,
  settled,
  T0,
  NO_RECORD,
} from '../contract/storeSupport';
import { usePlaces, type Place } from './support/places';
import { testRandom } from './support/random';

const random = testRandom();
const DAY = 86_400_000;
const ann = 'user ann' as const;
const rest = async () => {};

const HOLD: Settlement['conflict'] = {
  kind: 'hold',
  title: 'INV-1',
  fields: [],
  record: NO_RECORD,
  appVersion: '1',
  ledgerVersion: '1',
  policyVersion: 0,
};

describe.each(usePlaces())('retention on %s', (_name, make) => {
  let place: Place;
  let store: OpenStore;

  const count = async (table: string) =>
    Number((await place.owner.run(`select count(*) as n from ${table}`))[0]!['n']);
  const work = async (recordId: string, now: number, patch: Partial<Settlement> = {}, key = recordId) => {
    await store.queue.append([anEvent(recordId, { dedupeKey: key })], { now });
    const claim = await claimOne(store, { now });
    await store.queue.storeIntents(claim, [anIntent(claim, `i-${key}`, { storedAt: now })]);
    const audit = [{ kind: 'synced', linkId: claim.link.id, detail: { link: { lines: [] } } }];
    const intents = [{ key: `i-${key}`, outcome: 'done' as const }];
    await store.queue.settle(claim, settled({ now, audit, intents, ...patch }));
    return claim;
  };
  const clean = async (days: number) => await cleanUp(store, { now: T0 + days * DAY, by: ann, rest });

  beforeEach(async () => {
    place = await make();
    store = await openStore({ ...place.location, random, auditKey: 'k' });
    await store.connections.create(aConnection());
  });

  afterEach(async () => {
    await place.owner.close();
    await store.close();
    await place.dispose();
  });

  it('removes what is over and old enough, and nothing else', async () => {
    const old = await work('1', T0);
    await work('2', T0 + 50 * DAY);
    await work('3', T0, { conflict: HOLD, outcome: { kind: 'held' } });
    await work('4', T0, { outcome: { kind: 'dead', error: { code: 'x', message: 'x' } } });
    const { removed, broken } = await clean(91);
    expect([removed.events, removed.intents, broken]).toEqual([1, 3, []]);
    expect(await store.queue.counts('c1')).toMatchObject({ settled: 1, held: 1, dead: 1 });
    expect(await store.conflicts.list({ connectionId: 'c1', limit: 9 })).toHaveLength(1);
    expect(await store.links.get(old.link.id)).toMatchObject({ ledger: { id: '1' } });
    // Repeated now, it is a new event: looked at once more, which does no harm.
    expect(await store.queue.append([anEvent('1', { dedupeKey: '1' })], { now: T0 })).toMatchObject({
      stored: 1,
    });
    expect(await store.queue.append([anEvent('2', { dedupeKey: '2' })], { now: T0 })).toMatchObject({
      stored: 0,
    });
  });

  it('keeps refused writes for longer, closed conflicts, usage and deletions for their time', async () => {
    const { appRecords, usage } = store;
    await work('1', T0, {
      intents: [{ key: 'i-1', outcome: 'refused' }],
      conflict: HOLD,
      outcome: { kind: 'held' },
    });
    await work('1', T0, { conflict: { kind: 'close', reason: 'resolved' } }, 'again');
    await usage.add('c1', new Date(T0).toISOString().slice(0, 10), { read: 3 });
    const record = { connectionId: 'c1', entity: 'customer', schemaVersion: 1, fields: { name: 'Ann' } };
    await appRecords.write({ ...record, id: 'gone', state: 'deleted' }, { expectedVersion: null, now: T0 });
    await appRecords.write({ ...record, id: 'told', state: 'deleted' }, { expectedVersion: null, now: T0 });
    await appRecords.write({ ...record, id: 'live', state: 'live' }, { expectedVersion: null, now: T0 });
    await store.queue.append([anEvent('told', { entity: 'customer', side: 'app' })], { now: T0 });
    const claim = await claimOne(store);
    await store.queue.settle(claim, settled({ link: paired(claim.link, 'told', '77') }));
    expect((await clean(91)).removed).toMatchObject({
      events: 3,
      intents: 1,
      conflicts: 0,
      usage: 0,
      appRecords: 0,
    });
    expect((await clean(402)).removed).toMatchObject({ intents: 1, conflicts: 1, usage: 1, appRecords: 1 });
    // The ledger's record is still there, so the deletion has not been carried over.
    expect(await appRecords.get('c1', 'customer', 'told')).not.toBeNull();
    expect(await appRecords.get('c1', 'customer', 'live')).not.toBeNull();
    expect(await appRecords.get('c1', 'customer', 'gone')).toBeNull();
    expect(await count("app_record_keys where record_id = 'gone'")).toBe(0);
  });

  it('removes links to decide a conflict some time after they expired', async () => {
    await work('1', T0, { conflict: HOLD, outcome: { kind: 'held' } });
    const conflictId = (await store.conflicts.list({ connectionId: 'c1', limit: 1 }))[0]!.id;
    const link = { conflictId, expiresAt: T0 + DAY };
    for (const person of ['Jane', 'Bob']) {
      await store.decisionLinks.create({ ...link, token: person, person }, { now: T0, by: ann });
    }
    expect((await clean(91)).removed.decisionLinks).toBe(0);
    expect(await store.decisionLinks.look('Jane', T0)).toMatchObject({ kind: 'open' });
    expect((await clean(92)).removed.decisionLinks).toBe(2);
    expect(await store.decisionLinks.look('Jane', T0)).toEqual({ kind: 'unknown' });
  });

  it('goes through any number in small steps, and can be stopped between two', async () => {
    const events = Array.from({ length: 1_200 }, (_, index) => anEvent(`r${index}`));
    await store.queue.append(events, { now: T0 });
    await place.owner.run(`update events set status = 'settled', settled_at = ${T0}`);
    let rests = 0;
    const counting = async () => void rests++;
    const now = T0 + 91 * DAY;
    const stopped = await cleanUp(store, { now, by: ann, rest: counting, isOver: () => rests === 1 });
    expect(stopped.removed.events).toBe(500);
    expect((await clean(91)).removed.events).toBe(700);
    expect(await count('events')).toBe(0);
  });

  it('archives the audit, from where a replay goes on, and tells in the chain of the store', async () => {
    for (const id of ['1', '2', '3']) await work(id, T0);
    const before = await store.audit.list('c1', { limit: 100 });
    const { removed } = await clean(731);
    expect(removed.audit).toBe(before.length - 1);
    expect(await store.audit.verify('c1', { now: T0 })).toMatchObject({
      rows: 1,
      archived: 3,
      brokenAt: null,
    });
    expect((await store.audit.states('c1', { limit: 9 })).map(({ state }) => state)).toEqual([
      { lines: [] },
      { lines: [] },
    ]);
    expect((await store.audit.list('*', { limit: 9 })).at(-1)).toMatchObject({
      kind: 'store_cleaned_up',
      by: ann,
      detail: { removed },
    });
    expect((await clean(732)).removed.audit).toBe(0);
  });

  it('keeps what it is told to keep, but not for less than the sync needs', async () => {
    const { retention } = store;
    expect(await retention.days()).toEqual(DEFAULT_DAYS);
    const act = { now: T0, by: ann };
    await expect(retention.setDays({ events: 44 }, act)).rejects.toMatchObject({ code: 'validation' });
    await expect(retention.setDays({ events: 45.5 }, act)).rejects.toMatchObject({ code: 'validation' });
    expect(await retention.setDays({ events: 45 }, act)).toEqual({ ...DEFAULT_DAYS, events: 45 });
    await retention.setDays({ events: 45 }, act);
    const rows = await store.audit.list('*', { limit: 9 });
    expect(rows.filter(({ kind }) => kind === 'settings_changed')).toMatchObject([
      { by: ann, detail: { before: DEFAULT_DAYS, after: { events: 45 } } },
    ]);
    await work('1', T0);
    expect((await clean(46)).removed).toMatchObject({ events: 1, intents: 0 });
  });

  it('lets one of many begin, once a day, and again when the clock was set back', async () => {
    const another = await openStore({ ...place.location, random });
    const begin = async (now: number) =>
      await Promise.all(
        [store, another].map(async (one) => await one.retention.begin({ now, everyMs: DAY })),
      );
    expect((await begin(T0)).filter(Boolean)).toHaveLength(1);
    expect(await begin(T0 + DAY - 1)).toEqual([false, false]);
    expect((await begin(T0 + DAY)).filter(Boolean)).toHaveLength(1);
    expect((await begin(T0)).filter(Boolean)).toHaveLength(1);
    await another.close();
  });
});
