import type { Instant } from '../schema/calendar';
import type { Fields } from '../schema/entity';
import type { LastChange, RecordState, RemoveMode, SideName } from './side';

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
  binding: Binding;
  /** Calls that came to nothing, as long as none of their kind has been answered since. */
  trouble?: ConnectionTrouble;
}

/** By whose credential and at which address a connection reaches its company. Nobody else gets at the connection. */
export interface Binding {
  /** The id of the credential in n8n. */
  credentialId: string;
  /** As the provider and the credential call it. */
  environment: string;
  /** As `baseUrlOf` writes it. One company at two addresses is two companies. */
  baseUrl: string;
  /** Fingerprint of the provider's app, for webhooks: one app has one endpoint for all of its companies. */
  app: string;
}

/** A company, as one credential reaches it. */
export interface Access {
  provider: string;
  tenantId: string;
  binding: Binding;
}

/** What stands between us and a provider (a network, a proxy, a firewall, an outage), as far as it is known. */
export interface ConnectionTrouble {
  /** The one record that has met it so far; null when others have too, so that it is nobody's own. */
  linkId: string | null;
  /** A firewall that refuses writes lets reads pass: those say nothing of it. */
  of: 'read' | 'write';
  /** In a row. */
  times: number;
  /** As it was last met, for people. */
  message: string;
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
  /** The record's number or name. */
  title?: string;
  recordId?: string;
  field?: string;
  /** The start of what the field said, fit to be shown. */
  value?: string;
  requestId?: string;
  /** Said where the error is not about this record. */
  scope?: 'connection';
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
  /** Of the question which record this is: those that it could be, as they are called. */
  candidates?: { id: string; title: string }[];
  /** What somebody chose before, on this very state; it waits for the other fields, and holds unless chosen anew. */
  chosen?: Choice;
}

/** A record with events that have failed. */
export interface FailedRecord {
  connectionId: string;
  linkId: string;
  entity: string;
  /** The record's number or name; its id where nobody knows one. */
  title: string;
  appId: string | null;
  ledgerId: string | null;
  /** All that have failed, oldest first; they can be replayed. */
  eventIds: string[];
  /** Of the last one. */
  error: ErrorReport | null;
  /** When the first of the changes that have failed was heard of. */
  since: number;
  /** How often the last one was tried. */
  attempts: number;
}

export interface FailedFilter {
  connectionId: string;
  entity?: string;
  /** Part of the title, whatever the case of its letters, or an id. */
  text?: string;
  /** Failing since before this time. */
  sinceBefore?: number;
  linkIds?: readonly string[];
  /** Those that come after this one; `place` says where it is. */
  after?: number;
  limit: number;
}

/** A failed record with its place in the list. */
export interface ListedFailure extends FailedRecord {
  place: number;
}

/** What people have to be told of; each once, for every state it comes to. */
export interface Notices {
  conflicts: (Conflict & { appId: string | null; ledgerId: string | null })[];
  failures: FailedRecord[];
}

/** One side of a record as it was when its conflict was raised; references are link ids, line ids are line keys. */
export interface ConflictSide {
  state: RecordState | 'absent';
  fields: Fields;
  lastChange: LastChange | null;
}

/** The whole record behind a conflict, so that people see what they decide on. */
export interface ConflictRecord {
  /** Null where nothing was agreed yet. */
  base: Fields | null;
  app: ConflictSide;
  ledger: ConflictSide;
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
  /** Null where an earlier version of this pack raised it. */
  record: ConflictRecord | null;
  /** The state the conflict speaks of; a resolution made on another one is refused. */
  appVersion: string | null;
  ledgerVersion: string | null;
  policyVersion: number;
  openedAt: number;
  refreshedAt: number;
  resolution: Resolution | null;
  closedAt: number | null;
  /** For people: what has settled it. */
  closeReason: string | null;
}

export interface Resolution {
  /** By path. */
  choices: Record<string, Choice>;
  by: Actor;
  at: number;
  /** The person who decided, as a form, a link or a workflow tells it. */
  decidedBy?: string;
  note?: string;
}

export type PolicyWinner = 'app' | 'ledger' | 'raise';

