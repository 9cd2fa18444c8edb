import {
  DuplicateError,
  NotFoundError,
  StaleVersionError,
  UncertainWriteError,
  ValidationError,
} from '../../shared/errors';
import type {
  EntityCapability,
  Match,
  Side,
  SideCapabilities,
  SideRecord,
  WriteOptions,
} from '../../shared/ports';
import { entities, entityNamed } from '../../shared/schema/entities';
import type { Fields } from '../../shared/schema/entity';
import { everything } from './capability';

export interface Stored extends SideRecord {
  externalId?: string;
}

/**
 * A side in memory with a real lock and real idempotency keys. `loseNextAnswer` applies the next write and
 * then fails as a dropped connection would.
 */
export class MemorySide implements Side {
  readonly records = new Map<string, Stored>();
  readonly capabilities: SideCapabilities;
  reads = 0;
  writes = 0;
  loseNextAnswer = false;
  refuseNextWrite: Error | null = null;
  /** The side's own clock. */
  now = () => Date.now();
  private nextId = 1;
  private nextLine = 1;
  private readonly answers = new Map<string, SideRecord>();

  constructor(
    private readonly prefix: string,
    capabilities: Partial<SideCapabilities> = {},
    perEntity: Record<string, Partial<EntityCapability>> = {},
  ) {
    this.capabilities = {
      label: prefix,
      lock: true,
      idempotency: { maxLength: 50, ttlMs: 86_400_000 },
      versions: 'rising',
      lineIds: 'kept',
      entities: Object.fromEntries(
        entities.map((entity) => [entity.name, { ...everything, ...perEntity[entity.name] }]),
      ),
      ...capabilities,
    };
  }

  /** As a person using this side would. */
  edit(entity: string, id: string, change: (fields: Fields) => Fields): SideRecord {
    const record = this.must(entity, id);
    return this.put(entity, {
      ...record,
      fields: this.withLineIds(entity, change(structuredClone(record.fields))),
    });
  }

  add(entity: string, fields: Fields, id = `${this.prefix}${this.nextId++}`): SideRecord {
    return this.put(entity, {
      id,
      version: '-1',
      state: 'live',
      fields: this.withLineIds(entity, structuredClone(fields)),
    });
  }

  drop(entity: string, id: string, state: 'deleted' | 'voided'): void {
    this.put(entity, { ...this.must(entity, id), state });
  }

  get(entity: string, id: string): Stored {
    return this.must(entity, id);
  }

  all(entity: string): Stored[] {
    return [...this.records].filter(([key]) => key.startsWith(`${entity}:`)).map(([, record]) => record);
  }

  async read(entity: string, id: string): Promise<SideRecord | null> {
    this.reads++;
    const record = this.records.get(`${entity}:${id}`);
    return record ? structuredClone(record) : null;
  }

  async readMany(entity: string, ids: readonly string[]): Promise<Map<string, SideRecord>> {
    this.reads++;
    const found = ids.flatMap((id) => this.records.get(`${entity}:${id}`) ?? []);
    return new Map(
      found.filter((r) => r.state !== 'deleted').map((record) => [record.id, structuredClone(record)]),
    );
  }

  async find(entity: string, fields: Fields, externalId: string): Promise<Match> {
    this.reads++;
    const live = this.all(entity).filter((record) => record.state === 'live');
    const same = this.all(entity).find(
      (record) => record.state !== 'deleted' && record.externalId === externalId,
    );
    if (same) return { kind: 'same', record: structuredClone(same) };
    const { fields: [key] = [], unique = false } = entityNamed(entity).naturalKey ?? {};
    const candidates = live.filter(
      (record) => (unique || !record.externalId) && key && fields[key] && record.fields[key] === fields[key],
    );
    if (candidates.length > 1) return { kind: 'ambiguous', records: structuredClone(candidates) };
    return candidates[0] ? { kind: 'candidate', record: structuredClone(candidates[0]) } : { kind: 'none' };
  }

  async list(entity: string, options: { cursor?: string | null; limit: number }) {
    const live = this.all(entity).filter((record) => record.state === 'live');
    const from = Number(options.cursor ?? 0);
    const records = structuredClone(live.slice(from, from + options.limit));
    const next = from + options.limit < live.length ? String(from + options.limit) : null;
    return { records, next, asOf: new Date(this.now()).toISOString() };
  }

  async create(entity: string, fields: Fields, options: WriteOptions): Promise<SideRecord> {
    return this.write(options.key, () => {
      const naturalKey = entityNamed(entity).naturalKey;
      const name = naturalKey?.unique ? fields[naturalKey.fields[0] as string] : undefined;
      if (
        name &&
        this.all(entity).some((r) => r.state === 'live' && r.fields[naturalKey?.fields[0] as string] === name)
      ) {
        throw new DuplicateError(`${String(name)} exists`);
      }
      return this.put(entity, {
        id: `${this.prefix}${this.nextId++}`,
        version: '-1',
        state: 'live',
        fields: this.withLineIds(entity, fields),
        ...(options.externalId === undefined ? {} : { externalId: options.externalId }),
      });
    });
  }

  async update(
    entity: string,
    current: SideRecord,
    desired: Fields,
    options: { key: string },
  ): Promise<SideRecord> {
    return this.write(options.key, () => {
      const record = this.must(entity, current.id);
      if (record.version !== current.version) throw new StaleVersionError('stale');
      return this.put(entity, {
        ...record,
        fields: { ...record.fields, ...this.withLineIds(entity, desired) },
      });
    });
  }

  async remove(
    entity: string,
    current: SideRecord,
    mode: string,
    options: { key: string },
  ): Promise<SideRecord> {
    return this.write(options.key, () => {
      const record = this.must(entity, current.id);
      if (record.version !== current.version) throw new StaleVersionError('stale');
      if (mode === 'archive')
        return this.put(entity, { ...record, fields: { ...record.fields, active: false } });
      return this.put(entity, { ...record, state: mode === 'void' ? 'voided' : 'deleted' });
    });
  }

  private write(key: string, run: () => SideRecord): SideRecord {
    this.writes++;
    if (this.refuseNextWrite) {
      const refusal = this.refuseNextWrite;
      this.refuseNextWrite = null;
      throw refusal;
    }
    const earlier = this.capabilities.idempotency ? this.answers.get(key) : undefined;
    const answer = earlier ?? structuredClone(run());
    this.answers.set(key, answer);
    if (this.loseNextAnswer) {
      this.loseNextAnswer = false;
      throw new UncertainWriteError('the answer was lost');
    }
    return structuredClone(answer);
  }

  protected put(entity: string, record: Stored): SideRecord {
    const stored = {
      ...record,
      version: String(Number(record.version) + 1),
      asOf: new Date(this.now()).toISOString(),
    };
    if (typeof stored.fields['amount'] === 'object') throw new ValidationError('amount');
    this.records.set(`${entity}:${record.id}`, stored);
    return stored;
  }

  private must(entity: string, id: string): Stored {
    const record = this.records.get(`${entity}:${id}`);
    if (!record) throw new NotFoundError(`${entity} ${id}`);
    return record;
  }

  protected withLineIds(entity: string, fields: Fields): Fields {
    const spec = entityNamed(entity).fields.find((field) => field.kind === 'list' && field.identity === 'id');
    const lines = spec && fields[spec.name];
    if (!spec || !Array.isArray(lines)) return fields;
    return {
      ...fields,
      [spec.name]: lines.map((line) => ({ ...line, id: line['id'] ?? `${this.prefix}l${this.nextLine++}` })),
    };
  }
}
