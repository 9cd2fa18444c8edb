/**
 * Where engine, adapters and stores meet: all effects of the core go through these interfaces, so that a test
 * or a simulation can put anything behind them. Times are epoch milliseconds (`...At`, `now`) unless they are
 * a side's own clock, which stays an Instant.
 */
import type { Instant } from './schema/calendar';
import type { Fields } from './schema/entity';

export type SideName = 'app' | 'ledger';
export type RecordState = 'live' | 'voided' | 'deleted';

// ---------------------------------------------------------------- clock, random, log, http

export interface Clock {
  now(): number;
  sleep(ms: number): Promise<void>;
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A new unique id that sorts by time of creation (UUID v7). */
  id(): string;
}

export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Absolute, without the query. */
  url: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string;
  timeoutMs?: number;
}

export interface HttpResponse {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: string;
}

/**
 * An authenticated transport. Resolves with any status; rejects with AuthError when the grant is dead, with
 * TransientError when nothing was sent, with UncertainWriteError when a non-GET may have arrived.
 */
export interface Http {
  send(request: HttpRequest): Promise<HttpResponse>;
}

/** Counts calls by kind and refuses those over the budget (BudgetError). */
export interface CallMeter {
  /** `read` is what the provider meters; `write` is free where the provider says so. */
  count(kind: 'read' | 'write' | 'auth'): void;
}

// ---------------------------------------------------------------- sides

/** A record as one side holds it: references and line ids are in that side's own id space. */
export interface SideRecord {
  id: string;
  /** Opaque; changes with every change of the record (SyncToken, RowVersion, hash). */
  version: string;
  state: RecordState;
  /** Parsed by the entity's schema; empty when deleted. */
  fields: Fields;
  /** The side's own clock at a moment when this state was current. */
  asOf?: Instant;
  /** The canonical id (link id) that an earlier create of ours left on the record. */
  externalId?: string;
  /** The adapter's own copy, for updates that must keep what is not mapped. Opaque to everybody else. */
  raw?: unknown;
}

export type Match =
  | { kind: 'none' }
  /** Carries our external id: it is the record. */
  | { kind: 'same'; record: SideRecord }
  /** Has the natural key: probably the record, to be adopted or raised. */
  | { kind: 'candidate'; record: SideRecord }
  /** Several could be it; nobody guesses. */
  | { kind: 'ambiguous'; records: SideRecord[] };

export type RemoveMode = 'delete' | 'void' | 'archive';

/** What a side can do with an entity: data, shown to the user and read by `decide`. */
export interface EntityCapability {
  create: boolean;
  update: boolean;
  remove: readonly RemoveMode[];
  /** Paths that this side cannot hold, with the reason. */
  unsupported: Readonly<Record<string, string>>;
  /** Paths that can be read and not written, with the reason. */
  readOnly: Readonly<Record<string, string>>;
  /** How a create whose answer was lost is found again. */
  lookup: 'external_id' | 'unique_key' | 'none';
  /** Whether changes come by webhook and by the change feed. */
  webhook: boolean;
  changeFeed: boolean;
}

export interface SideCapabilities {
  /** As the user reads it. */
  label: string;
  /** Updates carry the version that was read and a stale one is refused. */
  lock: boolean;
  /** A repeated write with the same key runs once, for `ttlMs`. */
  idempotency: { maxLength: number; ttlMs: number } | null;
  /**
   * `rising`: versions are numbers or timestamps that grow with every change, so that a read which shows an
   * older state than one seen before is known as such. `opaque`: they can only be equal or not.
   */
  versions: 'rising' | 'opaque';
  /** Whether the ids of lines survive an update. */
  lineIds: 'kept' | 'replaced';
  /** How long after its create a record may be missing from look-ups and lists; 0 when absent. */
  lookupLagMs?: number;
  entities: Readonly<Record<string, EntityCapability>>;
}

export interface WriteOptions {
  /** Deterministic idempotency key of the intent, 32 hex digits. */
  key: string;
  /** The canonical id to leave on the record, so that a create whose answer was lost is found; none for writes outside a sync. */
  externalId?: string;
}

