import { setTimeout as sleep } from 'node:timers/promises';
import { watchQueue, type ReadyWork, type WatchOptions } from '../../nodes/runtime/wake';
import { connectionOf } from './support/storeFolder';

/** A queue of numbers: `ready` records can be claimed, `settled` are done. */
function fakeQueue() {
  const listeners = new Set<() => void>();
  const state = { ready: 0, settled: 0, nextAt: null as number | null, looks: 0, untold: [] as string[] };
  const store = {
    queue: {
      ready: (_ids: unknown, now: number) => {
        if (now > 0) state.looks++;
        return Promise.resolve({ ready: now > 0 ? state.ready : 0, nextAt: state.nextAt });
      },
      counts: () => Promise.resolve({ pending: 0, waiting: 0, held: 0, settled: state.settled, dead: 0 }),
    },
    notices: { pending: () => Promise.resolve(state.untold) },
    now: Date.now,
    onAppended: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  } as unknown as WatchOptions['store'];
  const append = (records: number) => {
    state.ready += records;
    for (const listener of listeners) listener();
  };
  const workOff = () => {
    state.settled += state.ready;
    state.ready = 0;
  };
  return { state, store, append, workOff, listeners };
}

const connection = connectionOf('c1', '1');

function watching(queue: ReturnType<typeof fakeQueue>, more: Partial<WatchOptions> = {}) {
  const emitted: ReadyWork[][] = [];
  const errors: unknown[] = [];
  const watch = watchQueue({
    store: queue.store,
    connections: () => Promise.resolve([connection]),
    emit: (work) => {
      emitted.push(work);
      queue.workOff();
      return Promise.resolve();
    },
    onError: (error) => errors.push(error),
    debounceMs: 5,
    pollMs: 60_000,
    ...more,
  });
  return { watch, emitted, errors };
}

describe('watchQueue', () => {
  it('emits once for many events that come together', async () => {
    const queue = fakeQueue();
    const { watch, emitted } = watching(queue);
    await sleep(10);
    for (let i = 0; i < 20; i++) queue.append(1);
    await sleep(40);
    expect(emitted).toHaveLength(1);
    expect(emitted[0]).toMatchObject([{ connectionId: 'c1', connectionName: 'Company c1', ready: 20 }]);
    watch.stop();
  });

  it('runs one execution at a time, and looks again when it has ended', async () => {
    const queue = fakeQueue();
    let running = 0;
    let most = 0;
    const emit = async () => {
      most = Math.max(most, ++running);
      queue.workOff();
      await sleep(30);
      running--;
    };
    const { watch } = watching(queue, { emit });
    queue.append(1);
    await sleep(20);
    queue.append(3);
    await sleep(100);
    expect(most).toBe(1);
    expect(queue.state).toMatchObject({ ready: 0, settled: 4 });
    watch.stop();
  });

  it('finds by itself what another process queued, and what falls due', async () => {
    const queue = fakeQueue();
    const { watch, emitted } = watching(queue, { pollMs: 10 });
    await sleep(20);
    queue.state.ready = 2;
    await sleep(40);
    expect(emitted).toHaveLength(1);
    watch.stop();

    const due = fakeQueue();
    due.state.nextAt = Date.now() + 30;
    const later = watching(due);
    await sleep(10);
    due.state.ready = 1;
    await sleep(60);
    expect(later.emitted).toHaveLength(1);
    later.watch.stop();
  });

  it('backs off while executions get nothing done, and from failing ones', async () => {
    const queue = fakeQueue();
    let emits = 0;
    const backoffMs = { first: 40, longest: 1_000 };
    const { watch } = watching(queue, { backoffMs, pollMs: 5, emit: async () => void emits++ });
    queue.append(1);
    await sleep(150);
    expect(emits).toBeGreaterThanOrEqual(2);
    expect(emits).toBeLessThanOrEqual(3);
    watch.stop();

    const failing = fakeQueue();
    const { watch: other, errors } = watching(failing, {
      backoffMs,
      emit: () => Promise.reject(new Error('no')),
    });
    failing.append(1);
    await sleep(30);
    expect(errors).toHaveLength(1);
    other.stop();
  });

  it('emits for what is to be told though nothing is due, and less and less often while nobody tells it', async () => {
    const queue = fakeQueue();
    queue.state.untold = ['c1'];
    let emits = 0;
    const emit = async () => void emits++;
    const { watch } = watching(queue, { backoffMs: { first: 40, longest: 1_000 }, pollMs: 5, emit });
    await sleep(150);
    expect(emits).toBeGreaterThanOrEqual(2);
    expect(emits).toBeLessThanOrEqual(3);
    queue.state.untold = [];
    const before = emits;
    await sleep(200);
    expect(emits).toBe(before);
    watch.stop();
  });

  it('survives a store that cannot be asked for a while', async () => {
    const queue = fakeQueue();
    let fail = true;
    const connections = () => (fail ? Promise.reject(new Error('down')) : Promise.resolve([connection]));
    const { watch, emitted, errors } = watching(queue, { connections, pollMs: 5 });
    queue.append(1);
    await sleep(20);
    expect(errors.length).toBeGreaterThan(0);
    fail = false;
    await sleep(30);
    expect(emitted).toHaveLength(1);
    watch.stop();
  });

  it('leaves paused connections alone', async () => {
    const queue = fakeQueue();
    const paused = () => Promise.resolve([{ ...connection, state: 'paused' as const }]);
    const { watch, emitted } = watching(queue, { connections: paused });
    queue.append(1);
    await sleep(20);
    expect(emitted).toEqual([]);
    watch.stop();
  });

  it('leaves nothing behind when it is stopped', async () => {
    const queue = fakeQueue();
    const { watch, emitted } = watching(queue, { pollMs: 5 });
    await sleep(10);
    watch.stop();
    const { looks } = queue.state;
    queue.append(1);
    await sleep(30);
    expect(queue.listeners.size).toBe(0);
    expect(queue.state.looks).toBe(looks);
    expect(emitted).toEqual([]);
  });
});
