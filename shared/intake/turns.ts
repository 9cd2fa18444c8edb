import { performance } from 'node:perf_hooks';

/** How long one piece of work may keep everybody else waiting before it asks for another turn. */
const SLICE_MS = 8;

const waiting: (() => void)[] = [];
let scheduled = false;

/**
 * A turn of the event loop to oneself: of all the calls that are worked on at once, one a turn gets its slice, so
 * that many of them together hold the loop no longer than one.
 */
export async function nextTurn(): Promise<void> {
  await new Promise<void>((resolve) => {
    waiting.push(resolve);
    schedule();
  });
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
    waiting.shift()?.();
    if (waiting.length > 0) schedule();
  });
}

/** Work in slices: the pause it gives takes a turn whenever the slice is used up. Starts in a turn of its own. */
export async function inSlices(): Promise<() => Promise<void> | undefined> {
  await nextTurn();
  let startedAt = performance.now();
  return () => {
    if (performance.now() - startedAt < SLICE_MS) return undefined;
    return nextTurn().then(() => {
      startedAt = performance.now();
    });
  };
}
