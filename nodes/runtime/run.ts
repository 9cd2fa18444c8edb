import type { Access, CallMeter, Connection } from '../../shared/ports';
import { createAppSide } from '../../shared/app/side';
import type { ProviderSide } from '../../shared/providers/provider';
import type { OpenStore } from '../../shared/store';
import type { EnginePorts } from '../../shared/sync/context';
import { Engine } from '../../shared/sync/engine';
import { systemRandom } from '../../shared/system';
import { originOf } from './actor';
import { boundConnection } from './connection';
import type { HttpNodeContext } from './context';
import { clockOf } from './clock';
import { nodeLogger } from './logger';
import { openMeter } from './meter';
import { quickBooksSide } from './quickBooks';
import { newWorkerId } from './worker';

/** A connection with everything that works on it needs. */
export interface ConnectionRun {
  connection: Connection;
  ledger: ProviderSide;
  ports: EnginePorts;
  engine: Engine;
  /** Calls to the accounting tool so far. */
  calls: Record<Parameters<CallMeter['count']>[0], number>;
}

/**
 * Puts the engine together for the connection that a credential is bound to, which is the only way from a credential
 * to a connection. What was metered is written down when `use` is done.
 */
export async function withConnection<T>(
  context: HttpNodeContext,
  store: OpenStore,
  access: Access,
  use: (run: ConnectionRun) => Promise<T>,
): Promise<T> {
  const connection = await boundConnection(store, access);
  const clock = clockOf(store);
  const meter = await openMeter(store.usage, connection, clock);
  const calls = { read: 0, write: 0, auth: 0 };
  const counting: CallMeter = {
    count: (kind) => {
      meter.count(kind);
      calls[kind]++;
    },
  };
  const ledger = quickBooksSide(context, access, counting);
  const parts = { store, connectionId: connection.id, clock, random: systemRandom };
  const origin = originOf(context);
  const ports: EnginePorts = {
    store,
    sides: { app: createAppSide(parts), ledger },
    clock,
    random: systemRandom,
    logger: nodeLogger(context.logger),
    ...(origin === null ? {} : { origin }),
  };
  try {
    return await use({ connection, ledger, ports, engine: new Engine(ports, newWorkerId()), calls });
  } finally {
    await meter.flush();
  }
}
