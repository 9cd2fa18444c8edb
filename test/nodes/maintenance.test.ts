import { maintainDaily, startMaintenance } from '../../nodes/runtime/maintenance';
import { triggerActor } from '../../nodes/runtime/actor';
import { fakeNode } from './support/fakeNode';
import { connectionOf, useStoreFolder } from './support/storeFolder';

const folder = useStoreFolder();
const DAY_MS = 86_400_000;

describe('maintenance', () => {
  it('removes once a day what is old enough, in the name of the trigger, and says what does not hold', async () => {
    const store = await folder.open();
    await store.connections.create(connectionOf('a', '1'));
    await store.usage.add('a', '2026-01-01', { read: 1 });
    const { context, lines } = fakeNode();
    const by = triggerActor(context);
    const now = Date.UTC(2027, 5, 1);
    const { logger } = context as { logger: never };
    const run = async (at: number) => await maintainDaily({ store: { ...store, now: () => at }, by, logger });
    await run(now);
    await run(now + DAY_MS - 1);
    expect(lines).toMatchObject([{ level: 'debug', fields: { usage: 1, events: 0 } }]);
    expect((await store.audit.list('*', { limit: 9 })).at(-1)).toMatchObject({
      kind: 'store_cleaned_up',
      by: 'trigger workflow-1',
    });
    const archive = async () => ({ rows: 0, isBroken: true });
    const broken = { ...store, now: () => now + DAY_MS, audit: { ...store.audit, archive } };
    await maintainDaily({ store: broken, by, logger });
    expect(lines.at(-1)).toMatchObject({
      level: 'warn',
      message: expect.stringContaining('Audit: Verify') as string,
    });
    await store.close();
  });

  it('says what went wrong, and harms nobody', async () => {
    const store = await folder.open();
    const { context, lines } = fakeNode();
    const { logger } = context as { logger: never };
    const retention = { ...store.retention, begin: () => Promise.reject(new Error('the disk is full')) };
    await maintainDaily({ store: { ...store, retention }, by: 'trigger w', logger });
    expect(lines).toMatchObject([
      { level: 'warn', message: expect.stringContaining('the disk is full') as string },
    ]);
    await store.close();
  });

  it('looks every hour, until it is stopped', async () => {
    jest.useFakeTimers();
    try {
      const begin = jest.fn(async () => false);
      const store = { retention: { begin }, now: () => 0 } as never;
      const { stop } = startMaintenance({ store, by: 'trigger w', logger: {} as never });
      await jest.advanceTimersByTimeAsync(3_600_000);
      expect(begin).toHaveBeenCalledTimes(2);
      stop();
      await jest.advanceTimersByTimeAsync(7_200_000);
      expect(begin).toHaveBeenCalledTimes(2);
    } finally {
      jest.useRealTimers();
    }
  });
});
