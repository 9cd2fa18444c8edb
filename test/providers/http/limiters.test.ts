import { closeLimiters, limiterOf } from '../../../shared/providers/http/limiters';

afterEach(() => closeLimiters());

describe('limiterOf', () => {
  it('lets a burst through at once and keeps every sliding second within the limit', async () => {
    const limiter = limiterOf('test', 'a', { perMinute: 6_000, perSecond: 5 });
    const times: number[] = [];
    const started = performance.now();
    await Promise.all(
      Array.from({ length: 11 }, () => limiter.schedule(async () => void times.push(performance.now()))),
    );
    expect(times).toHaveLength(11);
    expect((times[4] as number) - started).toBeLessThan(1_000);
    times.forEach((time, i) => {
      const sixth = times[i + 5];
      if (sixth !== undefined) expect(sixth - time).toBeGreaterThanOrEqual(999);
    });
  });

  it('passes on what a call throws, and goes on', async () => {
    const limiter = limiterOf('test', 'b', { perMinute: 600, perSecond: 1 });
    await expect(limiter.schedule(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await limiter.schedule(async () => 'yes')).toBe('yes');
  });

  it('is one for a company, and another for the next', () => {
    const limits = { perMinute: 600, perSecond: 1 };
    expect(limiterOf('test', 'c', limits)).toBe(limiterOf('test', 'c', limits));
    expect(limiterOf('test', 'c', limits)).not.toBe(limiterOf('test', 'd', limits));
  });
});