/** What a rule is about; `*` is any. No two rules in force are about the same. */
export interface PolicyScope {
  connectionId: string;
  entity: string;
  /** A field's path: what is in it is meant too. */
  field: string;
  /**
   * Only documents of this party, which an entity's `counterparty` names: the id of its link, which is the same
   * whichever side a document was read from. Absent: those of everybody.
   */
  counterparty?: string;
}

/**
 * The most specific rule wins: connection before entity before field before counterparty. Where rules that apply
 * are locked, the broadest of those wins instead.
 */
export interface PolicyRule extends PolicyScope {
  winner: PolicyWinner;
  locked?: boolean;
}

/** What somebody makes of a rule; `winner` is null where it is taken away. */
export interface PolicyEdit extends Omit<PolicyRule, 'winner'> {
  winner: PolicyWinner | null;
  reason?: string;
  /** The person behind it, as a form or a workflow tells it. */
  decidedBy?: string;
}

/** One entry of the policies' history. */
export interface PolicyChange extends PolicyEdit {
  version: number;
  by: Actor;
  at: number;
  /** The change that this one takes back. */
  undoes?: number;
}

export interface PolicySet {
  version: number;
  rules: PolicyRule[];
}

/**
 * Who did something: the engine, or whoever ran or wrote a workflow. Made of what n8n says, never of a value that
 * an expression can give.
 */
export type Actor = 'sync' | `user ${string}` | `workflow ${string}` | `trigger ${string}`;

export interface AuditEntry {
  kind: string;
  linkId: string | null;
  /** (`sync`) */
  by?: Actor;
  /** Before, after, reason, policy version: whatever replays the decision. Canonical JSON values only. */
  detail: Record<string, unknown>;
}

export interface AuditRow extends AuditEntry {
  /** `*` is the store's own chain: what is about no connection, or outlives it. */
  connectionId: string;
  seq: number;
  at: number;
  by: Actor;
  prevHash: string;
  /** Of the detail as it was written; what was erased of it since does not change it. */
  detailHash: string;
  hash: string;
  /** Which key the hashes were made with; null where there was none. */
  keyId: string | null;
  /** When personal text was taken out of the detail. */
  erasedAt: number | null;
}

/** What is wrong with a chain, at its first row that does not hold. */
export type AuditFault =
  /** A row is missing. */
  | 'gap'
  /** It does not follow the row before it. */
  | 'link'
  /** It does not say what it said when it was written. */
  | 'content'
  /** Its detail was taken away, and not by an erasure of ours. */
  | 'erasure'
  /** The end of the chain is not there. */
  | 'head_missing'
  /** The end of the chain was not made with the key, or belongs to another row. */
  | 'head'
  /** The last rows are missing. */
  | 'tail_missing'
  /** What was archived was not archived with the key. */
  | 'checkpoint'
  /** When this row was added, the end of the chain was found changed. */
  | 'head_changed';

export interface AuditReport {
  /** How many rows were checked and hold. */
  rows: number;
  /** The first and the last of them. */
  from: { seq: number; at: number } | null;
  to: { seq: number; at: number } | null;
  /** Rows before the first, which were archived. */
  archived: number;
  /** Rows of which personal text was taken out; that they are where they were is checked all the same. */
  erased: number;
  /** The key that was checked with; null where there is none. */
  keyId: string | null;
  /** Rows made with another key: that they follow each other is all that can be checked. */
  otherKeys: { keyId: string | null; from: number; to: number }[];
  brokenAt: number | null;
  fault: AuditFault | null;
  /** The end of the chain as it can be kept outside the store; null when the chain is broken. */
  anchor: string | null;
  /**
   * Whether the chain still contains the row that an anchor was made of; null when none was given, or the chain is
   * broken before it.
   */
  comparison: 'contained' | 'missing' | 'archived' | null;
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
  /** Who in the app has made this version, where the app tells. */
  updatedBy?: string;
  /** Of the last write of the sync; edits of the app leave it. */
  writtenKey?: string;
}

/** How often something happened on one day (UTC), and when it did last. */
export interface IntakeCount {
  /** Whose figure it is. */
  subject: string;
  day: string;
  kind: string;
  count: number;
  lastAt: number;
}

/** A signed notification, or a part of one, that could not be read. */
export interface UnreadNotification {
  provider: string;
  receivedAt: number;
  reason: string;
  text: string;
}
