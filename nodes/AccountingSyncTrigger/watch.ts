export interface LookOptions {
  /** Whether there is more to look at already. */
  look(): Promise<boolean>;
  /** Calls back when there may be something; returns the way to stop. */
  onHint(listener: () => void): () => void;
  onError(error: unknown): void;
  /** Longest time between two looks, for what other processes do (1 000). */
  pollMs?: number;
  /** Hints that come within this time make one look (20). */
  debounceMs?: number;
}

/** Looks again and again, one look at a time, soon after a hint. */
export function keepLooking(options: LookOptions): { stop(): Promise<void> } {
  const { look, onHint, onError, pollMs = 1_000, debounceMs = 20 } = options;
  let stopped = false;
  let underWay: Promise<void> | null = null;
  let hinted = false;
  let timer: NodeJS.Timeout | undefined;

  const lookIn = (delayMs: number) => {
    if (stopped) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      underWay = lookOnce();
    }, delayMs);
  };

  const lookOnce = async () => {
    hinted = false;
    let isMore = false;
    try {
      isMore = await look();
    } catch (error) {
      onError(error);
    }
    underWay = null;
    lookIn(isMore || hinted ? debounceMs : pollMs);
  };

  const forget = onHint(() => {
    if (!hinted && !underWay) lookIn(debounceMs);
    hinted = true;
  });
  lookIn(0);
  return {
    stop: async () => {
      stopped = true;
      forget();
      clearTimeout(timer);
      await underWay;
    },
  };
}
