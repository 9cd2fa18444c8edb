import type {
  Access,
  Actor,
  AppRecord,
  AuditEntry,
  AuditReport,
  AuditRow,
  Binding,
  Conflict,
  ConflictRecord,
  Connection,
  ConnectionTrouble,
  ErrorReport,
  FailedFilter,
  FieldConflict,
  IntakeCount,
  Intent,
  Link,
  ListedFailure,
  NewEvent,
  Notices,
  PolicyChange,
  PolicyEdit,
  PolicyScope,
  PolicySet,
  QueuedEvent,
  Resolution,
  UnreadNotification,
} from './rows';
import type { DecisionLinkStore } from './decisionLinks';
import type { RecordState, SideName } from './side';

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
  /** `compared`: both sides were read and agree, so that events of the record which had failed are settled by it too. */
  | { kind: 'settled'; compared?: boolean }
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
  /** A link of one side only, or of a record that was removed, that turned out to be this one: its events move here, it goes. */
  absorb?: string;
  /** Intents that are done with, whatever became of them. */
  intents: { key: string; outcome: 'done' | 'refused' | 'superseded' }[];
  conflict?:
    | {
        kind: 'hold';
        fields: FieldConflict[];
        record: ConflictRecord;
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

/** `by` is `sync` where nobody is named. Every change leaves a row in the audit. */
export interface ConnectionStore {
  /** A company has one connection: where it is there already, that one is the answer, and it stays as it is. */
  create(connection: Connection, by?: Actor): Promise<{ connection: Connection; created: boolean }>;
  get(id: string): Promise<Connection | null>;
  list(): Promise<Connection[]>;
  /** The connection of a company, for the credential and the address it is bound to; null for any other. */
  bound(access: Access): Promise<Connection | null>;
  /** Those of the companies whose notifications may come by this credential: bound to it, or to the same app. */
  heardBy(
    source: { provider: string; binding: Binding },
    tenantIds: readonly string[],
  ): Promise<Connection[]>;
  /**
   * Hands a connection over to another credential; both are in the audit. ValidationError where the new one is for
   * another address: that would be another company.
   */
  rebind(id: string, binding: Binding, options: { by: Actor; now: number }): Promise<Connection>;
  update(
    id: string,
    patch: Partial<Pick<Connection, 'name' | 'state' | 'pausedReason' | 'resumeAt' | 'settings'>> & {
      /** Null: calls are answered again. */
      trouble?: ConnectionTrouble | null;
    },
    act: { now: number; by?: Actor },
  ): Promise<void>;
}

export interface QueueStore {
  /**
   * Durable when it resolves. Finds or makes the link of each record. A checkpoint given along is stored in
   * the same transaction. A great many events are stored part by part, the checkpoint with the last.
   *
   * A duplicate is looked at once more where it may speak of a change that came after the first one was looked
   * at: when its time is not before the last read of its side.
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
   * when a link that is to be absorbed, or stands in the way, keeps two records in step.
   */
  settle(claim: Claim, settlement: Settlement): Promise<void>;
  /** Gives a claim back untouched (a paused connection, a shutdown): its events stay as they are. */
  release(claim: Claim): Promise<void>;
  /**
   * How many records can be claimed now, of each connection a thousand at most, and when the next becomes due
   * (null: nothing waits). Where there is something to claim, what becomes due later may be left out.
   */
  ready(
    connectionIds: readonly string[] | null,
    now: number,
  ): Promise<{ ready: number; nextAt: number | null }>;
  counts(connectionId: string): Promise<Record<QueuedEvent['status'], number>>;
  /** Newest first. */
  list(filter: {
    connectionId: string;
    status?: QueuedEvent['status'];
    limit: number;
  }): Promise<QueuedEvent[]>;
  /** One entry for each record, what failed last comes first. */
  failed(filter: FailedFilter): Promise<ListedFailure[]>;
  /**
   * Dead letters back to pending with fresh attempts, all of a connection, those named or those of the records named;
   * answers which. NotFoundError names events that are no dead letters of this connection; then none is replayed.
   */
  replay(
    filter: { connectionId: string; eventIds?: readonly string[]; linkIds?: readonly string[] },
    now: number,
    by?: Actor,
    decidedBy?: string,
  ): Promise<Replayed[]>;
  /** Dead letters of these records are done with, because somebody says so; answers of which records there were any. */
  dismiss(filter: { connectionId: string; linkIds: readonly string[] }, act: Dismissal): Promise<Dismissed[]>;
}

export interface Dismissal {
  now: number;
  by: Actor;
  /** For people: why nothing is to be done about it. */
  reason: string;
  /** The person who decided, as a form or a workflow tells it. */
  decidedBy?: string;
}

/** A record of which nothing is failed any more. */
export interface Dismissed {
  linkId: string;
  entity: string;
  eventIds: string[];
}

/** An event that is tried again. */
export type Replayed = Pick<QueuedEvent, 'id' | 'linkId' | 'entity' | 'side' | 'recordId'>;

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
  /** Those whose number or name, as both sides last agreed on it, begins with a text, whatever its case; by title. */
  titled(connectionId: string, entity: string, filter: { text: string; limit: number }): Promise<Link[]>;
}

export interface ConflictFilter {
  connectionId: string;
  status?: Conflict['status'];
  entity?: string;
  /** Part of the title, whatever the case of its letters. */
  text?: string;
  /** Opened before this time. */
  openedBefore?: number;
  /** Ended at this time or later. */
  closedSince?: number;
  /** `record` is null in all of them: for whoever looks at thousands, it is by far the largest part. */
  withoutRecord?: boolean;
  /** Those that come after this one. */
  afterId?: string;
  limit: number;
}