export interface ListOptions {
  cursor?: string | null;
  limit: number;
  changedSince?: Instant;
}

export interface ListPage {
  records: SideRecord[];
  /** There, but not in a form the mapping knows; read one by one, each says why. */
  unreadable?: { id: string }[];
  /** Null on the last page. */
  next: string | null;
  asOf: Instant;
}

/**
 * One side of a connection. Errors are SyncErrors. Writes return what the side holds afterwards; that answer,
 * and not what was sent, is the truth.
 */
export interface Side {
  readonly capabilities: SideCapabilities;
  /** Null when the id was never there or leaves no trace; `deleted` when the side knows it is gone. */
  read(entity: string, id: string): Promise<SideRecord | null>;
  /** As `read`, for many in few calls; ids that are gone are missing from the answer. */
  readMany(entity: string, ids: readonly string[]): Promise<Map<string, SideRecord>>;
  /** Looks for the record by external id, then by natural key. `fields` are in this side's id space. */
  find(entity: string, fields: Fields, externalId: string): Promise<Match>;
  list(entity: string, options: ListOptions): Promise<ListPage>;
  create(entity: string, fields: Fields, options: WriteOptions): Promise<SideRecord>;
  /** Makes `desired` true on top of `current`, provided `current.version` still is. */
  update(entity: string, current: SideRecord, desired: Fields, options: WriteOptions): Promise<SideRecord>;
  remove(entity: string, current: SideRecord, mode: RemoveMode, options: WriteOptions): Promise<SideRecord>;
}

/** "Something may have changed here." Never data. */
export interface Change {
  tenantId: string;
  entity: string;
  id: string;
  operation: 'created' | 'updated' | 'deleted' | 'merged' | 'voided' | 'emailed';
  /** The provider's id of this notification, for de-duplication. */
  dedupeKey: string;
  occurredAt?: Instant;
}

// ---------------------------------------------------------------- store: rows

export interface Connection {
  id: string;
  name: string;
  provider: string;
  /** The company at the provider (realm id, tenant id, business id). */
  tenantId: string;
  state: 'active' | 'paused';
  /** Why it is paused and what to do, for people. */
  pausedReason: string | null;
  /** Nothing is claimed before this time (rate limit, budget). */
  resumeAt: number | null;
  settings: ConnectionSettings;
  createdAt: number;
}

export interface ConnectionSettings {
  /** Entities kept in step; all the provider supports when absent. */
  entities?: string[];
  /** Hard limit of metered reads a day. */
  dailyReadBudget?: number;
}

/** The last state both sides agreed on: references are link ids, line ids are line keys. */
export interface Base {
  schemaVersion: number;
  /** `apart`: one side has removed the record, and somebody decided to leave it on the other as it is. */
  state: RecordState | 'apart';
  fields: Fields;
}

/** One line's identity on both sides. */
export interface LineLink {
  key: string;
  app: string | null;
  ledger: string | null;
}

/** What a link knows of one side. */
export interface LinkSide {
  id: string | null;
  version: string | null;
  /** Until this moment of the side's own clock, `version` was current. */
  asOf: Instant | null;
  /** `asOf` came with our own write; the echo of that write is recognised once by this time. */
  echo: { afterAsOf: Instant | null; seenAt: Instant | null } | null;
}

export interface Link {
  id: string;
  connectionId: string;
  entity: string;
  app: LinkSide;
  ledger: LinkSide;
  base: Base | null;
  lines: LineLink[];
  /** Rises with every claim; a write with an older fence is refused. */
  fence: number;
  /** Of a record that is gone: the link it belonged to, which has another record in its place. */
  replacedBy: string | null;
}

export type EventSource =
  | 'webhook'
  | 'poll'
  | 'app'
  | 'import'
  | 'reconcile'
  | 'replay'
  | 'resolution'
  | 'dependency';

export interface NewEvent {
  connectionId: string;
  entity: string;
  side: SideName;
  /** The record's id on that side. */
  recordId: string;
  source: EventSource;
  /** Unique per connection; a second event with the same key is a duplicate. */
  dedupeKey?: string;
  /** The side's own time of the change. */
  occurredAt?: Instant;
  /** Not before; now when absent. */
  dueAt?: number;
}

