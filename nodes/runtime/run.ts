import type { Connection } from '../../shared/ports';
import { createAppSide } from '../../shared/app/side';
import type { ProviderSide } from '../../shared/providers/provider';
import type { OpenStore } from '../../shared/store';
import type { EnginePorts } from '../../shared/sync/context';
import { Engine } from '../../shared/sync/engine';
import { systemRandom } from '../../shared/system';
import type { HttpNodeContext } from './context';
import { clockOf } from './clock';
import { nodeLogger } from './logger';
import { openMeter } from './meter';
import { quickBooksSide, type QuickBooksCompany } from './quickBooks';
import { newWorkerId } from './worker';

/** A connection with everything that works on it needs. */
export interface ConnectionRun {
  connection: Connection;
  ledger: ProviderSide;
  ports: EnginePorts;
  engine: Engine;
}

/** Puts the engine together for one connection; what was metered is written down when `use` is done. */
export async function withConnection<T>(
  context: HttpNodeContext,
  store: OpenStore,
  { company, connection }: { company: QuickBooksCompany; connection: Connection },
  use: (run: ConnectionRun) => Promise<T>,
): Promise<T> {
  const clock = clockOf(store);
  const meter = await openMeter(store.usage, connection, clock);
  const ledger = quickBooksSide(context, company, meter);
  const parts = { store, connectionId: connection.id, clock, random: systemRandom };
  const ports: EnginePorts = {
    store,
    sides: { app: createAppSide(parts), ledger },
    clock,
    random: systemRandom,
    logger: nodeLogger(context.logger),
  };
  try {
    return await use({ connection, ledger, ports, engine: new Engine(ports, newWorkerId()) });
  } finally {
    await meter.flush();
  }
}
