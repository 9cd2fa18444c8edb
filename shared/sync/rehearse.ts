import { TransientError } from '../errors';
import type {
  Clock,
  Connection,
  ListOptions,
  ListPage,
  Match,
  Side,
  SideName,
  SideRecord,
  WriteOptions,
} from '../ports';
import { entityNamed } from '../schema/entities';
import type { Fields } from '../schema/entity';
import type { EngineOptions, EnginePorts } from './context';
import { sameValue } from './compare';
import { Engine } from './engine';
import { firstImport, type EntityImport, type ImportOptions, type ImportReport } from './import';
import { lineSpec } from './lines';

/** What the import would do with one entity. */
export interface EntityRehearsal extends EntityImport {
  creates: Record<SideName, number>;
  /** Including the creates. */
  writes: Record<SideName, number>;
}

export interface ImportRehearsal extends ImportReport {
  entities: EntityRehearsal[];
}

export interface RehearsalOptions extends Omit<ImportOptions, 'onEntity'> {
  engine?: Partial<EngineOptions>;
  onEntity?: (entity: EntityRehearsal) => void;
}

/**
 * The first import itself, by the same engine, on a copy of the store and on sides that make no write: what comes out
 * is what it would do. Only what a side would refuse, or work out by itself, shows when it is written.
 */
export async function rehearseImport(
  ports: EnginePorts,
  connection: Connection,
  { engine, onEntity, ...options }: RehearsalOptions = {},
): Promise<ImportRehearsal> {
  const sides = { app: new CountedSide(ports.sides.app), ledger: new CountedSide(ports.sides.ledger) };
  const rehearsal: EnginePorts = { ...ports, sides, clock: impatient(ports.clock) };
  const of = (entity: EntityImport): EntityRehearsal => ({
    ...entity,
    creates: countsOf(entity.entity, (side) => sides[side].creates),
    writes: countsOf(entity.entity, (side) => sides[side].writes),
  });
  const report = await firstImport(rehearsal, new Engine(rehearsal, 'rehearsal', engine), connection, {
    ...options,
    ...(onEntity ? { onEntity: (entity) => onEntity(of(entity)) } : {}),
  });
  return { ...report, entities: report.entities.map(of) };
}

function countsOf(
  entity: string,
  counts: (side: SideName) => ReadonlyMap<string, number>,
): Record<SideName, number> {
  return { app: counts('app').get(entity) ?? 0, ledger: counts('ledger').get(entity) ?? 0 };
}

/** Somebody is waiting for the answer. */
const LONGEST_REST_MS = 60_000;

const impatient = (clock: Clock): Clock => ({
  now: () => clock.now(),
  sleep: async (ms) => {
    if (ms <= LONGEST_REST_MS) return await clock.sleep(ms);
    throw new TransientError(
      'No more reads are allowed for now, by the accounting tool or by the daily budget',
      {
        nextStep: 'Raise the daily read budget, or try again later: nothing was changed.',
      },
    );
  },
});

/** A side whose writes are counted. */
class CountedSide implements Side {
  readonly creates = new Map<string, number>();
  readonly writes = new Map<string, number>();

  constructor(private readonly side: Side) {}

  get capabilities() {
    return this.side.capabilities;
  }
  read: Side['read'] = async (...args) => await this.side.read(...args);
  readMany: Side['readMany'] = async (...args) => await this.side.readMany(...args);
  find: Side['find'] = async (...args) => await this.side.find(...args);
  list: Side['list'] = async (...args) => await this.side.list(...args);

  create: Side['create'] = async (entity, ...args) => {
    add(this.creates, entity);
    add(this.writes, entity);
    return await this.side.create(entity, ...args);
  };
  update: Side['update'] = async (entity, ...args) => {
    add(this.writes, entity);
    return await this.side.update(entity, ...args);
  };
  remove: Side['remove'] = async (entity, ...args) => {
    add(this.writes, entity);
    return await this.side.remove(entity, ...args);
  };
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Reads what is there, and keeps to itself what it is told to write: from then on that is what it shows. */
export class RehearsedSide implements Side {
  /** By entity and id. */
  private readonly written = new Map<string, SideRecord>();
  /** Ids of what was made here, by entity, and by entity and natural key. */
  private readonly made = new Map<string, string[]>();
  private lines = 0;

  constructor(private readonly side: Side) {}

  get capabilities() {
    return this.side.capabilities;
  }

  async read(entity: string, id: string): Promise<SideRecord | null> {
    return this.written.get(keyOf(entity, id)) ?? (await this.side.read(entity, id));
  }

