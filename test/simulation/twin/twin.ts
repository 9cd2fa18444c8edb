import {
  AuthError,
  BudgetError,
  DuplicateError,
  NotFoundError,
  RateLimitError,
  StaleVersionError,
  TransientError,
  UnsupportedError,
  ValidationError,
} from '../../../shared/errors';
import type {
  ListOptions,
  ListPage,
  Match,
  RemoveMode,
  Side,
  SideCapabilities,
  SideName,
  SideRecord,
  WriteOptions,
} from '../../../shared/ports';
import { entityNamed } from '../../../shared/schema/entities';
import { referencesIn } from '../../../shared/sync/references';
import type { Fields } from '../../../shared/schema/entity';
import { capabilitiesOf } from './capabilities';
import type { EntityHabits, Profile } from './profile';
import { nameLines, nextVersion, normalized, sameKey } from './habits';
import { TwinTable, type Stored } from './table';
import { elements, hasLines, sumOf, withTotals } from './totals';

/** One change that a side tells the world about. `at` is the side's own clock. */
export interface Told {
  side: SideName;
  entity: string;
  id: string;
  operation: 'created' | 'updated' | 'deleted' | 'voided' | 'merged';
  at: number;
}

/**
 * One side in memory with the habits of its profile: a strict counterpart of what the provider's documents say,
 * without HTTP. Records are immutable values; every change makes a new one and tells of it.
 */
export class Twin implements Side {
  readonly capabilities: SideCapabilities;
  readonly calls = { read: 0, list: 0, write: 0, refused: 0 };
  /** Faults that the world switches on and off. */
  revoked = false;
  limitedUntil = 0;
  /** Its refusals do not tell when it would answer again. */
  limitedSilently = false;
  readsLeft = Infinity;
  staleReads = 0;
  private readonly table = new TwinTable();
  private readonly answers = new Map<string, { at: number; answer: SideRecord }>();
  /** Nothing answers until then. */
  downUntil = 0;
  private readonly issued = new Map<string, number>();

  constructor(
    readonly side: SideName,
    readonly profile: Profile,
    private readonly now: () => number,
    private readonly tell: (change: Told) => void,
  ) {
    this.capabilities = capabilitiesOf(profile);
  }

  // ---------------------------------------------------------------- people

  /** Everything of an entity, whatever its state, oldest first. */
  all(entity: string): readonly Stored[] {
    return this.table.all(entity);
  }

  isLive(record: SideRecord): boolean {
    return record.state === 'live' && record.fields['active'] !== false;
  }

  live(entity: string): Stored[] {
    return this.all(entity).filter((record) => this.isLive(record));
  }

  get(entity: string, id: string): Stored | undefined {
    return this.table.get(entity, id);
  }

  /** Null where the side's own rules forbid it. */
  add(entity: string, fields: Fields, id?: string): Stored | null {
    return this.clash(entity, fields, null) ? null : this.make(entity, fields, undefined, id);
  }

  /** The id of a record that somebody speaks of before it is here. */
  reserve = (entity: string): string => this.nextId(entity, '');

  edit(entity: string, id: string, fields: Fields): boolean {
    const record = this.table.get(entity, id);
    if (!record || this.clash(entity, fields, id)) return false;
    this.put(entity, { ...record, fields }, 'updated');
    return true;
  }

  /** False where another record has its name by now. */
  reopen(entity: string, id: string): boolean {
    const record = this.table.get(entity, id);
    const { active: _active, ...fields } = record?.fields ?? {};
    if (!record || this.clash(entity, fields, id)) return false;
    const isActive = record.fields['active'] === undefined ? {} : { active: true };
    this.put(entity, { ...record, state: 'live', fields: { ...fields, ...isActive } }, 'updated');
    return true;
  }

  drop(entity: string, id: string, state: 'deleted' | 'voided' | 'archived', merged = false): void {
    const record = this.table.get(entity, id);
    if (!record) return;
    const operation = merged ? 'merged' : state === 'voided' ? 'voided' : 'deleted';
    if (state === 'archived')
      this.put(entity, { ...record, fields: { ...record.fields, active: false } }, operation);
    else this.put(entity, { ...record, state }, operation);
  }

