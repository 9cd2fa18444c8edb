import type { IntakeCount, UnreadNotification } from '../../shared/ports';
import type { Fixture } from './store';
import { T0 } from './storeSupport';

const a = (patch: Partial<IntakeCount> = {}): IntakeCount => ({
  subject: 'credential:1',
  day: '2026-03-01',
  kind: 'accepted',
  count: 1,
  lastAt: T0,
  ...patch,
});

const unread = (text: string, patch: Partial<UnreadNotification> = {}): UnreadNotification => ({
  provider: 'quickbooks',
  receivedAt: T0,
  reason: 'it has no type',
  text,
  ...patch,
});

/** What is kept of webhook calls for people to see. */
export function intakeContract({ store, another }: Fixture): void {
  describe('intake', () => {
    it('adds counters up, whoever counts', async () => {
      const stores = [store(), await another()];
      await Promise.all(
        Array.from({ length: 20 }, async (_, index) =>
          stores[index % 2]!.intake.count([
            a({ kind: 'signature', count: 2, lastAt: T0 + index }),
            a({ lastAt: T0 - index }),
          ]),
        ),
      );
      await store().intake.count([a({ subject: 'credential:2', count: 50 })]);
      expect(await store().intake.counts('credential:1', '2026-03-01')).toEqual([
        { kind: 'accepted', count: 20, lastAt: T0 },
        { kind: 'signature', count: 40, lastAt: T0 + 19 },
      ]);
    });

    it('tells of a kind that it last happened on another day', async () => {
      const { intake } = store();
      await intake.count([a({ count: 7 }), a({ kind: 'slow', day: '2026-03-02', lastAt: T0 + 1 })]);
      expect(await intake.counts('credential:1', '2026-03-02')).toEqual([
        { kind: 'accepted', count: 0, lastAt: T0 },
        { kind: 'slow', count: 1, lastAt: T0 + 1 },
      ]);
      expect(await intake.counts('nobody', '2026-03-02')).toEqual([]);
    });

    it('forgets counters of long ago', async () => {
      const { intake } = store();
      await intake.count([a()]);
      await intake.count([a({ kind: 'slow', day: '2026-05-30' })]);
      expect(await intake.counts('credential:1', '2026-05-30')).toHaveLength(2);
      await intake.count([a({ kind: 'slow', day: '2026-05-31' })]);
      expect(await intake.counts('credential:1', '2026-05-31')).toMatchObject([{ kind: 'slow', count: 1 }]);
    });

    it('keeps what could not be read once, however often it comes', async () => {
      const { intake } = store();
      await intake.keep([unread('{"id":null}'), unread('half a "word"')]);
      await intake.keep([unread('{"id":null}', { receivedAt: T0 + 5 })]);
      expect(await intake.unread('quickbooks', 10)).toEqual([
        unread('{"id":null}', { receivedAt: T0 + 5 }),
        unread('half a "word"'),
      ]);
      expect(await intake.unread('quickbooks', 1)).toHaveLength(1);
      expect(await intake.unread('xero', 10)).toEqual([]);
    });

    it('keeps the newest two hundred of each provider', async () => {
      const { intake } = store();
      await intake.keep([unread('of another', { provider: 'xero' })]);
      await intake.keep(
        Array.from({ length: 150 }, (_, index) => unread(`a${index}`, { receivedAt: T0 + index })),
      );
      await intake.keep(
        Array.from({ length: 150 }, (_, index) => unread(`b${index}`, { receivedAt: T0 + 1_000 + index })),
      );
      const kept = await intake.unread('quickbooks', 1_000);
      expect(kept).toHaveLength(200);
      expect(kept[0]?.text).toBe('b149');
      expect(kept.at(-1)?.text).toBe('a100');
      expect(await intake.unread('xero', 10)).toHaveLength(1);
    });
  });
}