  async readMany(entity: string, ids: readonly string[]): Promise<Map<string, SideRecord>> {
    const mine = ids.flatMap((id) => this.written.get(keyOf(entity, id)) ?? []);
    const known = new Set(mine.map(({ id }) => id));
    const others = ids.filter((id) => !known.has(id));
    const found =
      others.length > 0 ? await this.side.readMany(entity, others) : new Map<string, SideRecord>();
    return new Map([...found, ...mine.filter(isThere).map((record) => [record.id, record] as const)]);
  }

  async find(entity: string, fields: Fields, externalId: string): Promise<Match> {
    const own = this.written.get(keyOf(entity, externalId));
    if (own && isThere(own)) return { kind: 'same', record: own };
    const match = await this.side.find(entity, fields, externalId);
    if (match.kind === 'same') return { kind: 'same', record: this.latest(entity, match.record) };
    const found = match.kind === 'none' ? [] : match.kind === 'candidate' ? [match.record] : match.records;
    const records = [
      ...found.map((record) => this.latest(entity, record)).filter(isThere),
      ...this.madeLike(entity, fields),
    ];
    const [record] = records;
    if (!record) return { kind: 'none' };
    return records.length > 1 ? { kind: 'ambiguous', records } : { kind: 'candidate', record };
  }

  async list(entity: string, options: ListOptions): Promise<ListPage> {
    const page = await this.side.list(entity, options);
    const made = page.next === null ? this.madeUnder(entity) : [];
    const listed = page.records.map((record) => this.latest(entity, record));
    return { ...page, records: [...listed, ...made].filter(isThere) };
  }

  async create(entity: string, fields: Fields, { key, externalId = key }: WriteOptions): Promise<SideRecord> {
    const record: SideRecord = {
      id: externalId,
      version: '1',
      state: 'live',
      fields: this.withLineIds(entity, fields),
      ...(this.isMarked(entity) ? { externalId } : {}),
    };
    const natural = naturalKeyOf(entity, fields);
    for (const group of natural === null ? [entity] : [entity, natural])
      this.made
        .set(group, this.made.get(group) ?? [])
        .get(group)
        ?.push(externalId);
    return this.keep(entity, record);
  }

  async update(entity: string, current: SideRecord, desired: Fields): Promise<SideRecord> {
    const fields = { ...current.fields, ...this.withLineIds(entity, desired) };
    return this.keep(entity, { ...current, version: nextVersion(current), fields });
  }

  async remove(entity: string, current: SideRecord, mode: string): Promise<SideRecord> {
    const version = nextVersion(current);
    if (mode === 'archive')
      return this.keep(entity, { ...current, version, fields: { ...current.fields, active: false } });
    return this.keep(entity, { ...current, version, state: mode === 'void' ? 'voided' : 'deleted' });
  }

  private keep(entity: string, record: SideRecord): SideRecord {
    this.written.set(keyOf(entity, record.id), record);
    return record;
  }

  private latest = (entity: string, record: SideRecord): SideRecord =>
    this.written.get(keyOf(entity, record.id)) ?? record;

  /** What carries a mark is known by it, save where a name can be there once only. */
  private madeLike(entity: string, fields: Fields): SideRecord[] {
    const natural = naturalKeyOf(entity, fields);
    const isUnique = entityNamed(entity).naturalKey?.unique === true;
    if (natural === null || (this.isMarked(entity) && !isUnique)) return [];
    const key = entityNamed(entity).naturalKey?.fields ?? [];
    return this.madeUnder(entity, natural).filter(
      (record) =>
        record.state === 'live' &&
        key.every((name) => sameValue(record.fields[name] ?? null, fields[name] ?? null)),
    );
  }

  private madeUnder = (entity: string, group = entity): SideRecord[] =>
    (this.made.get(group) ?? []).flatMap((id) => this.written.get(keyOf(entity, id)) ?? []);

  private isMarked = (entity: string) => this.capabilities.entities[entity]?.lookup === 'external_id';

  private withLineIds(entity: string, fields: Fields): Fields {
    const name = lineSpec(entityNamed(entity))?.name;
    const lines = name === undefined ? undefined : fields[name];
    if (name === undefined || !Array.isArray(lines)) return fields;
    return {
      ...fields,
      [name]: lines.map((line) => ({ ...line, id: line['id'] ?? `line-${++this.lines}` })),
    };
  }
}

const keyOf = (entity: string, id: string) => `${entity}:${id}`;
const isThere = ({ state }: SideRecord) => state !== 'deleted';

/** Longer than the one before, and so later, whatever the side counts by. */
const nextVersion = ({ version }: SideRecord) => `${version}0`;

function naturalKeyOf(entity: string, fields: Fields): string | null {
  const [first] = entityNamed(entity).naturalKey?.fields ?? [];
  const value = first === undefined ? undefined : fields[first];
  return typeof value === 'string' && value !== '' ? `${entity}:${value}` : null;
}