  // ---------------------------------------------------------------- the port

  async read(entity: string, id: string): Promise<SideRecord | null> {
    this.pass('read');
    return this.shown(this.seen(entity, id));
  }

  async readMany(entity: string, ids: readonly string[]): Promise<Map<string, SideRecord>> {
    this.pass('read');
    const found = new Map<string, SideRecord>();
    for (const id of ids) {
      const record = this.shown(this.seen(entity, id));
      if (record && record.state !== 'deleted') found.set(id, record);
    }
    return found;
  }

  async find(entity: string, fields: Fields, externalId: string): Promise<Match> {
    this.pass('read');
    const { lookup, unique } = this.habits(entity);
    const known = this.all(entity).filter((record) => record.state !== 'deleted');
    if (lookup === 'external_id') {
      const visible = this.now() - this.profile.lookupLagMs;
      const same = known.find((record) => record.externalId === externalId && record.createdAt <= visible);
      if (same) return { kind: 'same', record: this.shown(same) as SideRecord };
    }
    const candidates = known.filter(
      (record) =>
        record.state === 'live' && (unique || !record.externalId) && sameKey(entity, record.fields, fields),
    );
    if (candidates.length > 1) {
      return { kind: 'ambiguous', records: candidates.map((record) => this.shown(record) as SideRecord) };
    }
    const [candidate] = candidates;
    return candidate ? { kind: 'candidate', record: this.shown(candidate) as SideRecord } : { kind: 'none' };
  }

  async list(entity: string, options: ListOptions): Promise<ListPage> {
    this.pass('list');
    const visible = this.now() - this.profile.listLagMs;
    const since = options.changedSince ? Date.parse(options.changedSince) - this.profile.skewMs : -Infinity;
    const rows = this.all(entity)
      .map((record) => asItWas(record, visible))
      .filter((record) => record?.state === 'live' && record.changedAt >= since) as Stored[];
    const from = Number(options.cursor ?? 0);
    const to = from + Math.min(options.limit, this.profile.pageSize);
    return {
      records: rows.slice(from, to).map((record) => this.shown(record) as SideRecord),
      next: to < rows.length ? String(to) : null,
      asOf: new Date(this.now() + this.profile.skewMs).toISOString(),
    };
  }

  async create(entity: string, fields: Fields, options: WriteOptions): Promise<SideRecord> {
    return this.once(options.key, () => {
      if (this.clash(entity, fields, null)) throw new DuplicateError(`${entity} exists`, { entity });
      this.checkLines(entity, fields, null);
      this.checkReferences(entity, fields, null);
      const marked = this.habits(entity).lookup === 'external_id' ? options.externalId : undefined;
      return this.make(entity, fields, marked);
    });
  }

  async update(
    entity: string,
    current: SideRecord,
    desired: Fields,
    options: WriteOptions,
  ): Promise<SideRecord> {
    return this.once(options.key, () => {
      const record = this.writable(entity, current);
      if (!this.habits(entity).update) throw new UnsupportedError(`${entity} cannot be changed`, { entity });
      this.checkLines(entity, desired, record);
      this.checkReferences(entity, desired, record);
      const fields = this.profile.update === 'sparse' ? { ...record.fields, ...desired } : desired;
      if (this.clash(entity, fields, record.id)) throw new DuplicateError(`${entity} exists`, { entity });
      return this.put(entity, { ...record, fields }, 'updated');
    });
  }

  async remove(
    entity: string,
    current: SideRecord,
    mode: RemoveMode,
    options: WriteOptions,
  ): Promise<SideRecord> {
    return this.once(options.key, () => {
      const record = this.writable(entity, current);
      if (!this.habits(entity).remove.includes(mode)) throw new UnsupportedError(`no ${mode}`, { entity });
      if (mode === 'archive')
        return this.put(entity, { ...record, fields: { ...record.fields, active: false } }, 'deleted');
      const state = mode === 'void' ? 'voided' : 'deleted';
      return this.put(entity, { ...record, state }, state);
    });
  }

  // ---------------------------------------------------------------- inside

  private habits(entity: string): EntityHabits {
    const habits = this.profile.entities[entity];
    if (!habits) throw new UnsupportedError(`${this.profile.name} has no ${entity}`, { entity });
    return habits;
  }

