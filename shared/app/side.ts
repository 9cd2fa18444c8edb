import { NotFoundError, UnsupportedError } from '../errors';
import type {
  AppRecord,
  EntityCapability,
  ListOptions,
  ListPage,
  Match,
  RemoveMode,
  Side,
  SideCapabilities,
  SideRecord,
  WriteOptions,
} from '../ports';
import { entities, entityNamed } from '../schema/entities';
import { upgradeRecord, type EntityDefinition, type Fields } from '../schema/entity';
import type { AppRecordsDeps } from './records';

/** Documents that money moved on can be voided; the rest can only be deleted. */
const voidable = new Set(['invoice', 'payment', 'credit_note']);

const capabilityOf = (entity: EntityDefinition): EntityCapability => ({
  create: true,
  update: true,
  remove: voidable.has(entity.name) ? ['delete', 'void'] : ['delete'],
  unsupported: {},
  readOnly: {},
  lookup: 'external_id',
  webhook: true,
  changeFeed: true,
});

export const appCapabilities: SideCapabilities = {
  label: 'App Records',
  lock: true,
  // The key of the last write is kept with the record, for as long as that is there.
  idempotency: { maxLength: 64, ttlMs: Number.MAX_SAFE_INTEGER },
  versions: 'rising',
  lineIds: 'kept',
  entities: Object.fromEntries(entities.map((entity) => [entity.name, capabilityOf(entity)])),
};

/**
 * The built-in records as a side of a connection. A record created by the sync has its canonical id as its
 * id, so a repeated create finds the first one. Writes of the sync queue no event: they are no edits.
 */
export function createAppSide(deps: AppRecordsDeps): Side {
  const { store, connectionId, clock, random } = deps;
  const records = store.appRecords;

  const stored = async (
    entity: string,
    id: string,
    state: AppRecord['state'],
    fields: Fields,
    { expectedVersion, key }: { expectedVersion: number | null; key: string },
  ): Promise<SideRecord> =>
    toSideRecord(
      await records.write(
        { connectionId, entity, id, state, schemaVersion: entityNamed(entity).version, fields },
        { expectedVersion, key, now: clock.now() },
      ),
    );

  /** What is there by now, where the last write of the sync was this very one. */
  const landed = async (entity: string, id: string, key: string): Promise<SideRecord | null> => {
    const record = await records.get(connectionId, entity, id);
    return record?.writtenKey === key ? toSideRecord(record) : null;
  };

  const withIds = (entity: string, fields: Fields): Fields => {
    const spec = entityNamed(entity).fields.find((field) => field.kind === 'list' && field.identity === 'id');
    const lines = spec && fields[spec.name];
    if (!spec || !Array.isArray(lines)) return fields;
    return { ...fields, [spec.name]: lines.map((line) => ({ ...line, id: line['id'] ?? random.id() })) };
  };

  const side: Side = {
    capabilities: appCapabilities,

    async read(entity, id) {
      const record = await records.get(connectionId, entity, id);
      return record && toSideRecord(record);
    },

    async readMany(entity, ids) {
      const found = await records.getMany(connectionId, entity, ids);
      return new Map([...found].map(([id, record]) => [id, toSideRecord(record)]));
    },

    async find(entity, fields, externalId): Promise<Match> {
      const own = await records.get(connectionId, entity, externalId);
      if (own && own.state !== 'deleted') return { kind: 'same', record: toSideRecord(own) };
      const key = naturalKeyOf(entity, fields);
      if (!key) return { kind: 'none' };
      const matches = await records.list(connectionId, entity, {
        limit: 10,
        states: ['live'],
        naturalKey: key,
      });
      const candidates = matches
        .filter((record) => sameReferences(entity, record.fields, fields))
        .map(toSideRecord);
      if (candidates.length > 1) return { kind: 'ambiguous', records: candidates };
      return candidates[0] ? { kind: 'candidate', record: candidates[0] } : { kind: 'none' };
    },

    async list(entity: string, options: ListOptions): Promise<ListPage> {
      const page = await records.list(connectionId, entity, {
        limit: options.limit,
        states: ['live', 'voided'],
        ...(options.cursor ? { afterId: options.cursor } : {}),
      });
      const next = page.length === options.limit ? (page.at(-1)?.id ?? null) : null;
      return { records: page.map(toSideRecord), next, asOf: new Date(clock.now()).toISOString() };
    },

    async create(entity, fields, { key, externalId = random.id() }: WriteOptions) {
      const existing = await records.get(connectionId, entity, externalId);
      if (existing && existing.state === 'live') return toSideRecord(existing);
      const expectedVersion = existing?.version ?? null;
      return stored(entity, externalId, 'live', withIds(entity, fields), { expectedVersion, key });
    },

    async update(entity, current, desired, { key }: WriteOptions) {
      const known = await landed(entity, current.id, key);
      if (known) return known;
      // What this version of the sync does not name stays as the app has it.
      const fields = { ...current.fields, ...withIds(entity, desired) };
      return stored(entity, current.id, 'live', fields, { expectedVersion: Number(current.version), key });
    },

    async remove(entity, current, mode: RemoveMode, { key }: WriteOptions) {
      if (mode === 'archive') {
        throw new UnsupportedError('App records are deleted or voided, never archived', { entity });
      }
      if (current.state === 'deleted') {
        throw new NotFoundError(`${entityNamed(entity).label} ${current.id} is already deleted`, { entity });
      }
      const state = mode === 'void' ? 'voided' : 'deleted';
      const expectedVersion = Number(current.version);
      return stored(entity, current.id, state, current.fields, { expectedVersion, key });
    },
  };
  return side;
}

function toSideRecord(record: AppRecord): SideRecord {
  const entity = entityNamed(record.entity);
  return {
    id: record.id,
    version: String(record.version),
    state: record.state,
    lastChange: { at: new Date(record.updatedAt).toISOString(), by: record.updatedBy ?? null },
    fields: record.state === 'deleted' ? {} : upgradeRecord(entity, record.fields, record.schemaVersion),
  };
}

/** The text fields of the natural key; null when the record has none to be found by. */
function naturalKeyOf(entity: string, fields: Fields): Record<string, string> | null {
  const key = entityNamed(entity).naturalKey;
  if (!key) return null;
  const texts = key.fields.flatMap((name): [string, string][] => {
    const value = fields[name];
    return typeof value === 'string' ? [[name, value]] : [];
  });
  return texts.length > 0 ? Object.fromEntries(texts) : null;
}

/** The reference fields of the natural key point to the same record. */
function sameReferences(entity: string, a: Fields, b: Fields): boolean {
  const key = entityNamed(entity).naturalKey;
  return (key?.fields ?? []).every((name) => {
    const [left, right] = [a[name] ?? null, b[name] ?? null];
    if (typeof left !== 'object' && typeof right !== 'object') return true;
    return JSON.stringify(left) === JSON.stringify(right);
  });
}
