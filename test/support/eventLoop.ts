import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface EventLoopHold {
  /** The longest that anybody had to wait, which on a busy machine other processes have a share in. */
  waitedMs: number;
  /** The longest that this thread worked without giving the loop a turn. */
  workedMs: number;
}

export interface EventLoopWatch {
  /** So far, since the last reset. */
  waitedMs(): number;
  /** What has just happened is not counted. */
  reset(): void;
  stop(): EventLoopHold;
}

/** Watches for how long the event loop is held. */
export function watchEventLoop(): EventLoopWatch {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  let workedMs = 0;
  let before = cpuMs();
  const timer = setInterval(() => {
    const now = cpuMs();
    workedMs = Math.max(workedMs, now - before);
    before = now;
  }, 1);
  delays.enable();
  const waitedMs = () => delays.max / 1e6;
  return {
    waitedMs,
    reset() {
      before = cpuMs();
      delays.disable();
      delays.reset();
      delays.enable();
    },
    stop() {
      clearInterval(timer);
      delays.disable();
      return { waitedMs: waitedMs(), workedMs };
    },
  };
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
