import { NotFoundError, StoreError } from '../../../shared/errors';
import type { Actor, Connection, ConnectionStore } from '../../../shared/ports';
import { compareText } from './rows';
import type { Session } from './session';
import { asStored } from './values';

export class MemoryConnections implements ConnectionStore {
  constructor(private readonly session: Session) {}

  async create(connection: Connection, by: Actor = 'sync'): Promise<void> {
    const { database } = this.session;
    if (database.connections.has(connection.id))
      throw new StoreError(`There is a connection ${connection.id} already`);
    database.addConnection(database.sealed(asStored({ ...connection })), by);
  }

  async get(id: string): Promise<Connection | null> {
    return this.session.database.connections.get(id)?.value ?? null;
  }

  async list(): Promise<Connection[]> {
    const all = [...this.session.database.connections.values()].map((row) => row.value);
    return all.sort((a, b) => a.createdAt - b.createdAt || compareText(a.id, b.id));
  }

  async byTenant(provider: string, tenantId: string): Promise<Connection[]> {
    return (await this.list()).filter(
      (connection) => connection.provider === provider && connection.tenantId === tenantId,
    );
  }

  async update(id: string, patch: Parameters<ConnectionStore['update']>[1]): Promise<void> {
    const { database } = this.session;
    const row = database.connections.get(id);
    if (!row) throw new NotFoundError(`There is no connection ${id} in this store`);
    row.value = database.sealed({ ...row.value, ...asStored(patch) });
    if (row.value.state === 'active') database.wake();
  }
}
