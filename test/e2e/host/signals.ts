const fatal = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `cleanup` before this process ends, also when a signal ends it, unless somebody else listens for the signal
 * and so decides what it means. Returns a function that takes this back.
 */
export function beforeExit(cleanup: () => void): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    if (process.listenerCount(signal) > 1) return;
    cleanup();
    process.off(signal, onSignal);
    process.kill(process.pid, signal);
  };
  process.on('exit', cleanup);
  for (const signal of fatal) process.on(signal, onSignal);
  return () => {
    process.off('exit', cleanup);
    for (const signal of fatal) process.off(signal, onSignal);
  };
}