export interface QueuedEvent extends Omit<NewEvent, 'dueAt'> {
  id: string;
  linkId: string;
  status: 'pending' | 'waiting' | 'held' | 'settled' | 'dead';
  attempts: number;
  receivedAt: number;
  dueAt: number;
  lastError: ErrorReport | null;
}

/** An error as people read it later: no stack, no secret. */
export interface ErrorReport {
  code: string;
  message: string;
  nextStep?: string;
  entity?: string;
  recordId?: string;
  field?: string;
  requestId?: string;
}

export type IntentOperation = 'create' | 'update' | RemoveMode;

export interface Intent {
  /** hash(connection, entity, link, side, operation, expected version, base hash, desired hash, refusals). */
  key: string;
  connectionId: string;
  linkId: string;
  side: SideName;
  operation: IntentOperation;
  /** Null for a create. */
  recordId: string | null;
  expectedVersion: string | null;
  /** Canonical. */
  desired: Fields;
  /** The base that holds once this write has landed. */
  agreed: Base | null;
  /** How the fields came to their values, so that a write whose worker died is accounted for all the same. */
  decisions?: readonly unknown[];
  policyVersion: number;
  /** When it was first stored; the idempotency window counts from here. */
  storedAt: number;
  /** When it was last stored again, to be sent once more: from here counts how long a look-up may lag. */
  renewedAt?: number;
}

export interface FieldConflict {
  /** `dueDate`, `lines[<key>].amount`, `$state`, `$order`. */
  path: string;
  label: string;
  base: unknown;
  app: unknown;
  ledger: unknown;
  reason:
    | 'both_changed'
    | 'delete_against_edit'
    | 'no_base'
    | 'immutable'
    | 'not_writable'
    | 'ambiguous_match'
    | 'uncertain_write';
  /** What somebody chose before, on this very state; it waits for the other fields, and holds unless chosen anew. */
  chosen?: Choice;
}

/** Whose value counts, or a value of one's own. */
export type Choice = { winner: SideName } | { value: unknown };

export interface Conflict {
  id: string;
  connectionId: string;
  linkId: string;
  entity: string;
  status: 'open' | 'resolved' | 'closed';
  /** The record's title, for people. */
  title: string;
  fields: FieldConflict[];
  /** The state the conflict speaks of; a resolution made on another one is refused. */
  appVersion: string | null;
  ledgerVersion: string | null;
  policyVersion: number;
  openedAt: number;
  refreshedAt: number;
  resolution: Resolution | null;
}

export interface Resolution {
  /** By path. */
  choices: Record<string, Choice>;
  by: string;
  at: number;
}

export type PolicyWinner = 'app' | 'ledger' | 'raise';

/** `*` is any. The most specific rule wins: connection before entity before field. */
export interface PolicyRule {
  connectionId: string;
  entity: string;
  field: string;
  winner: PolicyWinner;
}

/** One entry of the policies' history; `winner` is null where a rule was taken away. */
export interface PolicyChange extends Omit<PolicyRule, 'winner'> {
  winner: PolicyWinner | null;
  version: number;
  by: string;
  at: number;
}

export interface PolicySet {
  version: number;
  rules: PolicyRule[];
}

export interface AuditEntry {
  kind: string;
  linkId: string | null;
  /** Before, after, reason, policy version: whatever replays the decision. Canonical JSON values only. */
  detail: Record<string, unknown>;
}

export interface AuditRow extends AuditEntry {
  connectionId: string;
  seq: number;
  at: number;
  prevHash: string;
  hash: string;
}

/** A record of the built-in app side. */
export interface AppRecord {
  connectionId: string;
  entity: string;
  id: string;
  version: number;
  state: RecordState;
  schemaVersion: number;
  fields: Fields;
  updatedAt: number;
}

// ---------------------------------------------------------------- store: operations

