import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface EventLoopHold {
  /** The longest that anybody had to wait, which on a busy machine other processes have a share in. */
  waitedMs: number;
  /** The longest that this thread worked without giving the loop a turn. */
  workedMs: number;
}

/** Watches for how long the event loop is held. */
export function watchEventLoop(): { reset(): void; stop(): EventLoopHold } {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  let workedMs = 0;
  let before = cpuMs();
  const timer = setInterval(() => {
    const now = cpuMs();
    workedMs = Math.max(workedMs, now - before);
    before = now;
  }, 1);
  delays.enable();
  return {
    /** What has just happened is not counted. */
    reset() {
      before = cpuMs();
      delays.disable();
      delays.enable();
    },
    stop() {
      clearInterval(timer);
      delays.disable();
      return { waitedMs: delays.max / 1e6, workedMs };
    },
  };
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
