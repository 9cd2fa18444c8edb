import type { Claim, Notices, Settlement } from '../../shared/ports';
import type { Fixture } from './store';
import {
  aConnection,
  anEvent,
  claimOne,
  claimSome,
  failure,
  paired,
  settled,
  T0,
  NO_RECORD,
} from './storeSupport';

const hold = (amount: string): NonNullable<Settlement['conflict']> => ({
  kind: 'hold',
  title: 'INV-1',
  fields: [{ path: 'total', label: 'Total', base: '1', app: '2', ledger: amount, reason: 'both_changed' }],
  record: NO_RECORD,
  appVersion: '4',
  ledgerVersion: amount,
  policyVersion: 3,
});

const NOTHING: Notices = { conflicts: [], failures: [] };

/** Telling people what they have to know: each thing once, whatever becomes of whoever tells it. */
export function noticeContract({ store, another }: Fixture): void {
  describe('notices', () => {
    beforeEach(async () => {
      await store().connections.create(aConnection());
      await store().connections.create(aConnection('c2'));
    });

    const settle = async (recordId: string, now: number, patch: Partial<Settlement>): Promise<Claim> => {
      await store().queue.append([anEvent(recordId)], { now });
      const claim = await claimOne(store(), { now });
      await store().queue.settle(claim, settled({ now, ...patch }));
      return claim;
    };
    const holdRecord = async (recordId: string, now: number, amount = '3') =>
      await settle(recordId, now, { conflict: hold(amount), outcome: { kind: 'held' } });
    const failRecord = async (recordId: string, now: number) =>
      await settle(recordId, now, { outcome: { kind: 'dead', error: failure } });
    const take = async (consumer = 'x', limit = 10, from = store()) =>
      await from.notices.take(consumer, 'c1', { limit, now: T0 });
    const idsOf = ({ conflicts, failures }: Notices) =>
      [...conflicts, ...failures].map(({ linkId }) => linkId);

    it('hand out every open conflict and every failed record once to each consumer', async () => {
      const held = await holdRecord('1', T0);
      const failed = await failRecord('2', T0 + 1);
      expect(await store().notices.pending('x', ['c2', 'c1', 'nobody'])).toEqual(['c1']);
      expect(await take()).toEqual({
        conflicts: [
          {
            ...(await store().conflicts.list({ connectionId: 'c1', limit: 1 }))[0],
            appId: null,
            ledgerId: '1',
          },
        ],
        failures: [
          {
            connectionId: 'c1',
            linkId: failed.link.id,
            entity: 'invoice',
            title: '2',
            appId: null,
            ledgerId: '2',
            eventIds: failed.events.map(({ id }) => id),
            error: failure,
            since: T0 + 1,
            attempts: 1,
          },
        ],
      });
      expect(await store().notices.pending('x', ['c1'])).toEqual([]);
      expect(await take()).toEqual(NOTHING);
      expect(idsOf(await take('y'))).toEqual([held.link.id, failed.link.id]);
    });

    it('hand a conflict out again when it says something else, and not when it was only found again', async () => {
      await holdRecord('1', T0);
      await take();
      await holdRecord('1', T0 + 1);
      expect(await take()).toEqual(NOTHING);
      await holdRecord('1', T0 + 2, '5');
      expect((await take()).conflicts).toMatchObject([{ ledgerVersion: '5' }]);
    });

    it('keep what does not fit for the next time, oldest first', async () => {
      const links: string[] = [];
      for (let i = 1; i <= 5; i++)
        links.push((await (i % 2 ? holdRecord : failRecord)(String(i), T0 + i)).link.id);
      const told: string[] = [];
      for (let i = 0; i < 3; i++) told.push(...idsOf(await take('x', 2)));
      expect([...told].sort()).toEqual([...links].sort());
      expect(told.slice(0, 2).sort()).toEqual(links.slice(0, 2).sort());
      expect(await take('x', 2)).toEqual(NOTHING);
    });

    it('leave out what is over before anybody was told', async () => {
      await holdRecord('1', T0);
      await failRecord('2', T0 + 1);
      await settle('1', T0 + 2, { conflict: { kind: 'close', reason: 'agreed' } });
      await store().queue.replay({ connectionId: 'c1' }, T0 + 3);
      expect(await take()).toEqual(NOTHING);
      const again = await claimOne(store(), { now: T0 + 4 });
      await store().queue.settle(again, settled({ outcome: { kind: 'dead', error: failure } }));
      expect((await take()).failures).toMatchObject([{ linkId: again.link.id }]);
    });

    it('tell of a record once for all of its failed events, and again when another one fails', async () => {
      await store().queue.append([anEvent('1'), anEvent('1')], { now: T0 });
      const both = await claimOne(store());
      await store().queue.settle(both, settled({ outcome: { kind: 'dead', error: failure } }));
      expect((await take()).failures).toMatchObject([{ eventIds: both.events.map(({ id }) => id) }]);
      const third = await failRecord('1', T0 + 5);
      expect((await take()).failures).toMatchObject([
        { eventIds: [...both.events, ...third.events].map(({ id }) => id) },
      ]);
    });

    it('go to one of several callers each', async () => {
      for (let i = 1; i <= 12; i++) await failRecord(String(i), T0 + i);
      const other = await another();
      const takes = await Promise.all(
        Array.from({ length: 8 }, (_, i) => take('x', 2, i % 2 ? other : store())),
      );
      const told = takes.flatMap(idsOf);
      expect(told).toHaveLength(12);
      expect(new Set(told).size).toBe(12);
    });

    it('lose nothing that is announced while they are taken', async () => {
      const other = await another();
      const told: string[] = [];
      const links: string[] = [];
      const failAll = async (from: number) => {
        for (let i = from; i < from + 10; i++) {
          await store().queue.append([anEvent(String(i))], { now: T0 });
          const [claim] = await claimSome(i % 2 ? other : store(), { limit: 1 });
          if (!claim) continue;
          await (i % 2 ? other : store()).queue.settle(
            claim,
            settled({ outcome: { kind: 'dead', error: failure } }),
          );
          links.push(claim.link.id);
        }
      };
      const tell = async () => {
        for (let i = 0; i < 20; i++) told.push(...idsOf(await take('x', 3)));
      };
      await Promise.all([failAll(0), failAll(100), tell()]);
      told.push(...idsOf(await take('x', 100)));
      expect(told.sort()).toEqual(links.sort());
    });

    it('know no connection that is not there', async () => {
      await expect(store().notices.take('x', 'nobody', { limit: 1, now: T0 })).rejects.toMatchObject({
        code: 'not_found',
      });
    });

    it('go with the events of a record that another one takes in', async () => {
      const failed = await failRecord('7', T0);
      await store().queue.append([anEvent('a', { side: 'app' })], { now: T0 + 1 });
      const claim = await claimOne(store(), { now: T0 + 1 });
      await store().queue.settle(
        claim,
        settled({ link: paired(claim.link, 'a', '7'), absorb: failed.link.id, outcome: { kind: 'settled' } }),
      );
      expect((await take()).failures).toMatchObject([{ linkId: claim.link.id, appId: 'a', ledgerId: '7' }]);
    });
  });

  describe('failed events', () => {
    it('are settled when their record was compared and is in sync, and the log says so', async () => {
      const { connections, queue, audit, notices } = store();
      await connections.create(aConnection());
      await queue.append([anEvent('1')], { now: T0 });
      const failed = await claimOne(store());
      await queue.settle(failed, settled({ outcome: { kind: 'dead', error: failure } }));
      await queue.append([anEvent('1')], { now: T0 + 1 });
      const echo = await claimOne(store(), { now: T0 + 1 });
      await queue.settle(echo, settled({ now: T0 + 1 }));
      expect(await queue.counts('c1')).toMatchObject({ dead: 1, settled: 1 });
      await queue.append([anEvent('1')], { now: T0 + 2 });
      const compared = await claimOne(store(), { now: T0 + 2 });
      await queue.settle(compared, settled({ now: T0 + 2, outcome: { kind: 'settled', compared: true } }));
      expect(await queue.counts('c1')).toMatchObject({ dead: 0, settled: 3 });
      const rows = await audit.list('c1', { limit: 10 });
      expect(rows.filter(({ kind }) => kind === 'recovered')).toMatchObject([
        { kind: 'recovered', linkId: failed.link.id, detail: { events: failed.events.map(({ id }) => id) } },
      ]);
      expect(await notices.take('x', 'c1', { limit: 10, now: T0 })).toEqual(NOTHING);
    });
  });
}