/** A leased record with everything a converge needs to know of it. */
export interface Claim {
  link: Link;
  /** Due events of this record, oldest first; empty when claimed as a dependency. */
  events: QueuedEvent[];
  /** Writes that may or may not have landed. */
  intents: Intent[];
  /** Writes of this record that a side has definitely refused so far. */
  refusals: number;
  /** Open, or resolved and not yet applied. */
  conflict: Conflict | null;
  leaseUntil: number;
}

export interface ClaimOptions {
  /** Paused and resting connections are left alone. */
  connectionIds: readonly string[];
  worker: string;
  now: number;
  leaseMs: number;
  limit: number;
}

export type EventOutcome =
  | { kind: 'settled' }
  /** Its record has an open conflict. */
  | { kind: 'held' }
  | { kind: 'retry'; dueAt: number; error: ErrorReport; countAttempt: boolean }
  /** Until the other record settles, `dueAt` at the latest. Counts as an attempt where that record fails. */
  | { kind: 'waiting'; onLinkId: string; dueAt: number; error: ErrorReport; countAttempt?: boolean }
  | { kind: 'dead'; error: ErrorReport };

/** All that one converge changes, in one transaction. */
export interface Settlement {
  now: number;
  /**
   * Absent: the link stays as it is. `fence`, ids of connection and entity are never changed. A record that it
   * leaves for another one gets a link of its own, `replacedBy` this one.
   */
  link?: Pick<Link, 'app' | 'ledger' | 'base' | 'lines'>;
  /** A link of one side only that turned out to be this record: its events move here, it goes. */
  absorb?: string;
  /** Intents that are done with, whatever became of them. */
  intents: { key: string; outcome: 'done' | 'refused' | 'superseded' }[];
  conflict?:
    | {
        kind: 'hold';
        fields: FieldConflict[];
        title: string;
        appVersion: string | null;
        ledgerVersion: string | null;
        policyVersion: number;
      }
    | { kind: 'close'; reason: string };
  audit: AuditEntry[];
  outcome: EventOutcome;
  /** Follow-up events. */
  append?: NewEvent[];
}

export interface ConnectionStore {
  create(connection: Connection): Promise<void>;
  get(id: string): Promise<Connection | null>;
  list(): Promise<Connection[]>;
  byTenant(provider: string, tenantId: string): Promise<Connection[]>;
  update(
    id: string,
    patch: Partial<Pick<Connection, 'name' | 'state' | 'pausedReason' | 'resumeAt' | 'settings'>>,
  ): Promise<void>;
}

export interface QueueStore {
  /**
   * Durable when it resolves. Finds or makes the link of each record. A checkpoint given along is stored in
   * the same transaction.
   */
  append(
    events: readonly NewEvent[],
    options: { now: number; checkpoint?: { connectionId: string; name: string; value: unknown } },
  ): Promise<{ stored: number; duplicates: number }>;
  /** Leases up to `limit` records with due events (pending, waiting past `dueAt`), or whose lease expired in mid-work. */
  claim(options: ClaimOptions): Promise<Claim[]>;
  /** Leases one record, due events or not; null when somebody else has it. Makes no link. */
  claimLink(linkId: string, options: Omit<ClaimOptions, 'connectionIds' | 'limit'>): Promise<Claim | null>;
  /**
   * Fenced, idempotent by key. LeaseLostError when the claim is no longer ours; PolicyChangedError when an
   * intent was decided under another version of the policies than is in force now. Refused, it stores nothing.
   */
  storeIntents(claim: Claim, intents: readonly Intent[]): Promise<void>;
  /** Creates of an entity on a side that may or may not have landed, oldest first. */
  openCreates(connectionId: string, entity: string, side: SideName): Promise<Intent[]>;
  /**
   * Fenced; releases the lease and wakes what waited for this record. LeaseLostError as above; StaleVersionError
   * when a link that is to be absorbed, or stands in the way, has a record on both sides.
   */
  settle(claim: Claim, settlement: Settlement): Promise<void>;
  /** Gives a claim back untouched (a paused connection, a shutdown): its events stay as they are. */
  release(claim: Claim): Promise<void>;
  /** How much can be claimed now, and when the next becomes due (null: nothing waits). */
  ready(
    connectionIds: readonly string[] | null,
    now: number,
  ): Promise<{ ready: number; nextAt: number | null }>;
  counts(connectionId: string): Promise<Record<QueuedEvent['status'], number>>;
  list(filter: {
    connectionId?: string;
    status?: QueuedEvent['status'];
    limit: number;
  }): Promise<QueuedEvent[]>;
  /** Dead letters back to pending with fresh attempts; returns how many. */
  replay(filter: { connectionId?: string; eventIds?: readonly string[] }, now: number): Promise<number>;
}

