import type { Change, Connection, NewEvent, QueueStore } from '../ports';
import type { Pause } from '../providers/provider';

/** What became of a notification's changes. */
export interface Routed {
  connections: { connection: Connection; changes: Change[] }[];
  /** Changes of companies that have no connection here, or one of another app. */
  strangers: number;
  /** Changes of entities that their connection leaves out. */
  leftOut: number;
}

/** Companies that are looked up in one go. */
const MAX_TENANTS = 500;

/** One endpoint serves many companies: each change goes to the connection of its own. */
export async function route(
  changes: readonly Change[],
  heardBy: (tenantIds: readonly string[]) => Promise<readonly Connection[]>,
  pause: Pause,
): Promise<Routed> {
  const routed: Routed = { connections: [], strangers: 0, leftOut: 0 };
  const byTenant = Map.groupBy(changes, (change) => change.tenantId);
  const connectionOf = await connectionsOf([...byTenant.keys()], heardBy, pause);
  for (const [tenantId, ofTenant] of byTenant) {
    await pause();
    const connection = connectionOf.get(tenantId);
    if (!connection) {
      routed.strangers += ofTenant.length;
      continue;
    }
    const { entities } = connection.settings;
    const wanted = ofTenant.filter(({ entity }) => entities?.includes(entity) ?? true);
    routed.leftOut += ofTenant.length - wanted.length;
    if (wanted.length > 0) routed.connections.push({ connection, changes: wanted });
  }
  return routed;
}

async function connectionsOf(
  tenantIds: readonly string[],
  heardBy: (tenantIds: readonly string[]) => Promise<readonly Connection[]>,
  pause: Pause,
): Promise<Map<string, Connection>> {
  const found = new Map<string, Connection>();
  for (let from = 0; from < tenantIds.length; from += MAX_TENANTS) {
    for (const connection of await heardBy(tenantIds.slice(from, from + MAX_TENANTS))) {
      found.set(connection.tenantId, connection);
    }
    await pause();
  }
  return found;
}

/** Queues what was routed; it is on disk when this resolves. */
export async function queue(
  store: { queue: Pick<QueueStore, 'append'>; now(): number },
  { connections }: Routed,
  pause: Pause,
): Promise<{ stored: number; duplicates: number }> {
  const events: NewEvent[] = [];
  for (const { connection, changes } of connections) {
    for (const change of changes) {
      events.push(eventOf(connection.id, change));
      await pause();
    }
  }
  return await store.queue.append(events, { now: store.now() });
}

const eventOf = (connectionId: string, { entity, id, dedupeKey, occurredAt }: Change): NewEvent => ({
  connectionId,
  entity,
  side: 'ledger',
  recordId: id,
  source: 'webhook',
  dedupeKey,
  ...(occurredAt === undefined ? {} : { occurredAt }),
});