  /** Every call goes through here: grant, rate and budget. */
  private pass(kind: 'read' | 'list' | 'write'): void {
    const refusal = this.refusal(kind);
    if (refusal) {
      this.calls.refused++;
      throw refusal;
    }
    this.calls[kind]++;
    if (kind !== 'write') this.readsLeft--;
  }

  private refusal(kind: 'read' | 'list' | 'write') {
    if (this.downUntil > this.now()) return new TransientError('is down', { scope: 'connection' });
    if (this.revoked) return new AuthError('The grant has ended');
    const wait = this.limitedUntil - this.now();
    if (wait > 0)
      return new RateLimitError('Too many requests', this.limitedSilently ? {} : { retryAfterMs: wait });
    if (kind !== 'write' && this.readsLeft <= 0)
      return new BudgetError('No reads left', { retryAfterMs: 60_000 });
    return null;
  }

  /** What was answered to a key that is remembered still. */
  answered(key: string): SideRecord | null {
    const window = this.profile.idempotencyMs;
    const earlier = window === null ? undefined : this.answers.get(key);
    return earlier && this.now() - earlier.at < (window as number) ? earlier.answer : null;
  }

  private once(key: string, run: () => Stored): SideRecord {
    this.pass('write');
    const earlier = this.answered(key);
    if (earlier) return earlier;
    const record = run();
    const { id, version, state } = record;
    const answer = this.shown(record) ?? { id, version, state, fields: {} };
    if (this.profile.idempotencyMs !== null) this.answers.set(key, { at: this.now(), answer });
    return answer;
  }

  /** As it is now, or for a stale read as it was before its last change. */
  private seen(entity: string, id: string): Stored | undefined {
    const record = this.table.get(entity, id);
    if (this.staleReads === 0 || !record?.before || this.now() - record.changedAt > this.profile.readLagMs) {
      return record;
    }
    this.staleReads--;
    return record.before;
  }

  /** As the adapter hands it out. */
  private shown(record: Stored | undefined): SideRecord | null {
    if (!record) return null;
    const { id, version, state, fields, externalId } = record;
    if (state === 'deleted' && !this.profile.tombstones) return null;
    const asOf = this.tellTime(this.profile.readTimes ? this.now() : record.changedAt);
    return {
      id,
      version,
      state,
      fields: state === 'deleted' ? {} : fields,
      ...(asOf === null ? {} : { asOf }),
      ...(externalId === undefined ? {} : { externalId }),
    };
  }

  /** A moment as the side writes it down. */
  tellTime(at: number): string | null {
    const { timestamps, skewMs } = this.profile;
    if (timestamps === 'none') return null;
    const own = at + skewMs;
    return new Date(timestamps === 'second' ? own - (own % 1_000) : own).toISOString();
  }

  /** A line id is one of this very record's, or none. */
  private checkLines(entity: string, fields: Fields, record: Stored | null): void {
    if (!hasLines(entity)) return;
    const own = new Set(record ? elements(record.fields, 'lines').map((line) => line['id']) : []);
    const foreign = elements(fields, 'lines').find(({ id }) => id !== undefined && !own.has(id));
    if (foreign) throw new ValidationError(`${entity} has no line ${String(foreign['id'])}`, { entity });
  }

  /** What a record newly refers to has to be there, and in use. */
  private checkReferences(entity: string, fields: Fields, record: Stored | null): void {
    const { goneReference } = this.profile;
    if (goneReference === null) return;
    const definition = entityNamed(entity);
    const known = referencesIn(definition, record?.fields ?? {}).map(({ reference }) => reference);
    for (const { reference, path } of referencesIn(definition, fields)) {
      if (known.some((each) => each.entity === reference.entity && each.id === reference.id)) continue;
      const referred = this.table.get(reference.entity, reference.id);
      if (referred && this.isLive(referred)) continue;
      const message = `${entity} refers to ${this.side} ${reference.entity} ${reference.id}, which is gone`;
      const details = { entity, field: path };
      throw goneReference === 'validation'
        ? new ValidationError(message, details)
        : new NotFoundError(message, details);
    }
  }

