import type { Claim, ErrorReport } from '../../shared/ports';
import type { Fixture } from './store';
import { aConnection, anEvent, claimOne, failure, settled, T0 } from './storeSupport';

const ann = 'user ann' as const;

/** What has failed: one entry for each record, until it is tried again, dismissed or in sync. */
export function failedContract({ store }: Fixture): void {
  describe('failed records', () => {
    beforeEach(async () => {
      for (const id of ['c1', 'c2']) await store().connections.create(aConnection(id));
    });

    const fail = async (
      recordId: string,
      now: number,
      error: ErrorReport = failure,
      entity = 'invoice',
    ): Promise<Claim> => {
      await store().queue.append([anEvent(recordId, { entity })], { now });
      const claim = await claimOne(store(), { now });
      await store().queue.settle(claim, settled({ now, outcome: { kind: 'dead', error } }));
      return claim;
    };
    const list = async (filter: object = {}) =>
      await store().queue.failed({ connectionId: 'c1', limit: 10, ...filter });
    const idsOf = (listed: readonly { ledgerId: string | null }[]) => listed.map(({ ledgerId }) => ledgerId);

    it('are listed once each, what failed last first, with all that failed of them', async () => {
      const error = { ...failure, title: 'INV-1', field: 'dueDate', value: '"31.3."' };
      const first = await fail('1', T0, error);
      await fail('2', T0 + 1);
      const again = await fail('1', T0 + 2, error);
      expect(await list({ connectionId: 'c2' })).toEqual([]);
      expect(await list()).toEqual([
        {
          connectionId: 'c1',
          linkId: first.link.id,
          entity: 'invoice',
          title: 'INV-1',
          appId: null,
          ledgerId: '1',
          eventIds: [...first.events, ...again.events].map(({ id }) => id),
          error,
          since: T0,
          attempts: 1,
          place: expect.any(Number) as number,
        },
        expect.objectContaining({ title: '2', ledgerId: '2', since: T0 + 1 }),
      ]);
    });

    it('are narrowed by entity, age, record and text, which is taken as it is', async () => {
      const titled = (title: string) => ({ ...failure, title });
      const acme = await fail('1', T0, titled('Acme 100%'), 'customer');
      await fail('2', T0 + 1, titled('Ärger "& Co" 100x'));
      await fail('3', T0 + 2, { ...failure, message: 'not Acme' });
      expect(idsOf(await list({ entity: 'customer' }))).toEqual(['1']);
      expect(idsOf(await list({ sinceBefore: T0 + 1 }))).toEqual(['1']);
      expect(idsOf(await list({ linkIds: [acme.link.id, 'nobody'] }))).toEqual(['1']);
      expect(idsOf(await list({ text: 'acme' }))).toEqual(['1']);
      expect(idsOf(await list({ text: '100%' }))).toEqual(['1']);
      expect(idsOf(await list({ text: 'ärger "&' }))).toEqual(['2']);
      expect(idsOf(await list({ text: '3' }))).toEqual(['3']);
      expect(await list({ text: 'transient' })).toEqual([]);
    });

    it('come page by page', async () => {
      for (const [index, id] of ['1', '2', '3'].entries()) await fail(id, T0 + index);
      const first = await list({ limit: 2 });
      expect(idsOf(first)).toEqual(['3', '2']);
      expect(idsOf(await list({ limit: 2, after: first.at(-1)!.place }))).toEqual(['1']);
    });

    it('are tried again record by record, with who asked for it in the log', async () => {
      const claim = await fail('1', T0);
      await fail('2', T0 + 1);
      const { queue } = store();
      const linkIds = [claim.link.id, 'nobody'];
      const replayed = await queue.replay({ connectionId: 'c1', linkIds }, T0 + 5, ann, 'ann@x');
      expect(replayed.map(({ recordId }) => recordId)).toEqual(['1']);
      expect(idsOf(await list())).toEqual(['2']);
      expect(await queue.replay({ connectionId: 'c1', linkIds }, T0 + 6, ann)).toEqual([]);
      const [told] = await store().audit.list('c1', { linkId: claim.link.id, limit: 9 });
      expect(told).toMatchObject({
        kind: 'events_replayed',
        by: ann,
        detail: { decidedBy: 'ann@x', count: 1 },
      });
    });

    it('are dismissed for a reason, and tried again with their next change', async () => {
      const claim = await fail('1', T0);
      const { queue, notices, audit } = store();
      const act = { now: T0 + 5, by: ann, reason: 'entered twice', decidedBy: 'ann@x' };
      const filter = { connectionId: 'c1', linkIds: [claim.link.id, 'nobody'] };
      expect(await queue.dismiss({ ...filter, connectionId: 'c2' }, act)).toEqual([]);
      const eventIds = claim.events.map(({ id }) => id);
      expect(await queue.dismiss(filter, act)).toEqual([
        { linkId: claim.link.id, entity: 'invoice', eventIds },
      ]);
      expect(await queue.dismiss(filter, act)).toEqual([]);
      expect(await list()).toEqual([]);
      expect((await notices.take('x', 'c1', { limit: 9, now: T0 })).failures).toEqual([]);
      expect(await queue.counts('c1')).toMatchObject({ dead: 0, settled: 1, pending: 0 });
      const told = await audit.list('c1', { linkId: claim.link.id, limit: 9 });
      expect(told.map(({ kind, by, at, detail }) => [kind, by, at, detail])).toEqual([
        [
          'events_dismissed',
          ann,
          T0 + 5,
          { entity: 'invoice', count: 1, events: eventIds, note: 'entered twice', decidedBy: 'ann@x' },
        ],
      ]);
      await fail('1', T0 + 6);
      expect(idsOf(await list())).toEqual(['1']);
    });
  });
}
