import { NotFoundError, StoreError } from '../../../shared/errors';
import type { Access, Actor, Binding, Connection, ConnectionStore } from '../../../shared/ports';
import { connectionChanged, connectionRebound } from '../../../shared/store/acts';
import { otherAddress } from '../../../shared/store/refusals';
import { compareText } from './rows';
import type { Session } from './session';
import { asStored } from './values';

export class MemoryConnections implements ConnectionStore {
  constructor(private readonly session: Session) {}

  async create(
    connection: Connection,
    by: Actor = 'sync',
  ): Promise<{ connection: Connection; created: boolean }> {
    const { database } = this.session;
    for (const { value } of database.connections.values())
      if (sameCompany(value, connection)) return { connection: value, created: false };
    if (database.connections.has(connection.id))
      throw new StoreError(`There is a connection ${connection.id} already`);
    const stored = database.sealed(asStored({ ...connection }));
    database.addConnection(stored, by);
    return { connection: stored, created: true };
  }

  async get(id: string): Promise<Connection | null> {
    return this.session.database.connections.get(id)?.value ?? null;
  }

  async list(): Promise<Connection[]> {
    const all = [...this.session.database.connections.values()].map((row) => row.value);
    return all.sort((a, b) => a.createdAt - b.createdAt || compareText(a.id, b.id));
  }

  async bound(access: Access): Promise<Connection | null> {
    const { credentialId } = access.binding;
    const mine = (await this.list()).find(
      (connection) => sameCompany(connection, access) && connection.binding.credentialId === credentialId,
    );
    return mine ?? null;
  }

  async heardBy(
    { provider, binding }: Pick<Access, 'provider' | 'binding'>,
    tenantIds: readonly string[],
  ): Promise<Connection[]> {
    return (await this.list()).filter(
      (connection) =>
        tenantIds.some((tenantId) => sameCompany(connection, { provider, tenantId, binding })) &&
        (connection.binding.credentialId === binding.credentialId || connection.binding.app === binding.app),
    );
  }

  async rebind(
    id: string,
    binding: Binding,
    { by, now }: Parameters<ConnectionStore['rebind']>[2],
  ): Promise<Connection> {
    const { database } = this.session;
    const row = database.connections.get(id);
    if (!row) throw new NotFoundError(`There is no connection ${id} in this store`);
    const before = row.value.binding;
    if (before.baseUrl !== binding.baseUrl) throw otherAddress(row.value);
    row.value = database.sealed({ ...row.value, binding });
    row.audit.add(now, database.sealed(connectionRebound(before, binding, by)));
    return row.value;
  }

  async update(
    id: string,
    patch: Parameters<ConnectionStore['update']>[1],
    { now, by = 'sync' }: Parameters<ConnectionStore['update']>[2],
  ): Promise<void> {
    const { database } = this.session;
    const row = database.connections.get(id);
    if (!row) throw new NotFoundError(`There is no connection ${id} in this store`);
    const entry = connectionChanged(row.value, patch, by);
    if (entry) row.audit.add(now, database.sealed(entry));
    const { trouble, ...value } = { ...row.value, ...asStored(patch) };
    row.value = database.sealed({ ...value, ...(trouble ? { trouble } : {}) });
    if (row.value.state === 'active') database.wake();
  }
}

const sameCompany = (a: Access, b: Access): boolean =>
  a.provider === b.provider && a.tenantId === b.tenantId && a.binding.baseUrl === b.binding.baseUrl;
