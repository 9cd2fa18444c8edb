import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppRecords } from '../../shared/app/records';
import { createAppSide } from '../../shared/app/side';
import type { NewEvent } from '../../shared/ports';
import { createAxiosHttp } from './http/axiosHttp';
import { createOAuth2TokenSource } from './http/oauth2TokenSource';
import { createQuickBooksSide } from '../../shared/providers/quickbooks';
import { openStore } from '../../shared/store';
import { Engine } from '../../shared/sync/engine';
import { firstImport } from '../../shared/sync/import';
import { silentLogger, systemRandom } from '../../shared/system';
import { startQuickBooksSimulator } from '../simulators/quickbooks';
import { aConnection } from './connection';
import { TestClock } from './engineBench';

/** Engine, SQLite and built-in records on one side, the strict QuickBooks simulator over HTTP on the other. */
export async function quickBooksBench() {
  const simulator = await startQuickBooksSimulator({ port: 0, seed: 7, limits: false });
  const { descriptor, control } = simulator;
  const folder = mkdtempSync(join(tmpdir(), 'accounting-sync-'));
  const store = await openStore({ kind: 'sqlite', path: join(folder, 'store.sqlite'), random: systemRandom });
  const clock = new TestClock();
  const { tenantId } = descriptor;
  const connection = aConnection('c1', { tenantId, createdAt: clock.now() });
  await store.connections.create(connection);
  const calls = { read: 0, write: 0, auth: 0 };
  const token = createOAuth2TokenSource({
    tokenUrl: descriptor.tokenUrl,
    clientId: descriptor.clientId,
    clientSecret: descriptor.clientSecret,
    tokens: { accessToken: descriptor.accessToken, refreshToken: descriptor.refreshToken },
    save: async () => undefined,
    clock,
  });
  const ledger = createQuickBooksSide({
    http: createAxiosHttp({ token }),
    baseUrl: descriptor.baseUrl,
    realmId: descriptor.tenantId,
    meter: { count: (kind) => calls[kind]++ },
    clock,
    logger: silentLogger,
    options: { limits: { perMinute: 100_000, perSecond: 100_000 } },
  });
  const app = createAppSide({ store, connectionId: 'c1', clock, random: systemRandom });
  const ports = { store, sides: { app, ledger }, clock, random: systemRandom, logger: silentLogger };
  const engine = new Engine(ports, 'worker-1');
  return {
    store,
    clock,
    control,
    ledger,
    engine,
    calls,
    records: new AppRecords({ store, connectionId: 'c1', clock, random: systemRandom }),
    firstImport: () => firstImport(ports, engine, connection),
    settle: () => engine.processDue('c1'),
    async notify(entity: string, recordId: string) {
      const event: NewEvent = { connectionId: 'c1', entity, side: 'ledger', recordId, source: 'poll' };
      await store.queue.append([event], { now: clock.now() });
    },
    async linkOf(entity: string, side: 'app' | 'ledger', id: string) {
      return (await store.links.bySide('c1', entity, side, [id])).get(id);
    },
    async close() {
      await store.close();
      await simulator.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
