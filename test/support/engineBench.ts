import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, Connection, NewEvent, SideName } from '../../shared/ports';
import { openStore, type OpenStore } from '../../shared/store';
import { Engine } from '../../shared/sync/engine';
import type { EngineOptions } from '../../shared/sync/context';
import { silentLogger, systemRandom } from '../../shared/system';
import { aConnection } from './connection';
import { MemorySide } from './memorySide';

/** A clock that tests move by hand; it starts at the real time. */
export class TestClock implements Clock {
  private offsetMs = 0;
  now(): number {
    return Date.now() + this.offsetMs;
  }
  advance(ms: number): void {
    this.offsetMs += ms;
  }
  async sleep(ms: number): Promise<void> {
    this.advance(ms);
  }
}

export interface EngineBench {
  store: OpenStore;
  app: MemorySide;
  ledger: MemorySide;
  clock: TestClock;
  engine: Engine;
  connection: Connection;
  notify(side: SideName, entity: string, recordId: string, extra?: Partial<NewEvent>): Promise<void>;
  /** Works until nothing is due. */
  settle(): ReturnType<Engine['processDue']>;
  close(): Promise<void>;
}

/** The real engine on a real SQLite file between two sides in memory. */
export async function engineBench(
  options: { ledger?: MemorySide; app?: MemorySide; engine?: Partial<EngineOptions> } = {},
): Promise<EngineBench> {
  const folder = mkdtempSync(join(tmpdir(), 'accounting-sync-'));
  const store = await openStore({ kind: 'sqlite', path: join(folder, 'store.sqlite'), random: systemRandom });
  const app = options.app ?? new MemorySide('a');
  const ledger = options.ledger ?? new MemorySide('l');
  const clock = new TestClock();
  const connection = aConnection('c1', { provider: 'memory', createdAt: clock.now() });
  await store.connections.create(connection);
  const ports = { store, sides: { app, ledger }, clock, random: systemRandom, logger: silentLogger };
  const engine = new Engine(ports, 'worker-1', options.engine);
  return {
    store,
    app,
    ledger,
    clock,
    engine,
    connection,
    async notify(side, entity, recordId, extra = {}) {
      const event: NewEvent = { connectionId: 'c1', entity, side, recordId, source: 'poll', ...extra };
      await store.queue.append([event], { now: clock.now() });
    },
    settle: () => engine.processDue('c1'),
    async close() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