export interface ConflictStore {
  get(id: string): Promise<Conflict | null>;
  /** Newest first. */
  list(filter: ConflictFilter): Promise<Conflict[]>;
  /** Conflicts of these links that were closed at this time or later. */
  closedOf(linkIds: readonly string[], since: number): Promise<Conflict[]>;
  /**
   * Records a person's decision and queues the record. Refused (StaleVersionError) when the conflict has been
   * refreshed since `seenRefreshedAt`, or is no longer open.
   */
  resolve(id: string, resolution: Resolution, seenRefreshedAt: number): Promise<void>;
}

/**
 * What people have to be told: every open conflict whenever it comes to say something else, every failed record
 * whenever one of its events fails. Each consumer has a place of its own in the notices; whoever shares its name
 * shares the place, in however many processes.
 */
export interface NoticeStore {
  /**
   * What the consumer has not been told, oldest first, handed out once: to one caller, in one transaction with the
   * consumer's new place. What was settled meanwhile is left out.
   */
  take(consumer: string, connectionId: string, options: { limit: number; now: number }): Promise<Notices>;
  /** Those of the connections that the consumer may have to be told something of. */
  pending(consumer: string, connectionIds: readonly string[]): Promise<string[]>;
}

export interface PolicyStore {
  /** Rules in force for a connection, its own and the general ones. */
  load(connectionId: string): Promise<PolicySet>;
  /** The same as they were made, oldest first; those of all connections where none is named. */
  inForce(connectionId?: string): Promise<PolicyChange[]>;
  /** Appends to the history and raises the version; `winner: null` removes the rule. NotFoundError for a connection that is not there. */
  set(edit: PolicyEdit, by: Actor, now: number): Promise<number>;
  /**
   * Restores a rule as it was before a change, or before its last one, by another change. NotFoundError where there
   * is no such change.
   */
  undo(
    what: { version: number } | PolicyScope,
    act: Pick<PolicyEdit, 'reason' | 'decidedBy'> & { by: Actor; now: number },
  ): Promise<PolicyChange>;
  /** Newest first. */
  history(connectionId: string, limit: number): Promise<PolicyChange[]>;
}

export interface Archived {
  rows: number;
  /** Nothing is archived any more: the chain is broken there. */
  isBroken: boolean;
}

export interface ArchivedState {
  linkId: string;
  state: Partial<Pick<Link, 'app' | 'ledger' | 'base' | 'lines'>>;
}

export interface AuditStore {
  list(
    connectionId: string,
    options: {
      afterSeq?: number;
      linkId?: string;
      limit: number;
      /** The newest first, those before this one. */
      beforeSeq?: number;
    },
  ): Promise<AuditRow[]>;
  /** The number of the last row of each chain. */
  heads(connectionIds: readonly string[]): Promise<Map<string, number>>;
  /** The end of the chain, to be kept outside the store; null where it cannot be trusted. Checks no row. */
  anchor(connectionId: string, now: number): Promise<string | null>;
  /**
   * Takes the oldest rows away, those older than `before` and at most `limit` of them, never the last one. What they
   * said of the links is kept, so that a replay can start from there. Rows that do not hold are no longer touched.
   */
  archive(connectionId: string, options: { before: number; limit: number }): Promise<Archived>;
  /** What the archived rows said of the links, by id, ascending. */
  states(connectionId: string, options: { afterId?: string; limit: number }): Promise<ArchivedState[]>;
  /** Walks the chain to its first row that does not hold. `compareWith` is an anchor of an earlier report. */
  verify(connectionId: string, options: { now: number; compareWith?: string }): Promise<AuditReport>;
}

export interface CheckpointStore {
  get(connectionId: string, name: string): Promise<unknown>;
  set(connectionId: string, name: string, value: unknown, now: number): Promise<void>;
  /** Stores `to` where `from` is what is stored still (null: nothing is), and tells whether it has. */
  swap(connectionId: string, name: string, from: unknown, to: unknown, now: number): Promise<boolean>;
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
   * event, for an edit made by the app, is queued in the same transaction. `key` is that of a write of the sync.
   */
  write(
    record: Omit<AppRecord, 'version' | 'updatedAt' | 'writtenKey'>,
    options: { expectedVersion: number | null; event?: NewEvent; key?: string; now: number },
  ): Promise<AppRecord>;
}

export interface UsageStore {
  /** `day` is a UTC calendar date. */
  add(connectionId: string, day: string, counts: Record<string, number>): Promise<void>;
  get(connectionId: string, day: string): Promise<Record<string, number>>;
}

/** What came of webhook calls, for the people who look after them. */
export interface IntakeStore {
  /** Adds to the counters; those of long ago are forgotten. */
  count(counts: readonly IntakeCount[]): Promise<void>;
  /** Each kind that has ever happened, by name: how often on this day (UTC), and when last on any. */
  counts(subject: string, day: string): Promise<Pick<IntakeCount, 'kind' | 'count' | 'lastAt'>[]>;
  /** Keeps what could not be read, once however often it comes; of each provider the newest few. */
  keep(notifications: readonly UnreadNotification[]): Promise<void>;
  /** Newest first. */
  unread(provider: string, limit: number): Promise<UnreadNotification[]>;
}

/** Everything durable. What a promise here has resolved is on disk. */
export interface Store {
  connections: ConnectionStore;
  queue: QueueStore;
  links: LinkStore;
  conflicts: ConflictStore;
  decisionLinks: DecisionLinkStore;
  notices: NoticeStore;
  policies: PolicyStore;
  audit: AuditStore;
  checkpoints: CheckpointStore;
  appRecords: AppRecordStore;
  usage: UsageStore;
  intake: IntakeStore;
  close(): Promise<void>;
}
