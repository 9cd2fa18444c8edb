import type { Claim, Resolution, Settlement } from '../../shared/ports';
import type { Fixture } from './store';
import { aConnection, anEvent, claimOne, MINUTE, NO_RECORD, paired, settled, T0 } from './storeSupport';

const hold = (amount: string): NonNullable<Settlement['conflict']> => ({
  kind: 'hold',
  title: 'INV-1',
  fields: [{ path: 'total', label: 'Total', base: '1', app: '2', ledger: amount, reason: 'both_changed' }],
  record: NO_RECORD,
  appVersion: '4',
  ledgerVersion: amount,
  policyVersion: 3,
});

const decision = (at: number, decidedBy = 'Jane'): Resolution => ({
  choices: { total: { winner: 'app' } },
  by: 'trigger w1',
  at,
  decidedBy,
});

const ACT = { now: T0 + 1, by: 'workflow w1' } as const;
const [TOKEN, OTHER] = ['token-one', 'token-two'];

/** Links that let one person decide one conflict, once. */
export function decisionLinkContract({ store, another }: Fixture): void {
  describe('decision links', () => {
    beforeEach(async () => await store().connections.create(aConnection()));

    const held = async (amount = '3', now = T0): Promise<Claim> => {
      const { queue } = store();
      await queue.append([anEvent('1')], { now });
      const claim = await claimOne(store(), { now });
      await queue.settle(claim, settled({ now, conflict: hold(amount), outcome: { kind: 'held' } }));
      return claim;
    };
    const open = async () => (await store().conflicts.list({ connectionId: 'c1', limit: 1 }))[0]!;
    const linkFor = async (token: string, person = 'Jane', expiresAt = T0 + MINUTE) =>
      await store().decisionLinks.create({ token, conflictId: (await open()).id, person, expiresAt }, ACT);
    const kindOf = async (token: string, now = T0 + 2) => (await store().decisionLinks.look(token, now)).kind;

    it('are made for one person and one state of an open conflict, and the log says so', async () => {
      const claim = await held();
      const { id } = await open();
      const link = await linkFor(TOKEN);
      expect(link).toEqual({
        conflictId: id,
        connectionId: 'c1',
        linkId: claim.link.id,
        seenRefreshedAt: T0,
        person: 'Jane',
        createdAt: T0 + 1,
        expiresAt: T0 + MINUTE,
      });
      const other = await another();
      expect(await other.decisionLinks.look(TOKEN, T0 + 2)).toEqual({ kind: 'open', link });
      expect((await store().audit.list('c1', { linkId: claim.link.id, limit: 9 })).at(-1)).toMatchObject({
        kind: 'decision_link_created',
        by: 'workflow w1',
        detail: { conflict: id, entity: 'invoice', title: 'INV-1', person: 'Jane', expiresAt: T0 + MINUTE },
      });
    });

    it('decide once, and looking does not use them', async () => {
      await held();
      await linkFor(TOKEN);
      for (let i = 0; i < 3; i++) expect(await kindOf(TOKEN)).toBe('open');
      const { id, refreshedAt } = await open();
      await store().decisionLinks.use(TOKEN, decision(T0 + 3), refreshedAt);
      expect(await store().decisionLinks.look(TOKEN, T0 + 4)).toMatchObject({ kind: 'used', usedAt: T0 + 3 });
      expect(await open()).toMatchObject({ id, status: 'resolved', resolution: decision(T0 + 3) });
      expect((await claimOne(store(), { now: T0 + 5 })).events).toMatchObject([{ source: 'resolution' }]);
      await expect(store().decisionLinks.use(TOKEN, decision(T0 + 5), refreshedAt)).rejects.toMatchObject({
        code: 'validation',
      });
    });

    it('are good for nothing when they are unknown, expired, replaced, or of a conflict that is over', async () => {
      await held();
      await linkFor(TOKEN);
      const use = async (token: string, at: number) =>
        await store().decisionLinks.use(token, decision(at), T0);
      expect(await kindOf('made-up')).toBe('unknown');
      expect(await kindOf(TOKEN, T0 + MINUTE)).toBe('expired');
      await expect(use('made-up', T0 + 3)).rejects.toMatchObject({ code: 'validation' });
      await expect(use(TOKEN, T0 + MINUTE)).rejects.toMatchObject({ code: 'validation' });
      await linkFor('of-somebody-else', 'Bob');
      await linkFor(OTHER);
      expect([await kindOf(TOKEN), await kindOf('of-somebody-else'), await kindOf(OTHER)]).toEqual([
        'superseded',
        'open',
        'open',
      ]);
      await expect(use(TOKEN, T0 + 3)).rejects.toMatchObject({ code: 'validation' });
      expect(await open()).toMatchObject({ status: 'open', resolution: null });
      await use(OTHER, T0 + 3);
      await expect(use('of-somebody-else', T0 + 4)).rejects.toMatchObject({ code: 'stale_version' });
      await expect(linkFor('late')).rejects.toMatchObject({ code: 'stale_version' });
      await expect(
        store().decisionLinks.create(
          { token: 'x', conflictId: 'nobody', person: 'Jane', expiresAt: T0 },
          ACT,
        ),
      ).rejects.toMatchObject({ code: 'not_found' });
    });

    it('can still be used when the conflict has changed meanwhile', async () => {
      await held();
      await linkFor(TOKEN);
      await held('5', T0 + 2);
      await expect(store().decisionLinks.use(TOKEN, decision(T0 + 3), T0)).rejects.toMatchObject({
        code: 'stale_version',
      });
      expect(await kindOf(TOKEN)).toBe('open');
      await store().decisionLinks.use(TOKEN, decision(T0 + 4), (await open()).refreshedAt);
      expect(await kindOf(TOKEN)).toBe('used');
    });

    it('let one of two deciders win, whichever process they come to', async () => {
      await held();
      await linkFor(TOKEN, 'Jane');
      await linkFor(OTHER, 'Bob');
      const other = await another();
      const uses = await Promise.allSettled([
        store().decisionLinks.use(TOKEN, decision(T0 + 3, 'Jane'), T0),
        other.decisionLinks.use(OTHER, decision(T0 + 3, 'Bob'), T0),
        other.decisionLinks.use(TOKEN, decision(T0 + 3, 'Jane'), T0),
      ]);
      expect(uses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await store().queue.counts('c1')).pending).toBe(1);
      const decided = (await store().audit.list('c1', { limit: 99 })).filter(
        ({ kind }) => kind === 'conflict_resolved',
      );
      expect(decided).toHaveLength(1);
      const [one, two] = [await kindOf(TOKEN), await kindOf(OTHER)];
      expect([one, two].filter((kind) => kind === 'used')).toHaveLength(1);
    });

    it('go with their record when another one takes it in', async () => {
      const { link } = await held();
      const made = await linkFor(TOKEN);
      await store().queue.append([anEvent('a', { side: 'app' })], { now: T0 + 2 });
      const claim = await claimOne(store(), { now: T0 + 2 });
      await store().queue.settle(
        claim,
        settled({ now: T0 + 2, link: paired(claim.link, 'a', '1'), absorb: link.id }),
      );
      expect(await store().decisionLinks.look(TOKEN, T0 + 3)).toEqual({
        kind: 'open',
        link: { ...made, linkId: claim.link.id },
      });
      await expect(store().decisionLinks.use(TOKEN, decision(T0 + 3), T0)).rejects.toMatchObject({
        code: 'stale_version',
      });
    });

    it('know the address that they lead to, as long as it is served', async () => {
      const { decisionLinks } = store();
      expect(await decisionLinks.page()).toBeNull();
      await decisionLinks.setPage('https://a.example/x', T0);
      await decisionLinks.setPage('https://b.example/x', T0 + 1);
      await decisionLinks.clearPage('https://a.example/x');
      expect(await (await another()).decisionLinks.page()).toBe('https://b.example/x');
      await decisionLinks.clearPage('https://b.example/x');
      expect(await decisionLinks.page()).toBeNull();
    });
  });

  describe('what happened', () => {
    beforeEach(async () => await store().connections.create(aConnection()));

    it('is as long as the number of the last row of a chain', async () => {
      await store().connections.create(aConnection('c2'));
      await store().connections.update('c2', { name: 'Two' }, { now: T0 });
      const last = async (id: string) => (await store().audit.list(id, { limit: 99 })).at(-1)?.seq;
      expect(await store().audit.heads(['c2', 'c1', 'nobody'])).toEqual(
        new Map([
          ['c1', await last('c1')],
          ['c2', await last('c2')],
        ]),
      );
      expect(await store().audit.heads([])).toEqual(new Map());
    });

    it('tells which conflicts of some records were closed', async () => {
      const { queue, conflicts } = store();
      const settle = async (recordId: string, now: number, patch: Partial<Settlement>) => {
        await queue.append([anEvent(recordId)], { now });
        const claim = await claimOne(store(), { now });
        await queue.settle(claim, settled({ now, ...patch }));
        return claim.link.id;
      };
      const first = await settle('1', T0, { conflict: hold('3'), outcome: { kind: 'held' } });
      const second = await settle('2', T0, { conflict: hold('3'), outcome: { kind: 'held' } });
      await settle('1', T0 + 5, { conflict: { kind: 'close', reason: 'agreed' } });
      const closed = async (links: string[], since: number) =>
        (await conflicts.closedOf(links, since)).map(({ linkId, closeReason }) => [linkId, closeReason]);
      expect(await closed([first, second], T0 + 5)).toEqual([[first, 'agreed']]);
      expect(await closed([first, second], T0 + 6)).toEqual([]);
      expect(await closed([second], T0)).toEqual([]);
      expect(await closed([], T0)).toEqual([]);
    });
  });
}
