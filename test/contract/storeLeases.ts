import * as fc from 'fast-check';
import type { Claim, Intent } from '../../shared/ports';
import type { Fixture } from './store';
import {
  aConnection,
  anEvent,
  anIntent,
  claimOne,
  claimSome,
  MINUTE,
  paired,
  settled,
  T0,
} from './storeSupport';

const DAY = 24 * 60 * MINUTE;
const LOST = { code: 'lease_lost' };

/** Who may work on what. */
export function leaseContract({ store, another }: Fixture): void {
  describe('claims', () => {
    beforeEach(async () => await store().connections.create(aConnection()));

    it('groups the due events of a record, oldest first', async () => {
      const { queue } = store();
      await queue.append([anEvent('1', { source: 'poll' })], { now: T0 });
      await queue.append([anEvent('1', { source: 'webhook', occurredAt: '2026-01-01T00:00:00.000Z' })], {
        now: T0 + 1,
      });
      await queue.append([anEvent('1', { dueAt: T0 + 100 })], { now: T0 + 2 });
      const claim = await claimOne(store(), { now: T0 + 5, leaseMs: 50 });
      expect(claim.events.map(({ source }) => source)).toEqual(['poll', 'webhook']);
      expect(claim.events[1]).toEqual({
        id: expect.any(String) as string,
        linkId: claim.link.id,
        ...anEvent('1', { occurredAt: '2026-01-01T00:00:00.000Z' }),
        status: 'pending',
        attempts: 0,
        receivedAt: T0 + 1,
        dueAt: T0 + 1,
        lastError: null,
      });
      expect(claim).toMatchObject({ intents: [], conflict: null, leaseUntil: T0 + 55, link: { fence: 1 } });
    });

    it('takes the longest due first and connections in turn', async () => {
      const { connections, queue } = store();
      await connections.create(aConnection('c2'));
      await queue.append(
        [
          ...Array.from({ length: 10 }, (_, index) => anEvent(`r${index}`, { dueAt: T0 + index })),
          anEvent('late', { connectionId: 'c2', dueAt: T0 + 50 }),
        ],
        { now: T0 },
      );
      const claims = await claimSome(store(), { connectionIds: ['c1', 'c2'], now: T0 + 99, limit: 3 });
      expect(claims.map(({ events }) => events[0]!.recordId)).toEqual(['r0', 'r1', 'late']);
      expect(await claimSome(store(), { connectionIds: [], now: T0 + 99 })).toEqual([]);
      expect(await claimSome(store(), { limit: 0, now: T0 + 99 })).toEqual([]);
    });

    it('leaves paused and resting connections alone', async () => {
      const { connections, queue } = store();
      await queue.append([anEvent('1')], { now: T0 });
      await connections.update('c1', { state: 'paused' }, { now: T0 });
      expect(await claimSome(store())).toEqual([]);
      await connections.update('c1', { state: 'active', resumeAt: T0 + 10 }, { now: T0 });
      expect(await claimSome(store(), { now: T0 + 9 })).toEqual([]);
      expect(await claimSome(store(), { now: T0 + 10 })).toHaveLength(1);
    });

    it('gives a record to the next worker when the lease is over, and shuts the last one out', async () => {
      const { queue, links } = store();
      await queue.append([anEvent('1')], { now: T0 });
      const late = await claimOne(store(), { leaseMs: 10 });
      await queue.storeIntents(late, [anIntent(late, 'k1')]);
      expect(await claimSome(store(), { now: T0 + 9 })).toEqual([]);
      const next = await claimOne(store(), { now: T0 + 10, worker: 'w2' });
      expect(next.link.fence).toBe(late.link.fence + 1);
      expect(next.intents).toEqual([anIntent(late, 'k1')]);
      const settlement = settled({
        link: paired(late.link, 'a1', '1'),
        intents: [{ key: 'k1', outcome: 'done' }],
        audit: [{ kind: 'late', linkId: late.link.id, detail: {} }],
        append: [anEvent('5')],
      });
      await expect(queue.settle(late, settlement)).rejects.toMatchObject(LOST);
      await expect(queue.storeIntents(late, [anIntent(late, 'k2')])).rejects.toMatchObject(LOST);
      await expect(queue.release(late)).rejects.toMatchObject(LOST);
      expect(await links.get(next.link.id)).toEqual(next.link);
      expect(await store().audit.list('c1', { limit: 9 })).toMatchObject([{ kind: 'connection_created' }]);
      await queue.release(next);
      const again = await claimOne(store(), { now: T0 + 10 });
      expect(again.intents.map(({ key }) => key)).toEqual(['k1']);
      expect(again.events).toEqual(next.events);
    });

    it('takes a lease for over that was taken when the clock was ahead, and fences its worker off', async () => {
      const { queue } = store();
      await queue.append([anEvent('1'), anEvent('2')], { now: T0 - DAY });
      const ahead = await claimSome(store(), { now: T0, leaseMs: MINUTE });
      expect(ahead).toHaveLength(2);
      // Clocks of two machines may differ by this much: nothing is taken away for it.
      expect(await claimSome(store(), { now: T0 - MINUTE })).toEqual([]);
      expect(await queue.ready(['c1'], T0 - MINUTE)).toEqual({ ready: 0, nextAt: T0 + MINUTE });
      const back = T0 - MINUTE - 1;
      expect(await queue.ready(['c1'], back)).toEqual({ ready: 2, nextAt: null });
      const [first, second] = ahead.map(({ link }) => link.id);
      const options = { worker: 'w2', now: back, leaseMs: MINUTE };
      expect(await queue.claimLink(first!, options)).toMatchObject({ link: { fence: 2 } });
      expect((await claimSome(store(), options)).map(({ link }) => link.id)).toEqual([second]);
      for (const claim of ahead) await expect(queue.settle(claim, settled())).rejects.toMatchObject(LOST);
    });

    it('accepts a late worker whom nobody has replaced', async () => {
      const { queue } = store();
      await queue.append([anEvent('1')], { now: T0 });
      const claim = await claimOne(store(), { leaseMs: 10 });
      await queue.storeIntents(claim, [anIntent(claim, 'k1')]);
      await queue.settle(claim, settled({ now: T0 + MINUTE }));
      await expect(queue.settle(claim, settled())).rejects.toMatchObject(LOST);
    });

    it('leases one record whatever is due', async () => {
      const { queue, links } = store();
      const link = await links.ensure('c1', 'customer', 'app', 'a1', T0);
      const options = { worker: 'w1', now: T0, leaseMs: 10 };
      const claim = await queue.claimLink(link.id, options);
      expect(claim).toMatchObject({ link: { id: link.id, fence: 1 }, events: [], leaseUntil: T0 + 10 });
      expect(await queue.claimLink(link.id, options)).toBeNull();
      expect(await queue.claimLink('nobody', options)).toBeNull();
      expect(await queue.claimLink(link.id, { ...options, now: T0 + 10 })).toMatchObject({
        link: { fence: 2 },
      });
    });

    it('stores intents once, and opens one again that comes back', async () => {
      const { queue } = store();
      await queue.append([anEvent('1')], { now: T0 });
      const first = await claimOne(store());
      const intents = [
        anIntent(first, 'k1'),
        anIntent(first, 'k2', { agreed: null, operation: 'create', recordId: null }),
      ];
      await queue.storeIntents(first, intents);
      await queue.storeIntents(first, [anIntent(first, 'k1', { storedAt: T0 + 99 })]);
      await queue.release(first);
      const second = await claimOne(store());
      // The idempotency window counts from the first time, the lag of look-ups from the last.
      const again = [{ ...(intents[0] as Intent), renewedAt: T0 + 99 }, intents[1]];
      expect(second.intents).toEqual(again);
      await queue.settle(
        second,
        settled({
          intents: [{ key: 'k1', outcome: 'refused' }],
          outcome: { kind: 'retry', dueAt: T0, error: { code: 'x', message: 'x' }, countAttempt: true },
        }),
      );
      const third = await claimOne(store());
      expect(third.intents.map(({ key }) => key)).toEqual(['k2']);
      await queue.storeIntents(third, [anIntent(third, 'k1', { storedAt: T0 + 99 })]);
      await queue.release(third);
      expect((await claimOne(store())).intents).toEqual(again);
    });

    it('stores no intent that was decided under other policies than are in force', async () => {
      const { connections, queue, policies } = store();
      const changed = { code: 'policy_changed', retryable: true };
      const rule = { connectionId: 'c1', entity: 'invoice', field: 'total', winner: 'app' as const };
      await connections.create(aConnection('c2'));
      await queue.append([anEvent('1'), anEvent('2', { connectionId: 'c2' })], { now: T0 });
      const [mine, other] = (await claimSome(store(), { connectionIds: ['c1', 'c2'] })).sort((a, b) =>
        a.link.connectionId < b.link.connectionId ? -1 : 1,
      );
      const version = await policies.set(rule, 'user ann', T0);
      const mixed = [
        anIntent(mine!, 'k1', { policyVersion: version }),
        anIntent(mine!, 'k2', { policyVersion: version - 1 }),
      ];
      const results = await Promise.allSettled([
        queue.storeIntents(mine!, mixed),
        queue.storeIntents(other!, [anIntent(other!, 'k3')]),
      ]);
      expect(results).toMatchObject([{ status: 'rejected', reason: changed }, { status: 'fulfilled' }]);
      await queue.storeIntents(mine!, [anIntent(mine!, 'k4', { policyVersion: version })]);
      const removed = await policies.set({ ...rule, winner: null }, 'user ann', T0);
      const general = await policies.set({ ...rule, connectionId: '*' }, 'user ann', T0);
      for (const policyVersion of [version, removed, general + 1]) {
        await expect(
          queue.storeIntents(mine!, [anIntent(mine!, 'k5', { policyVersion })]),
        ).rejects.toMatchObject(changed);
      }
      await expect(queue.storeIntents(other!, [anIntent(other!, 'k6')])).rejects.toMatchObject(changed);
      await queue.storeIntents(mine!, []);
      await queue.storeIntents(mine!, [anIntent(mine!, 'k7', { policyVersion: general })]);
      await queue.release(mine!);
      expect((await claimOne(store())).intents.map(({ key }) => key)).toEqual(['k4', 'k7']);
      await expect(queue.storeIntents(mine!, mixed)).rejects.toMatchObject(LOST);
    });

    it('never gives a record to two workers, over several handles', async () => {
      const stores = [store(), await another(), await another()];
      const records = 500;
      await store().queue.append(
        Array.from({ length: records }, (_, index) => anEvent(`r${index}`)),
        { now: T0 },
      );
      const seen = new Map<string, number>();
      const work = async (worker: number) => {
        const mine = stores[worker % stores.length]!;
        for (let idle = 0; idle < 3; ) {
          const claims = await claimSome(mine, { worker: `w${worker}`, limit: 7 });
          idle = claims.length === 0 ? idle + 1 : 0;
          for (const { link } of claims) seen.set(link.id, (seen.get(link.id) ?? 0) + 1);
          await Promise.all(
            claims.map(async (claim) =>
              mine.queue.settle(
                claim,
                settled({ audit: [{ kind: 'done', linkId: claim.link.id, detail: { worker } }] }),
              ),
            ),
          );
        }
      };
      await Promise.all(Array.from({ length: 9 }, async (_, worker) => work(worker)));
      expect(seen.size).toBe(records);
      expect(Math.max(...seen.values())).toBe(1);
      expect((await store().queue.counts('c1')).settled).toBe(records);
      const report = await store().audit.verify('c1', { now: T0 });
      expect(report).toMatchObject({ rows: records + 1, brokenAt: null });
    });

    it('lets only the newest claim write, whatever the order of events', async () => {
      const { queue } = store();
      let run = 0;
      const step = fc.oneof(
        fc.record({ act: fc.constant('claim' as const), wait: fc.integer({ min: 0, max: 30 }) }),
        fc.record({ act: fc.constantFrom('settle', 'intents', 'release'), which: fc.nat(5) }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
          const recordId = `p${run++}`;
          const link = await store().links.ensure('c1', 'invoice', 'ledger', recordId, T0);
          const claims: Claim[] = [];
          let now = T0;
          let holder: Claim | null = null;
          let until = 0;
          for (const move of steps) {
            if (move.act === 'claim') {
              now += 'wait' in move ? move.wait : 0;
              const claim = await queue.claimLink(link.id, { worker: 'w', now, leaseMs: 20 });
              expect(claim !== null).toBe(holder === null || until <= now);
              if (!claim) continue;
              claims.push(claim);
              holder = claim;
              until = now + 20;
            } else if (claims.length > 0 && 'which' in move) {
              const claim: Claim = claims[move.which % claims.length]!;
              const attempt =
                move.act === 'settle'
                  ? queue.settle(claim, settled({ now }))
                  : move.act === 'release'
                    ? queue.release(claim)
                    : queue.storeIntents(claim, [anIntent(claim, `${recordId}-${claim.link.fence}`)]);
              const result = await attempt.then(
                () => 'ok',
                (error: { code: string }) => error.code,
              );
              expect(result).toBe(claim === holder ? 'ok' : 'lease_lost');
              if (claim === holder && move.act !== 'intents') holder = null;
            }
          }
        }),
        { numRuns: 40 },
      );
    });
  });
}
