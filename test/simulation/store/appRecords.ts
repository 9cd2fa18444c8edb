import { NotFoundError, StaleVersionError } from '../../../shared/errors';
import type { AppRecord, AppRecordStore } from '../../../shared/ports';
import { checkEvents, insertEvents } from './append';
import { compareText } from './rows';
import type { Session } from './session';
import { asStored } from './values';

type NewRecord = Parameters<AppRecordStore['write']>[0];
type WriteOptions = Parameters<AppRecordStore['write']>[1];

export class MemoryAppRecords implements AppRecordStore {
  constructor(private readonly session: Session) {}

  async get(connectionId: string, entity: string, id: string): Promise<AppRecord | null> {
    return this.#table(connectionId, entity)?.get(id) ?? null;
  }

  async getMany(
    connectionId: string,
    entity: string,
    ids: readonly string[],
  ): Promise<Map<string, AppRecord>> {
    const table = this.#table(connectionId, entity);
    const found = new Map<string, AppRecord>();
    for (const id of ids) {
      const record = table?.get(id);
      if (record) found.set(id, record);
    }
    return found;
  }

  async list(
    connectionId: string,
    entity: string,
    { afterId, limit, states, naturalKey = {} }: Parameters<AppRecordStore['list']>[2],
  ): Promise<AppRecord[]> {
    const key = Object.entries(naturalKey);
    return [...(this.#table(connectionId, entity)?.values() ?? [])]
      .filter(
        (record) =>
          (afterId === undefined || record.id > afterId) &&
          (states === undefined || states.includes(record.state)) &&
          key.every(([field, text]) => record.fields[field] === text),
      )
      .sort((a, b) => compareText(a.id, b.id))
      .slice(0, limit);
  }

  async write(record: NewRecord, { expectedVersion, event, key, now }: WriteOptions): Promise<AppRecord> {
    const { database } = this.session;
    const connection = database.connection(record.connectionId);
    if (event && event.connectionId !== record.connectionId)
      throw new NotFoundError(`There is no connection ${event.connectionId} in this store`);
    const { connectionId, entity, id, state, schemaVersion, fields, updatedBy } = record;
    let table = connection.appRecords.get(entity);
    if ((table?.get(id)?.version ?? null) !== expectedVersion) throw staleRecord(record, expectedVersion);
    const events = event ? [event] : [];
    checkEvents(events);
    if (!table) connection.appRecords.set(entity, (table = new Map()));
    const version = (expectedVersion ?? 0) + 1;
    const writtenKey = key ?? table.get(id)?.writtenKey;
    const stored: AppRecord = database.sealed({
      connectionId,
      entity,
      id,
      version,
      state,
      schemaVersion,
      fields: asStored(fields),
      updatedAt: now,
      ...(updatedBy === undefined ? {} : { updatedBy }),
      ...(writtenKey === undefined ? {} : { writtenKey }),
    });
    table.set(id, stored);
    insertEvents(database, events, now);
    return database.sealed({ ...record, version, updatedAt: now });
  }

  #table(connectionId: string, entity: string): Map<string, AppRecord> | undefined {
    return this.session.database.connections.get(connectionId)?.appRecords.get(entity);
  }
}

function staleRecord(record: NewRecord, expectedVersion: number | null): StaleVersionError {
  const reason = expectedVersion === null ? 'is there already' : `is no longer at version ${expectedVersion}`;
  return new StaleVersionError(`The app's ${record.entity} ${record.id} ${reason}`, {
    entity: record.entity,
    recordId: record.id,
    nextStep: 'Read the record again and repeat the change.',
  });
}
