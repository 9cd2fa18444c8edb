import { setTimeout as sleep } from 'node:timers/promises';
import { watchFeed } from '../../nodes/runtime/watchFeed';
import type { CaughtUp } from '../../shared/sync/catchUp';
import { connectionOf } from './support/storeFolder';

const HOUR_MS = 3_600_000;

function watching(more: { fails?: () => boolean } = {}) {
  const connection = connectionOf('c1', '1');
  const state = { now: 1_000_000_000, reads: [] as number[], readAt: 0, errors: 0, connection };
  const watch = watchFeed({
    clock: { now: () => state.now },
    random: { next: () => 1 },
    connection: async () => state.connection,
    read: async (readBefore): Promise<CaughtUp | null> => {
      if (state.readAt > readBefore) return null;
      state.reads.push(state.now);
      if (more.fails?.()) throw new Error('no answer');
      state.readAt = state.now;
      return { changes: 0, queued: 0, complete: true };
    },
    onRead: () => undefined,
    onError: () => void state.errors++,
    lookMs: 1,
  });
  /** Lets the clock go and the watch look a few times. */
  const pass = async (ms: number) => {
    state.now += ms;
    await sleep(25);
  };
  return { state, watch, pass };
}

describe('watchFeed', () => {
  it('reads at the start, once, and every six hours after that', async () => {
    const { state, watch, pass } = watching();
    expect(state.reads).toEqual([]);
    await pass(1);
    expect(state.reads).toHaveLength(1);
    await pass(5 * HOUR_MS);
    expect(state.reads).toHaveLength(1);
    await pass(HOUR_MS + 1);
    expect(state.reads).toHaveLength(2);
    await watch.stop();
    await pass(12 * HOUR_MS);
    expect(state.reads).toHaveLength(2);
  });

  it('leaves a paused or resting connection alone, and reads at once when it continues', async () => {
    const { state, watch, pass } = watching();
    await pass(1);
    state.connection = { ...state.connection, state: 'paused' };
    await pass(24 * HOUR_MS);
    expect(state.reads).toHaveLength(1);
    state.connection = { ...state.connection, state: 'active', resumeAt: state.now + HOUR_MS };
    await pass(1);
    expect(state.reads).toHaveLength(1);
    await pass(HOUR_MS);
    expect(state.reads).toHaveLength(2);
    await watch.stop();
  });

  it('repeats a read that fails, less and less often, up to an hour', async () => {
    const { state, watch, pass } = watching({ fails: () => true });
    for (let minute = 0; minute < 40; minute++) await pass(10 * 60_000);
    await watch.stop();
    const pauses = state.reads.slice(1).map((at, index) => at - state.reads[index]!);
    expect(pauses.at(-1)).toBe(HOUR_MS);
    expect(state.errors).toBe(state.reads.length);
    expect(state.reads.length).toBeLessThan(20);
  });
});
