import { LONGEST_WAIT_MS } from '../../shared/errors';
import type { Clock, Connection, Random } from '../../shared/ports';
import type { CaughtUp } from '../../shared/sync/catchUp';

export interface FeedWatchOptions {
  clock: Pick<Clock, 'now'>;
  random: Pick<Random, 'next'>;
  /** Asked at every look, so that it may come, go, pause and resume. */
  connection: () => Promise<Connection | null>;
  /** Reads the feed unless it was read later than that. */
  read: (readBefore: number) => Promise<CaughtUp | null>;
  onRead: (caughtUp: CaughtUp) => void;
  onError: (error: unknown) => void;
  /** How often it is read while everything runs: one call each time (6 hours). */
  everyMs?: number;
  /** How often it is looked whether it is time (1 minute). */
  lookMs?: number;
}

export interface FeedWatch {
  /** Resolves when a read that is under way has ended. */
  stop(): Promise<void>;
}

const FIRST_RETRY_MS = 10_000;

/**
 * Reads the feed of changes at the start, after every pause, and now and then while everything runs. All of it is in
 * the background: whoever starts does not wait for the provider. A read that fails is repeated, less and less often.
 */
export function watchFeed(options: FeedWatchOptions): FeedWatch {
  const { clock, random, everyMs = 6 * 3_600_000, lookMs = 60_000 } = options;
  /** It has to be read once more since then. */
  let readSince = clock.now();
  let notBefore = 0;
  let failures = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> = Promise.resolve();

  const lookIn = (delayMs: number) => {
    if (stopped) return;
    timer = setTimeout(() => (underWay = look()), delayMs);
    timer.unref();
  };

  const look = async () => {
    try {
      await readWhenDue();
    } catch (error) {
      failures++;
      const delayMs = Math.min(LONGEST_WAIT_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10));
      notBefore = clock.now() + delayMs * (0.5 + random.next() / 2);
      options.onError(error);
    }
    lookIn(lookMs);
  };

  const readWhenDue = async () => {
    const connection = await options.connection();
    const now = clock.now();
    if (!connection) return;
    if (connection.state === 'paused') readSince = now;
    const isResting = connection.resumeAt !== null && connection.resumeAt > now;
    if (connection.state === 'paused' || isResting || now < notBefore) return;
    const caughtUp = await options.read(Math.max(readSince, now - everyMs));
    failures = 0;
    if (caughtUp) options.onRead(caughtUp);
  };

  lookIn(0);
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await underWay;
    },
  };
}
