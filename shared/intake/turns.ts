import { performance } from 'node:perf_hooks';
import type { Pause } from '../providers/provider';

/** What all calls together may do in one turn of the event loop before they let everybody else have a turn. */
const SLICE_MS = 8;

/** A call this small is done before anybody notices, and never waits behind a large one. */
const SMALL_BYTES = 16 * 1024;

/** When the first call did something in this turn. */
let startedAt: number | null = null;
const waiting: (() => void)[] = [];
let scheduled = false;

/**
 * The pause that a call of this size makes between two pieces of work. There is nothing to wait for while the turn of
 * the event loop is young, however many calls share it; after that one call a turn goes on.
 */
export function pauseFor(bytes: number): Pause {
  return bytes <= SMALL_BYTES ? () => undefined : () => (isUsedUp() ? nextTurn() : undefined);
}

function isUsedUp(): boolean {
  const now = performance.now();
  if (startedAt === null) {
    startedAt = now;
    setImmediate(() => (startedAt = null));
  }
  return now - startedAt >= SLICE_MS;
}

async function nextTurn(): Promise<void> {
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
    startedAt = null;
    waiting.shift()?.();
    if (waiting.length > 0) schedule();
  });
}
