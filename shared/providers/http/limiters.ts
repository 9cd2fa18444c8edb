import Bottleneck from 'bottleneck';

export interface RateLimits {
  perMinute: number;
  perSecond: number;
}

const limiters = new Map<string, Bottleneck>();

/**
 * The limiter of one company at one provider: one per process, whichever node or client asks. Later callers
 * share the limits that the first one set.
 */
export function limiterOf(
  provider: string,
  tenantId: string,
  { perMinute, perSecond }: RateLimits,
): Bottleneck {
  const key = `${provider}:${tenantId}`;
  const existing = limiters.get(key);
  if (existing) return existing;
  const limiter = new Bottleneck({
    reservoir: perMinute,
    reservoirRefreshAmount: perMinute,
    reservoirRefreshInterval: 60_000,
    maxConcurrent: perSecond,
    minTime: Math.ceil(1000 / perSecond),
  });
  limiters.set(key, limiter);
  return limiter;
}

/** Stops and forgets the limiters, for a clean end of a test or a process. */
export async function closeLimiters(): Promise<void> {
  const open = [...limiters.values()];
  limiters.clear();
  await Promise.all(open.map((limiter) => limiter.disconnect(false)));
}