export interface LinkStore {
  get(id: string): Promise<Link | null>;
  getMany(ids: readonly string[]): Promise<Map<string, Link>>;
  /** Keyed by the record's id on that side. */
  bySide(
    connectionId: string,
    entity: string,
    side: SideName,
    recordIds: readonly string[],
  ): Promise<Map<string, Link>>;
  /** Finds or makes the link of a record known on one side only. */
  ensure(connectionId: string, entity: string, side: SideName, recordId: string, now: number): Promise<Link>;
  list(connectionId: string, filter: { entity?: string; afterId?: string; limit: number }): Promise<Link[]>;
}

export interface ConflictStore {
  get(id: string): Promise<Conflict | null>;
  list(filter: { connectionId?: string; status?: Conflict['status']; limit: number }): Promise<Conflict[]>;
  /**
   * Records a person's decision and queues the record. Refused (StaleVersionError) when the conflict has been
   * refreshed since `seenRefreshedAt`, or is no longer open.
   */
  resolve(id: string, resolution: Resolution, seenRefreshedAt: number): Promise<void>;
}

export interface PolicyStore {
  /** Rules in force for a connection, its own and the general ones. */
  load(connectionId: string): Promise<PolicySet>;
  /** Appends to the history and raises the version; `winner: null` removes the rule. */
  set(
    rule: Omit<PolicyRule, 'winner'> & { winner: PolicyWinner | null },
    by: string,
    now: number,
  ): Promise<number>;
  /** Newest first. */
  history(connectionId: string, limit: number): Promise<PolicyChange[]>;
}

export interface AuditStore {
  list(
    connectionId: string,
    options: { afterSeq?: number; linkId?: string; limit: number },
  ): Promise<AuditRow[]>;
  /** Walks the chain; the first broken row, or null. */
  verify(connectionId: string): Promise<{ rows: number; brokenAt: number | null }>;
}

export interface CheckpointStore {
  get(connectionId: string, name: string): Promise<unknown>;
  set(connectionId: string, name: string, value: unknown, now: number): Promise<void>;
}

export interface AppRecordStore {
  get(connectionId: string, entity: string, id: string): Promise<AppRecord | null>;
  getMany(connectionId: string, entity: string, ids: readonly string[]): Promise<Map<string, AppRecord>>;
  /** By id, ascending. `naturalKey` narrows to records whose top-level fields equal these texts. */
  list(
    connectionId: string,
    entity: string,
    filter: {
      afterId?: string;
      limit: number;
      states?: readonly RecordState[];
      naturalKey?: Record<string, string>;
    },
  ): Promise<AppRecord[]>;
  /**
   * Conditional write: `expectedVersion` null creates, a number updates; StaleVersionError otherwise. The
   * event, for an edit made by the app, is queued in the same transaction.
   */
  write(
    record: Omit<AppRecord, 'version' | 'updatedAt'>,
    options: { expectedVersion: number | null; event?: NewEvent; now: number },
  ): Promise<AppRecord>;
}

export interface UsageStore {
  /** `day` is a UTC calendar date. */
  add(connectionId: string, day: string, counts: Record<string, number>): Promise<void>;
  get(connectionId: string, day: string): Promise<Record<string, number>>;
}

/** Everything durable. What a promise here has resolved is on disk. */
export interface Store {
  connections: ConnectionStore;
  queue: QueueStore;
  links: LinkStore;
  conflicts: ConflictStore;
  policies: PolicyStore;
  audit: AuditStore;
  checkpoints: CheckpointStore;
  appRecords: AppRecordStore;
  usage: UsageStore;
  close(): Promise<void>;
}