  private writable(entity: string, current: SideRecord): Stored {
    const record = this.table.get(entity, current.id);
    if (!record || record.state === 'deleted') throw new NotFoundError(`${entity} ${current.id}`, { entity });
    // With a lock the provider compares; without one the adapter does, with a read just before.
    if (record.version !== current.version) throw new StaleVersionError(`${entity} ${current.id} has moved`);
    return record;
  }

  /** Another live record has this natural key already, where that must not be. */
  private clash(entity: string, fields: Fields, exceptId: string | null): boolean {
    if (!this.habits(entity).unique || fields['active'] === false) return false;
    return this.live(entity).some(
      (record) => record.id !== exceptId && sameKey(entity, record.fields, fields),
    );
  }

  private make(
    entity: string,
    fields: Fields,
    externalId: string | undefined,
    id = this.nextId(entity, ''),
  ): Stored {
    const empty = {
      id,
      version: '',
      state: 'live' as const,
      createdAt: this.now(),
      changedAt: 0,
      before: null,
    };
    return this.put(
      entity,
      { ...empty, fields, ...(externalId === undefined ? {} : { externalId }) },
      'created',
    );
  }

  private put(entity: string, record: Stored, operation: Told['operation'], cascade = true): Stored {
    const { profile } = this;
    const before = this.table.get(entity, record.id) ?? null;
    const definition = entityNamed(entity);
    const isNew = profile.lineIds === 'replaced' && before !== null && before.fields !== record.fields;
    const nextId = profile.lineIds === 'numbered' ? numbersAfter(before) : () => this.nextId('line', 'l');
    let fields = nameLines(definition, record.fields, isNew, nextId);
    fields = normalized(profile, entity, fields);
    if (profile.computes && record.state !== 'deleted')
      fields = withTotals(entity, fields, this.applied(entity, record.id));
    const stored: Stored = {
      ...record,
      fields,
      version: nextVersion(profile.versions, before?.version ?? '', fields, record.state, this.now()),
      // No record changes twice in one millisecond: what is told of it could not be told apart.
      changedAt: Math.max(this.now(), (before?.changedAt ?? 0) + 1),
      before,
    };
    this.table.set(entity, stored);
    this.tell({ side: this.side, entity, id: record.id, operation, at: stored.changedAt });
    if (cascade && profile.computes && entity === 'payment') this.refreshPaid(before, stored);
    return stored;
  }

  /** Ids are unique within an entity, as with most providers. */
  private nextId(entity: string, infix: string): string {
    const number = (this.issued.get(entity) ?? 0) + 1;
    this.issued.set(entity, number);
    return `${this.side[0] as string}${infix}${number}`;
  }

  /** What live payments have put against a document, in cents. */
  private applied(entity: string, id: string): number {
    if (!hasLines(entity)) return 0;
    let sum = 0;
    for (const payment of this.all('payment')) {
      if (payment.state !== 'live') continue;
      sum += sumOf(
        elements(payment.fields, 'allocations').filter((each) => {
          const document = each['document'] as Fields;
          return document['id'] === id && document['entity'] === entity;
        }),
      );
    }
    return sum;
  }

  /** A payment changes the balance of what it pays, and so that document's version. */
  private refreshPaid(before: Stored | null, after: Stored): void {
    const documents = new Map<string, Fields>();
    for (const payment of [before, after]) {
      for (const each of payment ? elements(payment.fields, 'allocations') : []) {
        const document = each['document'] as Fields;
        documents.set(`${String(document['entity'])}:${String(document['id'])}`, document);
      }
    }
    for (const document of documents.values()) {
      const entity = document['entity'] as string;
      const record = this.table.get(entity, document['id'] as string);
      if (record?.state === 'live') this.put(entity, record, 'updated', false);
    }
  }
}

/** Counts on from the highest number of a record's lines. */
function numbersAfter(record: Stored | null): () => string {
  let highest = Math.max(0, ...elements(record?.fields ?? {}, 'lines').map(({ id }) => Number(id) || 0));
  return () => String(++highest);
}

/** The record as it was at a moment, or null before it was made. */
function asItWas(record: Stored, at: number): Stored | null {
  let was: Stored | null = record;
  while (was && was.changedAt > at) was = was.before;
  return was;
}
