import { openMeter } from '../../nodes/runtime/meter';
import type { UsageStore } from '../../shared/ports';
import { connectionOf } from './support/storeFolder';

function fakeUsage(): UsageStore & { days: Record<string, Record<string, number>> } {
  const days: Record<string, Record<string, number>> = {};
  return {
    days,
    add: (_id, day, counts) => {
      const of = (days[day] ??= {});
      for (const [kind, calls] of Object.entries(counts)) of[kind] = (of[kind] ?? 0) + calls;
      return Promise.resolve();
    },
    get: (_id, day) => Promise.resolve(days[day] ?? {}),
  };
}

describe('a connection meter', () => {
  it('refuses reads over the budget of the day, never writes, and starts anew the next day', async () => {
    const usage = fakeUsage();
    const clock = { at: Date.UTC(2026, 0, 1, 23), now: () => clock.at };
    const connection = connectionOf('metered', '1', { dailyReadBudget: 3 });
    const meter = await openMeter(usage, connection, clock);
    meter.count('read');
    meter.count('read');
    await meter.flush();
    expect(usage.days['2026-01-01']).toEqual({ read: 2 });

    const same = await openMeter(usage, connection, clock);
    same.count('read');
    expect(() => meter.count('read')).toThrow('budget of 3 reads');
    meter.count('write');
    try {
      meter.count('read');
    } catch (error) {
      expect(error).toMatchObject({ code: 'budget', details: { retryAfterMs: 3_600_000 } });
    }

    clock.at += 3_600_000;
    meter.count('read');
    await meter.flush();
    expect(usage.days).toEqual({ '2026-01-01': { read: 3, write: 1 }, '2026-01-02': { read: 1 } });
  });
});
