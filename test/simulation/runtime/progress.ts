import { plain } from './output';

/** On a terminal one line that is written over; elsewhere a line now and then. */
const TERMINAL_MS = 1_000;
const FILE_MS = 10_000;

export interface Progress {
  /** Where the work stands, one line. */
  line: () => string;
  /** What to say when somebody interrupts it. */
  soFar: () => string;
}

/** Says on stderr how far the work is, for as long as it takes; Ctrl-C ends it with what was done so far. */
export async function withProgress<T>({ line, soFar }: Progress, work: () => Promise<T>): Promise<T> {
  const { isTTY = false } = process.stderr;
  const clear = () => plain.error(isTTY ? '\r\x1b[K' : '');
  const timer = setInterval(
    () => plain.error(isTTY ? `\r\x1b[K${line()}` : `${line()}\n`),
    isTTY ? TERMINAL_MS : FILE_MS,
  );
  // Said and done at once: tsx leaves its child no time after the signal.
  const stop = () => {
    clear();
    plain.out(`Interrupted.\n${soFar()}`);
    process.exit(130);
  };
  process.once('SIGINT', stop);
  try {
    return await work();
  } finally {
    process.off('SIGINT', stop);
    clearInterval(timer);
    clear();
  }
}
