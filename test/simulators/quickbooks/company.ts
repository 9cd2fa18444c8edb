import { formatPacific, type VirtualClock } from './clock';
import { entities, entitySpec } from './entities';
import { faults } from './apiFault';
import { fieldsOf, refId, textOf, type Fields } from './json';
import { Indexes } from './indexes';
import type { Environment, Settings } from './options';
import type { Random } from './random';
import type { ChangeEvent, Operation, QuickBooksRecord, Tombstone } from './records';
import { keyOf } from './records';

export interface CompanyProfile {
  realmId: string;
  country: string;
  currency: string;
  name: string;
  environment: Environment;
}

/** What a person can change about a company outside the API. */
export interface CompanyState {
  warnDuplicateDocNumber: boolean;
  adminRemoved: boolean;
  subscriptionLapsed: boolean;
}

interface Undo {
  entity: string;
  id: string;
  previous: QuickBooksRecord | undefined;
}

/** The other user that a stale write is told about. */
export const OTHER_USER = 'Sandbox User';

/** One company file: its records, and the rule that a write happens as a whole or not at all. */
export class Company {
  readonly indexes = new Indexes();
  readonly state: CompanyState;
  /** Records made earlier in the batch that is running: later items do not see them. */
  hidden: ReadonlySet<string> = new Set();
  private readonly tables = new Map<string, Map<string, QuickBooksRecord>>();
  private readonly graves = new Map<string, Map<string, Tombstone>>();
  private readonly counters = new Map<string, number>();
  private undo: Undo[] | undefined;
  private pending: ChangeEvent[] = [];

  constructor(
    readonly profile: CompanyProfile,
    readonly settings: Settings,
    readonly clock: VirtualClock,
    readonly random: Random,
    private readonly publish: (events: readonly ChangeEvent[]) => void,
  ) {
    this.state = {
      warnDuplicateDocNumber: settings.duplicateDocNumberWarning,
      adminRemoved: false,
      subscriptionLapsed: false,
    };
    for (const name of entities.keys()) this.tables.set(name, new Map());
  }

  get isUs(): boolean {
    return this.profile.country === 'US';
  }

  get preferences(): Fields {
    return this.find('Preferences', '1') ?? {};
  }

  preference(group: string, member: string): unknown {
    return fieldsOf(this.preferences[group])[member];
  }

  find(entity: string, id: string): QuickBooksRecord | undefined {
    if (this.hidden.has(keyOf(entity, id))) return undefined;
    return this.tables.get(entity)?.get(id);
  }

  /** A record that an operation needs; unknown and deleted ones are "object not found". */
  need(entity: string, id: string): QuickBooksRecord {
    const record = this.find(entity, id);
    if (record === undefined) throw faults.notFound();
    return record;
  }

  all(entity: string): QuickBooksRecord[] {
    const records = [...(this.tables.get(entity)?.values() ?? [])];
    return this.hidden.size === 0 ? records : records.filter(({ Id }) => !this.hidden.has(keyOf(entity, Id)));
  }

  tombstones(entity: string): Tombstone[] {
    return [...(this.graves.get(entity)?.values() ?? [])];
  }

  /** Ids are unique per entity type only; transactions share one counter as in the product. */
  nextId(entity: string): string {
    const counter = entitySpec(entity).kind === 'transaction' ? 'transactions' : entity;
    const next = (this.counters.get(counter) ?? (counter === 'transactions' ? 100 : 0)) + 1;
    this.counters.set(counter, next);
    return String(next);
  }

  nextNumber(counter: string, first: number): number {
    const next = (this.counters.get(counter) ?? first - 1) + 1;
    this.counters.set(counter, next);
    return next;
  }

  now(): string {
    return formatPacific(this.clock.now());
  }

  insert(entity: string, id: string, fields: Fields): QuickBooksRecord {
    const now = this.now();
    const record = { ...fields, Id: id, SyncToken: '0', MetaData: { CreateTime: now, LastUpdatedTime: now } };
    this.put(entity, record);
    return record;
  }

  /** Replaces a record: every accepted write raises SyncToken and the time of change. */
  replace(entity: string, before: QuickBooksRecord, fields: Fields): QuickBooksRecord {
    const record = {
      ...fields,
      Id: before.Id,
      SyncToken: String(Number(before.SyncToken) + 1),
      MetaData: { ...before.MetaData, LastUpdatedTime: this.now() },
    };
    this.put(entity, record);
    return record;
  }

  remove(entity: string, id: string): void {
    this.write(entity, id, undefined);
    const graves = this.graves.get(entity) ?? new Map<string, Tombstone>();
    graves.set(id, { Id: id, deletedAt: this.now() });
    this.graves.set(entity, graves);
  }

  emit(entity: string, id: string, operation: Operation, byApp: boolean, deletedId?: string): void {
    this.pending.push({
      realmId: this.profile.realmId,
      entity,
      id,
      operation,
      atMs: this.clock.now(),
      byApp,
      ...(deletedId === undefined ? {} : { deletedId }),
    });
  }

  /** Runs a write as a whole: a refusal half-way leaves no trace and tells nobody. */
  transaction<T>(run: () => T): T {
    if (this.undo !== undefined) return run();
    this.undo = [];
    this.pending = [];
    let done = false;
    try {
      const result = run();
      done = true;
      return result;
    } finally {
      const [undo, events] = [this.undo, this.pending];
      this.undo = undefined;
      this.pending = [];
      if (done) this.publish(events);
      else this.rollBack(undo);
    }
  }

  /** The name shown beside a reference. */
  nameOf(entity: string, id: string): string | undefined {
    const record = this.tables.get(entity)?.get(id);
    if (record === undefined) return undefined;
    const field = entitySpec(entity).nameField ?? 'Name';
    return textOf(record.FullyQualifiedName) || textOf(record[field]) || undefined;
  }

  homeCurrencyRef(): { value: string } {
    return { value: refId(this.preference('CurrencyPrefs', 'HomeCurrency')) || this.profile.currency };
  }

  private rollBack(undo: Undo[]): void {
    for (const { entity, id, previous } of undo.reverse()) {
      this.write(entity, id, previous);
      if (previous !== undefined) this.graves.get(entity)?.delete(id);
    }
  }

  private put(entity: string, record: QuickBooksRecord): void {
    this.write(entity, record.Id, record);
  }

  private write(entity: string, id: string, record: QuickBooksRecord | undefined): void {
    const table = this.tables.get(entity);
    if (table === undefined) throw new Error(`${entity} is not a simulated entity`);
    const previous = table.get(id);
    this.undo?.push({ entity, id, previous });
    if (previous !== undefined) this.indexes.drop(entity, previous);
    if (record === undefined) {
      table.delete(id);
      return;
    }
    table.set(id, record);
    this.indexes.add(entity, record);
  }
}
