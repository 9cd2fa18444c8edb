import { Coverage } from './coverage';
import { play } from './play';
import { keptSchedules } from './runtime/kept';
import { openSqlite } from './sqlite';
import { scheduleOf } from './schedule/generate';
import { simulate } from './support/command';

describe('the simulation', () => {
  it.each(keptSchedules)('keeps its promises where once $name', async (schedule) => {
    expect((await play(schedule)).violations).toEqual([]);
  });

  it('plays a schedule the same way every time', async () => {
    const schedule = scheduleOf({ seed: 5, index: 77, boost: 0 });
    const first = await play(schedule, { traced: true });
    expect(await play(schedule, { traced: true })).toEqual(first);
    expect(first.trace.length).toBeGreaterThan(5);
  });

  it('keeps its promises on the real SQLite store', async () => {
    const coverage = new Coverage();
    for (let index = 0; index < 60; index++) {
      const schedule = scheduleOf({ seed: 8, index, boost: 0 });
      const { violations } = await play(schedule, { coverage, openStore: openSqlite });
      expect({ token: schedule.token, violations }).toEqual({ token: schedule.token, violations: [] });
    }
    expect(coverage.counts.get('settle:synced')).toBeGreaterThan(50);
  }, 120_000);

  it('finds no broken promise in 50 000 schedules, and reaches all that it wants to', async () => {
    const { code, last } = await simulate('--schedules', '50000', '--seed', '2026', '--json');
    expect(last).toMatchObject({ schedules: 50_000, violations: 0, coverage: { unreached: [] } });
    expect(code).toBe(0);
  }, 600_000);

  it('notices every planted bug', async () => {
    const { code, last } = await simulate('--mutants', '--json');
    expect(last).toMatchObject({ missed: [] });
    expect((last as { mutants: number }).mutants).toBeGreaterThanOrEqual(40);
    expect((last as { medianSchedules: number }).medianSchedules).toBeLessThan(1_000);
    expect(code).toBe(0);
  }, 900_000);
});
