import type { Fixture } from './store';
import {
  aConnection,
  anEvent,
  claimOne,
  claimSome,
  failure,
  MINUTE,
  paired,
  settled,
  T0,
} from './storeSupport';

/** Appending, settling and everything that happens to events. */
export function queueContract({ store, another }: Fixture): void {
  describe('queue', () => {
    beforeEach(async () => await store().connections.create(aConnection()));

    it('stores events once and makes one link for each record', async () => {
      const { queue, links } = store();
      const events = [anEvent('1', { dedupeKey: 'a' }), anEvent('1', { dedupeKey: 'b' }), anEvent('2')];
      expect(await queue.append(events, { now: T0 })).toEqual({ stored: 3, duplicates: 0 });
      expect(await queue.append(events, { now: T0 })).toEqual({ stored: 1, duplicates: 2 });
      const twice = [anEvent('3', { dedupeKey: 'c' }), anEvent('4', { dedupeKey: 'c' })];
      expect(await queue.append(twice, { now: T0 })).toEqual({ stored: 1, duplicates: 1 });
      expect([...(await links.bySide('c1', 'invoice', 'ledger', ['1', '2', '9'])).keys()].sort()).toEqual([
        '1',
        '2',
      ]);
      expect(await queue.counts('c1')).toEqual({ pending: 5, waiting: 0, held: 0, settled: 0, dead: 0 });
    });

    it('keeps records of different connections, entities and sides apart', async () => {
      const { connections, queue } = store();
      await connections.create(aConnection('c2'));
      await queue.append(
        [
          anEvent('1', { dedupeKey: 'k' }),
          anEvent('1', { dedupeKey: 'k', connectionId: 'c2' }),
          anEvent('1', { entity: 'bill' }),
          anEvent('1', { side: 'app' }),
        ],
        { now: T0 },
      );
      expect(await claimSome(store(), { connectionIds: ['c1', 'c2'] })).toHaveLength(4);
    });

    it('stores a checkpoint with its events or not at all', async () => {
      const { queue, checkpoints } = store();
      const checkpoint = { connectionId: 'c1', name: 'page', value: 7 };
      await expect(
        queue.append([anEvent('1'), anEvent('2', { connectionId: 'nobody' })], { now: T0, checkpoint }),
      ).rejects.toMatchObject({ code: 'not_found' });
      expect(await checkpoints.get('c1', 'page')).toBeNull();
      expect((await queue.counts('c1')).pending).toBe(0);
      await queue.append([], { now: T0, checkpoint });
      expect(await checkpoints.get('c1', 'page')).toBe(7);
    });

    it('takes many callers at once, from several handles', async () => {
      const stores = [store(), await another()];
      const results = await Promise.all(
        Array.from({ length: 200 }, async (_, index) =>
          stores[index % 2]!.queue.append(
            [anEvent(`r${index % 20}`, { dedupeKey: `k${index % 100}` }), anEvent(`r${(index * 7) % 20}`)],
            { now: T0 },
          ),
        ),
      );
      expect(results.reduce((sum, { stored }) => sum + stored, 0)).toBe(300);
      expect((await store().links.list('c1', { limit: 100 })).length).toBe(20);
    });

    it('refuses one append and lets those beside it through', async () => {
      const { queue } = store();
      const results = await Promise.allSettled([
        queue.append([anEvent('1')], { now: T0 }),
        queue.append([anEvent('2', { connectionId: 'nobody' })], { now: T0 }),
        queue.append([anEvent('3', { side: 'nowhere' as 'app' })], { now: T0 }),
        queue.append([anEvent('4')], { now: T0 }),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
      expect((await queue.counts('c1')).pending).toBe(2);
    });

    it('takes a thousand events in one go', async () => {
      const { queue } = store();
      const events = Array.from({ length: 1000 }, (_, index) =>
        anEvent(`r${index}`, { dedupeKey: `d${index}` }),
      );
      expect(await queue.append(events, { now: T0 })).toEqual({ stored: 1000, duplicates: 0 });
      expect(await queue.append(events, { now: T0 })).toEqual({ stored: 0, duplicates: 1000 });
    });

    it('keeps a checkpoint with the last of many events', async () => {
      const { queue, checkpoints } = store();
      const events = Array.from({ length: 600 }, (_, index) => anEvent(`r${index}`));
      const checkpoint = { connectionId: 'c1', name: 'page', value: 7 };
      expect(await queue.append(events, { now: T0, checkpoint })).toEqual({ stored: 600, duplicates: 0 });
      expect(await checkpoints.get('c1', 'page')).toBe(7);
      expect((await queue.counts('c1')).pending).toBe(600);
    });

    describe('a repeated event', () => {
      /** The second that both changes happened in; the notification says no more. */
      const told = anEvent('1', { dedupeKey: 'a', occurredAt: '2026-01-02T03:04:05.000Z' });
      const readAt = async (asOf: string | null) => {
        await store().queue.append([told], { now: T0 });
        const claim = await claimOne(store());
        const link = paired(claim.link, 'a1', '1');
        await store().queue.settle(claim, settled({ link: { ...link, ledger: { ...link.ledger, asOf } } }));
      };
      const again = async (event = told) => {
        const answer = await store().queue.append([event], { now: T0 + 10 });
        expect(answer).toEqual({ stored: 0, duplicates: 1 });
        return await claimSome(store(), { now: T0 + 10 });
      };

      it('is looked at again where its record was read within the second that it names', async () => {
        let woken = 0;
        store().onAppended(() => woken++);
        await readAt('2026-01-02T03:04:05.000Z');
        woken = 0;
        const [claim] = await again();
        expect(woken).toBeGreaterThan(0);
        expect(claim?.events).toMatchObject([
          { recordId: '1', dedupeKey: 'a', attempts: 0, receivedAt: T0 + 10 },
        ]);
        await store().queue.settle(claim!, settled({ now: T0 + 11 }));
        expect(await store().queue.counts('c1')).toMatchObject({ settled: 1, pending: 0 });
      });

      it.each([
        ['was read after that second', '2026-01-02T03:04:06.000Z'],
        ['has never been read with a time', null],
      ])('is left alone where its record %s', async (_what, asOf) => {
        await readAt(asOf);
        expect(await again()).toEqual([]);
      });

      it('is left alone where it names no time, or the very moment', async () => {
        await readAt('2026-01-02T03:04:05.600Z');
        const { occurredAt: _occurredAt, ...untimed } = told;
        expect(await again(untimed)).toEqual([]);
        expect(await again({ ...told, occurredAt: '2026-01-02T03:04:05.500Z' })).toEqual([]);
      });

      it('outlives the settlement of the one that is being worked on', async () => {
        await readAt('2026-01-02T03:04:05.000Z');
        const [first] = await again();
        expect(await again()).toEqual([]);
        await store().queue.settle(first!, settled({ now: T0 + 11 }));
        const [second] = await claimSome(store(), { now: T0 + 11 });
        expect(second?.events).toMatchObject([{ recordId: '1', dedupeKey: 'a' }]);
        expect(second?.events[0]?.id).not.toBe(first?.events[0]?.id);
        await store().queue.settle(second!, settled({ now: T0 + 12 }));
        expect(await claimSome(store(), { now: T0 + 13 })).toEqual([]);
      });

      it('that waits for its turn is one event still', async () => {
        await readAt('2026-01-02T03:04:05.000Z');
        await store().queue.append([told], { now: T0 + 1 });
        const [claim] = await again();
        expect(claim?.events).toHaveLength(1);
      });
    });

    it('tells listeners that there is work', async () => {
      let calls = 0;
      const stop = store().onAppended(() => calls++);
      await store().queue.append([anEvent('1')], { now: T0 });
      expect(calls).toBeGreaterThan(0);
      stop();
      const before = calls;
      await store().queue.append([anEvent('2')], { now: T0 });
      expect(calls).toBe(before);
    });

    it('gives a link back as it was settled', async () => {
      const { queue, links } = store();
      await queue.append([anEvent('1')], { now: T0 });
      const claim = await claimOne(store());
      const link = paired(claim.link, 'a1', '1');
      await queue.settle(claim, settled({ link }));
      const stored = await links.get(claim.link.id);
      expect(stored).toEqual({ ...claim.link, ...link });
      expect(Object.keys(stored!.base!.fields)).toEqual(['zeta', 'alpha', 'none']);
      expect((await links.bySide('c1', 'invoice', 'app', ['a1'])).get('a1')).toEqual(stored);
      expect((await links.getMany([claim.link.id, 'nobody'])).size).toBe(1);
      expect(await links.get('nobody')).toBeNull();
      expect((await queue.counts('c1')).settled).toBe(1);
      expect(await claimSome(store(), { now: T0 + MINUTE * 10 })).toEqual([]);
    });

    it('finds or makes a link, and pages through them', async () => {
      const { links } = store();
      const made = await Promise.all(
        ['3', '1', '2', '1'].map(async (id) => links.ensure('c1', 'invoice', 'app', id, T0)),
      );
      expect(made[1]).toEqual(made[3]);
      const ids = [...new Set(made.map(({ id }) => id))].sort();
      const first = await links.list('c1', { entity: 'invoice', limit: 2 });
      const rest = await links.list('c1', { afterId: first[1]!.id, limit: 2 });
      expect([...first, ...rest].map(({ id }) => id)).toEqual(ids);
      expect(await links.list('c1', { entity: 'bill', limit: 2 })).toEqual([]);
      await expect(links.ensure('nobody', 'invoice', 'app', '1', T0)).rejects.toMatchObject({
        code: 'not_found',
      });
    });

    it('leaves events alone that came after the claim', async () => {
      const { queue } = store();
      await queue.append([anEvent('1')], { now: T0 });
      const claim = await claimOne(store());
      await queue.append([anEvent('1', { source: 'poll' })], { now: T0 + 1 });
      await queue.settle(claim, settled({ now: T0 + 2 }));
      const next = await claimOne(store(), { now: T0 + 2 });
      expect(next.events.map(({ source }) => source)).toEqual(['poll']);
      expect(next.link.fence).toBe(claim.link.fence + 1);
    });

    it('counts attempts only when told to and waits until an event is due', async () => {
      const { queue } = store();
      await queue.append([anEvent('1')], { now: T0 });
      const retry = { kind: 'retry' as const, dueAt: T0 + 10, error: failure };
      await queue.settle(await claimOne(store()), settled({ outcome: { ...retry, countAttempt: true } }));
      expect(await claimSome(store(), { now: T0 + 9 })).toEqual([]);
      expect(await queue.ready(['c1'], T0 + 9)).toEqual({ ready: 0, nextAt: T0 + 10 });
      const second = await claimOne(store(), { now: T0 + 10 });
      expect(second.events[0]).toMatchObject({ attempts: 1, lastError: failure, status: 'pending' });
      await queue.settle(second, settled({ outcome: { ...retry, countAttempt: false } }));
      expect((await claimOne(store(), { now: T0 + 11 })).events[0]).toMatchObject({ attempts: 1 });
    });

    it('finds records by how their number or name begins, in the order of these', async () => {
      const { queue, links } = store();
      const numbers = ['1002', '1001', 'Ärger', '10', '2001', '100%_x', null];
      await queue.append(
        numbers.map((_number, index) => anEvent(String(index))),
        { now: T0 },
      );
      for (const claim of await claimSome(store())) {
        const number = numbers[Number(claim.link.ledger.id)];
        const fields = { number: number ?? null };
        const link = { ...paired(claim.link, `a${claim.link.ledger.id}`, claim.link.ledger.id!) };
        const base = { schemaVersion: 1, state: 'live' as const, fields };
        await queue.settle(claim, settled({ link: { ...link, base } }));
      }
      const found = async (text: string, limit = 9, entity = 'invoice') =>
        (await links.titled('c1', entity, { text, limit })).map(({ base }) => base?.fields['number']);
      expect(await found('')).toEqual(['10', '100%_x', '1001', '1002', '2001', 'Ärger']);
      expect(await found('100', 2)).toEqual(['100%_x', '1001']);
      expect(await found('100%')).toEqual(['100%_x']);
      expect(await found(' äRG')).toEqual(['Ärger']);
      expect(await found('3')).toEqual([]);
      expect(await found('', 9, 'customer')).toEqual([]);
      expect(await links.titled('c2', 'invoice', { text: '', limit: 9 })).toEqual([]);
    });

    it('keeps dead letters and replays them', async () => {
      const { queue } = store();
      await queue.append([anEvent('1'), anEvent('2'), anEvent('3')], { now: T0 });
      for (const claim of await claimSome(store())) {
        await queue.settle(claim, settled({ outcome: { kind: 'dead', error: failure } }));
      }
      expect(await claimSome(store(), { now: T0 + MINUTE })).toEqual([]);
      const dead = await queue.list({ connectionId: 'c1', status: 'dead', limit: 10 });
      expect(dead.map(({ recordId, lastError }) => [recordId, lastError])).toEqual([
        ['3', failure],
        ['2', failure],
        ['1', failure],
      ]);
      expect(await queue.replay({ connectionId: 'c2' }, T0 + 5)).toEqual([]);
      const { id, linkId } = dead[0]!;
      expect(await queue.replay({ connectionId: 'c1', eventIds: [id] }, T0 + 5)).toEqual([
        { id, linkId, entity: 'invoice', side: 'ledger', recordId: '3' },
      ]);
      expect((await claimOne(store(), { now: T0 + 5 })).events[0]).toMatchObject({
        recordId: '3',
        attempts: 0,
      });
      const rest = await queue.replay({ connectionId: 'c1' }, T0 + 6);
      expect(rest.map(({ recordId }) => recordId)).toEqual(['1', '2']);
      expect(await claimSome(store(), { now: T0 + 6 })).toHaveLength(2);
    });

    it('replays none where one of those named is no dead letter of the connection', async () => {
      const { connections, queue } = store();
      await connections.create(aConnection('c2'));
      await queue.append([anEvent('1'), anEvent('2', { connectionId: 'c2' })], { now: T0 });
      for (const claim of await claimSome(store(), { connectionIds: ['c1', 'c2'] })) {
        await queue.settle(claim, settled({ outcome: { kind: 'dead', error: failure } }));
      }
      const idOf = async (connectionId: string) =>
        (await queue.list({ connectionId, status: 'dead', limit: 1 }))[0]!.id;
      const [mine, theirs] = [await idOf('c1'), await idOf('c2')];
      for (const other of [theirs, 'nonsense']) {
        await expect(queue.replay({ connectionId: 'c1', eventIds: [mine, other] }, T0)).rejects.toMatchObject(
          { code: 'not_found', message: expect.stringContaining(`"${other}"`) as string },
        );
      }
      await queue.append([anEvent('3')], { now: T0 });
      const pending = (await queue.list({ connectionId: 'c1', status: 'pending', limit: 1 }))[0]!.id;
      await expect(queue.replay({ connectionId: 'c1', eventIds: [pending] }, T0)).rejects.toMatchObject({
        code: 'not_found',
      });
      expect((await queue.counts('c1')).dead).toBe(1);
      expect((await queue.counts('c2')).dead).toBe(1);
    });

    it('wakes what waited for a record', async () => {
      const { queue } = store();
      await queue.append([anEvent('child')], { now: T0 });
      const child = await claimOne(store());
      await queue.append([anEvent('parent')], { now: T0 });
      const parent = await claimOne(store());
      await queue.settle(
        child,
        settled({
          outcome: { kind: 'waiting', onLinkId: parent.link.id, dueAt: T0 + MINUTE, error: failure },
        }),
      );
      expect(await claimSome(store(), { now: T0 + 1 })).toEqual([]);
      expect(await queue.ready(null, T0 + 1)).toEqual({ ready: 0, nextAt: T0 + MINUTE });
      await queue.settle(parent, settled({ now: T0 + 1 }));
      expect((await claimOne(store(), { now: T0 + 1 })).events[0]).toMatchObject({ recordId: 'child' });
    });

    it('ends a wait at its time, whatever the other record does', async () => {
      const { queue, links } = store();
      await queue.append([anEvent('child')], { now: T0 });
      const parent = await links.ensure('c1', 'invoice', 'ledger', 'parent', T0);
      await queue.settle(
        await claimOne(store()),
        settled({ outcome: { kind: 'waiting', onLinkId: parent.id, dueAt: T0 + 5, error: failure } }),
      );
      expect((await claimOne(store(), { now: T0 + 5 })).events[0]).toMatchObject({ status: 'waiting' });
    });

    it('does not wait for what has settled since, or is gone', async () => {
      const { queue } = store();
      await queue.append([anEvent('child'), anEvent('orphan')], { now: T0 });
      const [child, orphan] = await claimSome(store());
      await queue.append([anEvent('parent')], { now: T0 });
      const parent = await claimOne(store());
      await queue.settle(parent, settled({ now: T0 + 1 }));
      const waiting = { kind: 'waiting' as const, dueAt: T0 + MINUTE, error: failure };
      await queue.settle(child!, settled({ now: T0 + 2, outcome: { ...waiting, onLinkId: parent.link.id } }));
      await queue.settle(orphan!, settled({ now: T0 + 2, outcome: { ...waiting, onLinkId: 'nobody' } }));
      expect(await claimSome(store(), { now: T0 + 2 })).toHaveLength(2);
    });

    it('appends follow-ups with the settlement', async () => {
      const { queue } = store();
      await queue.append([anEvent('1')], { now: T0 });
      const claim = await claimOne(store());
      const append = [
        anEvent('1', { source: 'dependency', dueAt: T0 + 3 }),
        anEvent('9', { source: 'dependency' }),
      ];
      await queue.settle(claim, settled({ append }));
      expect((await claimOne(store())).events[0]).toMatchObject({ recordId: '9', source: 'dependency' });
      expect((await claimOne(store(), { now: T0 + 3 })).link.id).toBe(claim.link.id);
    });

    it('lists the newest first, of one connection', async () => {
      const { connections, queue } = store();
      await connections.create(aConnection('c2'));
      await queue.append(
        [anEvent('1'), anEvent('2', { connectionId: 'c2' }), anEvent('3'), anEvent('4', { dueAt: T0 + 9 })],
        { now: T0 },
      );
      for (const claim of await claimSome(store())) await queue.settle(claim, settled());
      const listed = async (filter: Partial<Parameters<typeof queue.list>[0]>) =>
        (await queue.list({ connectionId: 'c1', limit: 9, ...filter })).map(({ recordId }) => recordId);
      expect(await listed({})).toEqual(['4', '3', '1']);
      expect(await listed({ limit: 2 })).toEqual(['4', '3']);
      expect(await listed({ status: 'settled' })).toEqual(['3', '1']);
      expect(await listed({ connectionId: 'c2', status: 'pending' })).toEqual(['2']);
    });

    it('counts what is ready up to a thousand records of each connection', async () => {
      const { connections, queue } = store();
      await connections.create(aConnection('c2'));
      const events = Array.from({ length: 1_001 }, (_, index) => anEvent(`r${index}`));
      await queue.append([...events, anEvent('1', { connectionId: 'c2' })], { now: T0 });
      expect((await queue.ready(null, T0)).ready).toBe(1_001);
      expect(await queue.ready(['c1'], T0 - 1)).toEqual({ ready: 0, nextAt: T0 });
      // However many are leased, the one that is not can be claimed.
      expect(await claimSome(store(), { limit: 1_000 })).toHaveLength(1_000);
      expect((await queue.ready(['c1'], T0)).ready).toBe(1);
      await claimOne(store());
      expect(await queue.ready(['c1'], T0)).toEqual({ ready: 0, nextAt: T0 + MINUTE });
    });

    it('says what is ready and when more will be', async () => {
      const { connections, queue } = store();
      await connections.create(aConnection('c2', { resumeAt: T0 + 500 }));
      await connections.create(aConnection('c3', { state: 'paused' }));
      expect(await queue.ready(null, T0)).toEqual({ ready: 0, nextAt: null });
      await queue.append(
        [
          anEvent('1'),
          anEvent('2'),
          anEvent('3', { dueAt: T0 + 900 }),
          anEvent('4', { connectionId: 'c2' }),
          anEvent('5', { connectionId: 'c3' }),
        ],
        { now: T0 },
      );
      expect(await queue.ready(null, T0)).toEqual({ ready: 2, nextAt: T0 + 500 });
      expect(await queue.ready(['c1'], T0)).toEqual({ ready: 2, nextAt: T0 + 900 });
      expect(await queue.ready(['c3'], T0)).toEqual({ ready: 0, nextAt: null });
      await claimOne(store(), { leaseMs: 50 });
      expect(await queue.ready(['c1'], T0)).toEqual({ ready: 1, nextAt: T0 + 50 });
    });
  });

  describe('absorbing', () => {
    beforeEach(async () => await store().connections.create(aConnection()));

    const twoStubs = async () => {
      const { queue } = store();
      await queue.append([anEvent('a1', { side: 'app' }), anEvent('9')], { now: T0 });
      const claims = await claimSome(store());
      return {
        mine: claims.find(({ link }) => link.app.id === 'a1')!,
        other: claims.find(({ link }) => link.ledger.id)!,
      };
    };

    it('moves everything of the other stub here and fences its worker off', async () => {
      const { queue, links } = store();
      const { mine, other } = await twoStubs();
      await queue.append([anEvent('9', { source: 'poll', dueAt: T0 + 5 })], { now: T0 });
      await queue.settle(mine, settled({ link: paired(mine.link, 'a1', '9'), absorb: other.link.id }));
      expect(await links.get(other.link.id)).toBeNull();
      expect((await links.bySide('c1', 'invoice', 'ledger', ['9'])).get('9')?.id).toBe(mine.link.id);
      for (const act of [
        queue.settle(other, settled()),
        queue.storeIntents(other, []),
        queue.release(other),
      ]) {
        await expect(act).rejects.toMatchObject({ code: 'lease_lost' });
      }
      const next = await claimOne(store(), { now: T0 + 5 });
      expect(next.link.id).toBe(mine.link.id);
      expect(next.events.map(({ source }) => source)).toEqual(['webhook', 'poll']);
      expect(await queue.append([anEvent('9')], { now: T0 })).toEqual({ stored: 1, duplicates: 0 });
      expect(await links.list('c1', { limit: 9 })).toHaveLength(1);
    });

    it('takes in the stub that an echo made before the settlement', async () => {
      const { queue, links } = store();
      const { mine, other } = await twoStubs();
      await queue.settle(mine, settled({ link: paired(mine.link, 'a1', '9') }));
      expect(await links.get(other.link.id)).toBeNull();
      expect((await claimOne(store(), { now: T0 + 1 })).events[0]).toMatchObject({ recordId: '9' });
    });

    it('remembers whose record it was that a link leaves for another', async () => {
      const { queue, links } = store();
      const { mine, other } = await twoStubs();
      await queue.settle(mine, settled({ link: paired(mine.link, 'a1', '5') }));
      await queue.append([anEvent('a1', { side: 'app' })], { now: T0 });
      const again = await claimOne(store(), { now: T0 + 1 });
      await queue.settle(again, settled({ link: paired(again.link, 'a1', '6') }));
      const former = (await links.bySide('c1', 'invoice', 'ledger', ['5'])).get('5')!;
      expect(former).toMatchObject({ app: { id: null }, base: null, replacedBy: mine.link.id });
      expect(await links.get(mine.link.id)).toMatchObject({ ledger: { id: '6' }, replacedBy: null });
      // Absorbed itself, it is the other one that has taken the place.
      await queue.append([anEvent('a1', { side: 'app' })], { now: T0 });
      const last = await claimOne(store(), { now: T0 + 2 });
      await queue.settle(last, settled({ link: { ...last.link, ledger: other.link.app } }));
      await queue.settle(other, settled({ absorb: mine.link.id }));
      expect(await links.get(former.id)).toMatchObject({ replacedBy: other.link.id });
    });

    it('refuses to swallow a pair, and writes nothing then', async () => {
      const { queue, links } = store();
      const { mine, other } = await twoStubs();
      await queue.settle(other, settled({ link: paired(other.link, 'a9', '9') }));
      const before = await links.get(mine.link.id);
      for (const settlement of [
        settled({ link: paired(mine.link, 'a1', '9') }),
        settled({ absorb: other.link.id }),
      ]) {
        await expect(queue.settle(mine, settlement)).rejects.toMatchObject({ code: 'stale_version' });
      }
      expect(await links.get(mine.link.id)).toEqual(before);
      await queue.settle(mine, settled());
    });

    it('takes over what is left of a pair whose record was removed', async () => {
      const { queue, links } = store();
      const { mine, other } = await twoStubs();
      const pair = paired(other.link, 'a9', '9');
      const removed = { schemaVersion: 1, state: 'apart' as const, fields: {} };
      await queue.settle(other, settled({ link: { ...pair, base: removed } }));
      await queue.settle(mine, settled({ link: paired(mine.link, 'a1', '9'), absorb: other.link.id }));
      expect(await links.get(other.link.id)).toBeNull();
      expect((await links.bySide('c1', 'invoice', 'ledger', ['9'])).get('9')?.id).toBe(mine.link.id);
    });

    it('lets one of two settlements have a record that both claim', async () => {
      const { queue } = store();
      await queue.append([anEvent('a1', { side: 'app' }), anEvent('a2', { side: 'app' }), anEvent('5')], {
        now: T0,
      });
      const claims = (await claimSome(store())).filter(({ link }) => link.app.id);
      const results = await Promise.allSettled(
        claims.map(async (claim) =>
          queue.settle(claim, settled({ link: paired(claim.link, claim.link.app.id!, 'new') })),
        ),
      );
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });
  });
}
