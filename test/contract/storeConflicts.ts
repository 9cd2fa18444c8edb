import type { Claim, Resolution, Settlement } from '../../shared/ports';
import type { Fixture } from './store';
import { aConnection, anEvent, claimOne, claimSome, settled, T0 } from './storeSupport';

const hold = (amount: string): NonNullable<Settlement['conflict']> => ({
  kind: 'hold',
  title: 'INV-1',
  fields: [
    { path: 'total', label: 'Total', base: '1', app: '2', ledger: amount, reason: 'both_changed' as const },
  ],
  record: {
    base: { total: '1' },
    app: { state: 'live', fields: { total: '2' }, lastChange: null },
    ledger: { state: 'live', fields: { total: amount }, lastChange: null },
  },
  appVersion: '4',
  ledgerVersion: amount,
  policyVersion: 3,
});

const resolution: Resolution = {
  choices: { total: { winner: 'app' } },
  by: 'user ann' as const,
  at: T0 + 100,
};

/** Holding a record for a person, and what the person decides. */
export function conflictContract({ store }: Fixture): void {
  describe('conflicts', () => {
    beforeEach(async () => await store().connections.create(aConnection()));

    const held = async (amount = '3', now = T0): Promise<Claim> => {
      const { queue } = store();
      await queue.append([anEvent('1')], { now });
      const claim = await claimOne(store(), { now });
      await queue.settle(claim, settled({ now, conflict: hold(amount), outcome: { kind: 'held' } }));
      return claim;
    };

    const only = async () => {
      const all = await store().conflicts.list({ connectionId: 'c1', limit: 10 });
      expect(all).toHaveLength(1);
      return all[0]!;
    };

    it('opens once, is refreshed after, and holds the events back', async () => {
      const claim = await held();
      const first = await only();
      expect(first).toEqual({
        id: expect.any(String) as string,
        connectionId: 'c1',
        linkId: claim.link.id,
        entity: 'invoice',
        status: 'open',
        title: 'INV-1',
        fields: (hold('3') as { fields: unknown }).fields,
        record: (hold('3') as { record: unknown }).record,
        appVersion: '4',
        ledgerVersion: '3',
        policyVersion: 3,
        openedAt: T0,
        refreshedAt: T0,
        resolution: null,
        closedAt: null,
        closeReason: null,
      });
      expect(await claimSome(store(), { now: T0 + 1000 })).toEqual([]);
      await held('5', T0 + 1);
      expect(await only()).toMatchObject({
        id: first.id,
        openedAt: T0,
        refreshedAt: T0 + 1,
        ledgerVersion: '5',
      });
      expect((await store().queue.counts('c1')).held).toBe(2);
      expect(await store().conflicts.get(first.id)).toEqual(await only());
      expect(await store().conflicts.get('nobody')).toBeNull();
      expect(await store().conflicts.list({ connectionId: 'c1', status: 'closed', limit: 10 })).toEqual([]);
    });

    it('lists those that have ended since', async () => {
      await held();
      await store().queue.append([anEvent('1')], { now: T0 });
      const claim = await claimOne(store(), { now: T0 });
      await store().queue.settle(
        claim,
        settled({ now: T0 + 7, conflict: { kind: 'close', reason: 'both sides agree now' } }),
      );
      const endedSince = async (closedSince: number) =>
        (await store().conflicts.list({ connectionId: 'c1', closedSince, limit: 9 })).length;
      expect([await endedSince(T0 + 7), await endedSince(T0 + 8)]).toEqual([1, 0]);
    });

    it('lists them without the records behind them', async () => {
      await held();
      const whole = await only();
      expect(whole.record).not.toBeNull();
      const filter = { connectionId: 'c1', limit: 9, withoutRecord: true };
      expect(await store().conflicts.list(filter)).toEqual([{ ...whole, record: null }]);
    });

    it('counts as refreshed when it changed within the same millisecond, and not when it did not', async () => {
      await held('3', T0);
      await held('3', T0 + 5);
      expect((await only()).refreshedAt).toBe(T0);
      await held('5', T0);
      expect((await only()).refreshedAt).toBe(T0 + 1);
    });

    it('comes with the claim until it is closed, and then lets go of what it held', async () => {
      const { queue, conflicts } = store();
      await held();
      const { id, refreshedAt } = await only();
      await conflicts.resolve(id, resolution, refreshedAt);
      const claim = await claimOne(store(), { now: T0 + 100 });
      expect(claim.events).toMatchObject([{ source: 'resolution', recordId: '1', side: 'ledger' }]);
      expect(claim.conflict).toMatchObject({ id, status: 'resolved', resolution });
      expect((await store().audit.list('c1', { linkId: claim.link.id, limit: 9 })).at(-1)).toMatchObject({
        kind: 'conflict_resolved',
        by: resolution.by,
        at: resolution.at,
        detail: { conflict: id, title: 'INV-1', choices: resolution.choices },
      });
      await queue.settle(claim, settled({ now: T0 + 101, conflict: { kind: 'close', reason: 'resolved' } }));
      expect(await only()).toMatchObject({
        id,
        status: 'closed',
        resolution,
        closedAt: T0 + 101,
        closeReason: 'resolved',
      });
      expect(await queue.counts('c1')).toMatchObject({ settled: 2, held: 0 });
      await held('8', T0 + 200);
      expect(await conflicts.list({ connectionId: 'c1', limit: 10 })).toHaveLength(2);
      expect(await conflicts.list({ connectionId: 'c1', status: 'open', limit: 10 })).toHaveLength(1);
    });

    it('refuses a decision on what has moved, and a second one', async () => {
      const { conflicts } = store();
      await held('3', T0);
      const seen = await only();
      await held('5', T0 + 1);
      const stale = { code: 'stale_version' };
      await expect(conflicts.resolve(seen.id, resolution, seen.refreshedAt)).rejects.toMatchObject(stale);
      await expect(conflicts.resolve('nobody', resolution, T0)).rejects.toMatchObject({ code: 'not_found' });
      const decisions = await Promise.allSettled(
        (['user ann', 'user bob', 'user cid'] as const).map(async (by) =>
          conflicts.resolve(seen.id, { ...resolution, by }, T0 + 1),
        ),
      );
      expect(decisions.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await store().queue.counts('c1')).pending).toBe(1);
    });

    it('is open again when a decision could not be applied', async () => {
      const { queue, conflicts } = store();
      await held();
      const { id } = await only();
      await conflicts.resolve(id, resolution, T0);
      const claim = await claimOne(store(), { now: T0 + 100 });
      await queue.settle(claim, settled({ now: T0 + 101, conflict: hold('3'), outcome: { kind: 'held' } }));
      expect(await only()).toMatchObject({
        id,
        status: 'open',
        resolution: null,
        openedAt: T0,
        refreshedAt: T0 + 101,
      });
    });
  });
}
