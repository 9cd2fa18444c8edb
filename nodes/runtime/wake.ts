import type { Connection } from '../../shared/ports';
import type { OpenStore } from '../../shared/store';
import { OUTPUTS } from './notices';

/** Work that can be done now, of one connection. */
export interface ReadyWork {
  connectionId: string;
  connectionName: string;
  /** Records that can be claimed. */
  ready: number;
  /** Whether people have to be told something that no execution has told them, though nothing is due, perhaps. */
  untold: boolean;
  at: string;
}

export interface WatchOptions {
  store: Pick<OpenStore, 'queue' | 'notices' | 'onAppended' | 'now'>;
  /** Asked at every look, so that connections may come and go. */
  connections: () => Promise<readonly Connection[]>;
  /** Starts an execution and resolves when it has ended; rejects when it failed. */
  emit: (work: ReadyWork[]) => Promise<void>;
  onError: (error: unknown) => void;
  /** Longest time between two looks, for what other processes queue (1 000). */
  pollMs?: number;
  /** Events that come within this time start one execution (20). */
  debounceMs?: number;
  /** First and longest pause after an execution that got nothing done (1 000, 60 000). */
  backoffMs?: { first: number; longest: number };
}

export interface Watch {
  stop(): void;
}

/**
 * Watches the queue and emits once whenever something can be claimed: new events, due retries and expired leases
 * alike. One execution at a time; what comes in meanwhile is looked at when it has ended. Executions that leave
 * everything as it was are repeated less and less often.
 */
export function watchQueue(options: WatchOptions): Watch {
  const { store, pollMs = 1_000, debounceMs = 20 } = options;
  const { now } = store;
  const { first, longest } = options.backoffMs ?? { first: 1_000, longest: 60_000 };
  let stopped = false;
  let busy = false;
  let woken = false;
  let fruitless = 0;
  let notBefore = 0;
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Infinity;

  const lookIn = (delayMs: number) => {
    const at = Math.max(now() + delayMs, notBefore);
    if (stopped || busy || at >= timerAt) return;
    clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(() => void look(), Math.max(0, at - now()));
  };

  const look = async () => {
    timerAt = Infinity;
    if (stopped || busy) return;
    busy = true;
    woken = false;
    let pauseMs = pollMs;
    try {
      const { work, nextAt } = await readyWork(options, now());
      if (nextAt !== null) pauseMs = Math.min(pollMs, Math.max(0, nextAt - now()));
      if (work.length > 0 && !stopped) {
        await runOne(work);
        pauseMs = debounceMs;
      }
    } catch (error) {
      options.onError(error);
    }
    busy = false;
    lookIn(woken ? debounceMs : pauseMs);
  };

  const runOne = async (work: ReadyWork[]) => {
    const before = await progressOf(store, work);
    let failed = false;
    try {
      await options.emit(work);
    } catch (error) {
      failed = true;
      options.onError(error);
    }
    const idle = failed || (await progressOf(store, work)) === before;
    fruitless = idle ? fruitless + 1 : 0;
    notBefore = idle ? now() + Math.min(longest, first * 2 ** Math.min(fruitless - 1, 20)) : 0;
  };

  const forget = store.onAppended(() => {
    woken = true;
    lookIn(debounceMs);
  });
  lookIn(0);
  return {
    stop() {
      stopped = true;
      forget();
      clearTimeout(timer);
    },
  };
}

const NOTHING = { ready: 0, nextAt: null };

/** What of the connections' work can be claimed now, and when the next is due. */
export async function readyWork(
  { store, connections }: Pick<WatchOptions, 'connections'> & { store: Pick<OpenStore, 'queue' | 'notices'> },
  now: number,
): Promise<{ work: ReadyWork[]; nextAt: number | null }> {
  const work: ReadyWork[] = [];
  let nextAt: number | null = null;
  const all = await connections();
  const ids = all.map(({ id }) => id);
  const untold = new Set(await store.notices.pending(OUTPUTS, ids));
  for (const { id, name, state } of all) {
    const found = state === 'paused' ? NOTHING : await store.queue.ready([id], now);
    if (found.ready > 0 || untold.has(id)) {
      const at = new Date(now).toISOString();
      work.push({ connectionName: name, ready: found.ready, untold: untold.has(id), at, connectionId: id });
    }
    if (found.nextAt !== null) nextAt = Math.min(nextAt ?? Infinity, found.nextAt);
  }
  return { work, nextAt };
}

/** Changes whenever an event of the connections got anywhere, be it to its next attempt. */
async function progressOf(
  store: Pick<OpenStore, 'queue' | 'notices'>,
  work: readonly ReadyWork[],
): Promise<string> {
  const states = await Promise.all(
    work.map(async ({ connectionId }) => {
      const { settled, held, dead, waiting } = await store.queue.counts(connectionId);
      const { nextAt } = await store.queue.ready([connectionId], 0);
      return [settled, held, dead, waiting, nextAt];
    }),
  );
  const untold = await store.notices.pending(
    OUTPUTS,
    work.map(({ connectionId }) => connectionId),
  );
  return JSON.stringify([states, untold]);
}
