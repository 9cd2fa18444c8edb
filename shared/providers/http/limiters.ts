import Bottleneck from 'bottleneck';

export interface RateLimits {
  perMinute: number;
  perSecond: number;
}

/** Runs calls within the limits of one company. */
export interface Limiter {
  schedule<T>(call: () => Promise<T>): Promise<T>;
}

interface Lanes extends Limiter {
  close(): Promise<void>;
}

const limiters = new Map<string, Lanes>();

/**
 * The limiter of one company at one provider: one per process, whichever node or client asks. Later callers
 * share the limits that the first one set.
 */
export function limiterOf(provider: string, tenantId: string, limits: RateLimits): Limiter {
  const key = `${provider}:${tenantId}`;
  const limiter = limiters.get(key) ?? createLimiter(limits);
  limiters.set(key, limiter);
  return limiter;
}

/** Stops and forgets the limiters, for a clean end of a test or a process. */
export async function closeLimiters(): Promise<void> {
  const open = [...limiters.values()];
  limiters.clear();
  await Promise.all(open.map((limiter) => limiter.close()));
}

const SECOND_MS = 1_000;

/**
 * Never more than the limits in any second and any minute as the provider counts them, bursts allowed. For the
 * second, each of `perSecond` places is taken until a second after its answer came, which is later than a
 * second after the call arrived there. For the minute, a bucket whose content and refill together are
 * `perMinute`.
 */
function createLimiter({ perMinute, perSecond }: RateLimits): Lanes {
  const refill = Math.max(1, Math.floor((perMinute * 0.84) / 60));
  const content = Math.max(1, perMinute - 60 * refill);
  const minute = new Bottleneck({
    reservoir: content,
    reservoirIncreaseAmount: refill,
    reservoirIncreaseInterval: SECOND_MS,
    reservoirIncreaseMaximum: content,
  });
  const second = new Bottleneck({ maxConcurrent: perSecond });
  return {
    schedule: async (call) => await minute.schedule(() => inOneOfThePlaces(second, call)),
    close: async () => {
      await Promise.all([minute.disconnect(false), second.disconnect(false)]);
    },
  };
}

/** Answers as soon as the call does; its place is free a second later. */
async function inOneOfThePlaces<T>(places: Bottleneck, call: () => Promise<T>): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    void places.schedule(async () => {
      await call().then(resolve, reject);
      await new Promise<void>((free) => setTimeout(free, SECOND_MS).unref());
    });
  });
}
