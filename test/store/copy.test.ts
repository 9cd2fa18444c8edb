import { openStore, type OpenStore } from '../../shared/store';
import {
  NO_RECORD,
  T0,
  aConnection,
  anEvent,
  anIntent,
  claimOne,
  paired,
  settled,
} from '../contract/storeSupport';
import { usePlaces, type Place } from './support/places';
import { testRandom } from './support/random';

const random = testRandom();
const lease = { worker: 'w9', now: T0 + 1, leaseMs: 60_000 };

describe.each(usePlaces())('a copy of a connection on %s', (_name, make) => {
  let place: Place;
  let store: OpenStore;
  beforeEach(async () => {
    place = await make();
    store = await openStore({ ...place.location, random });
    await store.connections.create(aConnection('c1'));
    await store.connections.create(aConnection('c2', { tenantId: 'other' }));
  });
  afterEach(async () => {
    await store.close();
    await place.owner.close();
    await place.dispose();
  });

  const records = async (of: OpenStore, id = 'c1') =>
    (await of.appRecords.list(id, 'customer', { limit: 10 })).map(({ fields }) => fields['displayName']);

  /** What is still to be worked on afterwards. */
  async function fill(): Promise<(string | null)[]> {
    await store.queue.append(
      ['r1', 'r2', 'r3', 'r4'].map((id) => anEvent(id)),
      {
        now: T0,
        checkpoint: {
          connectionId: 'c1',
          name: 'import:invoice:ledger',
          value: { cursor: '2', done: false },
        },
      },
    );
    const first = await claimOne(store);
    await store.queue.settle(
      first,
      settled({ link: paired(first.link, 'a1', first.link.ledger.id as string) }),
    );
    const second = await claimOne(store);
    await store.queue.settle(
      second,
      settled({
        outcome: { kind: 'held' },
        conflict: {
          kind: 'hold',
          title: 'INV-1',
          fields: [],
          record: NO_RECORD,
          appVersion: '1',
          ledgerVersion: '1',
          policyVersion: 0,
        },
      }),
    );
    const working = await claimOne(store);
    await store.queue.storeIntents(working, [anIntent(working, 'intent-1', { operation: 'create' })]);
    await store.policies.set(
      { connectionId: 'c1', entity: 'invoice', field: '*', winner: 'app' },
      'user ann',
      T0,
    );
    await store.appRecords.write(
      {
        connectionId: 'c1',
        entity: 'customer',
        id: 'k1',
        state: 'live',
        schemaVersion: 1,
        fields: { displayName: 'Acme' },
      },
      { expectedVersion: null, now: T0 },
    );
    await store.queue.append([{ ...anEvent('elsewhere'), connectionId: 'c2' }], { now: T0 });
    const done = [first, second].map(({ link }) => link.ledger.id);
    return ['r1', 'r2', 'r3', 'r4'].filter((id) => !done.includes(id));
  }

  it('has what decides about its records, and nobody else’s', async () => {
    const due = await fill();
    const copy = await store.copyOf('c1');
    try {
      const links = await store.links.list('c1', { limit: 10 });
      const idsOf = (of: typeof links) => of.map(({ id, app, ledger, base }) => ({ id, app, ledger, base }));
      expect(idsOf(await copy.links.list('c1', { limit: 10 }))).toEqual(idsOf(links));
      expect(await copy.policies.load('c1')).toEqual(await store.policies.load('c1'));
      expect(await copy.conflicts.list({ connectionId: 'c1', limit: 10 })).toEqual(
        await store.conflicts.list({ connectionId: 'c1', limit: 10 }),
      );
      expect(await copy.checkpoints.get('c1', 'import:invoice:ledger')).toEqual({ cursor: '2', done: false });
      expect((await copy.queue.openCreates('c1', 'invoice', 'app')).map(({ key }) => key)).toEqual([
        'intent-1',
      ]);
      expect(await records(copy)).toEqual(['Acme']);
      expect((await copy.connections.list()).map(({ id }) => id)).toEqual(['c1']);
      expect(await copy.links.list('c2', { limit: 10 })).toEqual([]);
      // What was settled has no events any more, and nobody works on what is copied.
      expect(await copy.queue.counts('c1')).toMatchObject({ pending: 2, held: 1, settled: 0 });
      const claims = await copy.queue.claim({ connectionIds: ['c1'], limit: 10, ...lease });
      expect(claims.map(({ link }) => link.ledger.id).sort()).toEqual(due);
    } finally {
      await copy.close();
    }
  });

  it('can be worked on, which the store itself never hears of', async () => {
    await fill();
    const before = {
      counts: await store.queue.counts('c1'),
      audit: (await store.audit.list('c1', { limit: 50 })).length,
    };
    const copy = await store.copyOf('c1');
    const [record] = await copy.appRecords.list('c1', 'customer', { limit: 1 });
    await copy.appRecords.write(
      { ...record!, fields: { displayName: 'Changed' } },
      { expectedVersion: record!.version, now: T0 },
    );
    await copy.queue.append([anEvent('new')], { now: T0 });
    for (const claim of await copy.queue.claim({ connectionIds: ['c1'], limit: 10, ...lease }))
      await copy.queue.settle(
        claim,
        settled({ audit: [{ kind: 'synced', linkId: claim.link.id, detail: {} }] }),
      );
    expect(await records(copy)).toEqual(['Changed']);
    expect((await copy.audit.list('c1', { limit: 50 })).length).toBeGreaterThan(0);
    await copy.close();

    expect(await records(store)).toEqual(['Acme']);
    expect({
      counts: await store.queue.counts('c1'),
      audit: (await store.audit.list('c1', { limit: 50 })).length,
    }).toEqual(before);
  });

  it('leaves others their turn while it is being made', async () => {
    const write = async (id: string) =>
      await store.appRecords.write(
        { connectionId: 'c1', entity: 'customer', id, state: 'live', schemaVersion: 1, fields: {} },
        { expectedVersion: null, now: T0 },
      );
    await Promise.all(Array.from({ length: 1_200 }, (_, index) => write(`k${index}`)));
    let turns = 0;
    const count = () => {
      turns++;
      turn = setImmediate(count);
    };
    let turn = setImmediate(count);
    const copy = await store.copyOf('c1');
    clearImmediate(turn);
    expect(await copy.appRecords.list('c1', 'customer', { limit: 2_000 })).toHaveLength(1_200);
    await copy.close();
    expect(turns).toBeGreaterThanOrEqual(3);
  });

  it('says so when there is no such connection', async () => {
    await expect(store.copyOf('nobody')).rejects.toMatchObject({ code: 'not_found' });
  });
});
