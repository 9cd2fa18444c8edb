import { StoreError } from '../../../shared/errors';
import type { CheckpointStore } from '../../../shared/ports';
import type { MemoryDatabase } from './memoryDatabase';
import type { ConnectionRow } from './rows';
import type { Session } from './session';
import { asStored } from './values';

export class MemoryCheckpoints implements CheckpointStore {
  constructor(private readonly session: Session) {}

  async get(connectionId: string, name: string): Promise<unknown> {
    return this.session.database.connections.get(connectionId)?.checkpoints.get(name) ?? null;
  }

  async set(connectionId: string, name: string, value: unknown, _now: number): Promise<void> {
    const { database } = this.session;
    const connection = database.connections.get(connectionId);
    // The databases refuse it as a broken reference.
    if (!connection) throw new StoreError(`A checkpoint belongs to no connection ${connectionId}`);
    putCheckpoint(database, connection, name, value);
  }

  async swap(connectionId: string, name: string, from: unknown, to: unknown, now: number): Promise<boolean> {
    const stored = this.session.database.connections.get(connectionId)?.checkpoints.get(name) ?? null;
    if (JSON.stringify(stored) !== JSON.stringify(from)) return false;
    await this.set(connectionId, name, to, now);
    return true;
  }
}

export function putCheckpoint(
  database: MemoryDatabase,
  connection: ConnectionRow,
  name: string,
  value: unknown,
): void {
  connection.checkpoints.set(name, database.sealed(asStored(value ?? null)));
}
