import type { Kysely } from 'kysely';
import type { Actor, PolicyWinner } from '../ports';

/** The tables as both databases hold them. Times are epoch milliseconds, JSON is text. */
export interface Database {
  connections: ConnectionRow;
  links: LinkRow;
  events: EventRow;
  event_counts: { connection_id: string; status: string; slot: number; events: number };
  intents: IntentRow;
  conflicts: ConflictRow;
  decision_links: DecisionLinkRow;
  notices: { link_id: string; kind: NoticeKind; connection_id: string; seq: number };
  notice_heads: { connection_id: string; seq: number };
  notice_places: { consumer: string; connection_id: string; seq: number; taken_at: number };
  policies: PolicyRow;
  audit: AuditTableRow;
  audit_heads: AuditHeadRow;
  audit_maintenance: { connection_id: string };
  audit_checkpoints: AuditCheckpointRow;
  /** What the archived rows said of the links. */
  audit_states: { connection_id: string; link_id: string; state: string };
  store_settings: { name: string; value: string; updated_at: number };
  checkpoints: { connection_id: string; name: string; value: string; updated_at: number };
  app_records: AppRecordRow;
  app_record_keys: { connection_id: string; entity: string; field: string; token: string; record_id: string };
  usage: { connection_id: string; day: string; kind: string; calls: number };
  intake: IntakeRow;
  unread_notifications: UnreadNotificationRow;
}

export interface ConnectionRow {
  id: string;
  name: string;
  provider: string;
  tenant_id: string;
  state: string;
  paused_reason: string | null;
  resume_at: number | null;
  settings: string;
  created_at: number;
  credential_id: string;
  environment: string;
  base_url: string;
  app: string;
  trouble: string | null;
}

export interface LinkRow {
  id: string;
  connection_id: string;
  entity: string;
  app_id: string | null;
  app_version: string | null;
  app_as_of: string | null;
  app_echo: string | null;
  ledger_id: string | null;
  ledger_version: string | null;
  ledger_as_of: string | null;
  ledger_echo: string | null;
  base_schema_version: number | null;
  base_state: string | null;
  base_fields: string | null;
  lines: string;
  fence: number;
  lease_owner: string | null;
  leased_at: number | null;
  lease_until: number | null;
  /** The earliest due_at of its pending and waiting events: what the claim path is indexed by. */
  next_due_at: number | null;
  settled_at: number | null;
  created_at: number;
  replaced_by: string | null;
  /** What the record is found by: its number or name, as `titleKey` writes it. */
  title: string | null;
}

export interface EventRow {
  id: string;
  connection_id: string;
  entity: string;
  side: string;
  record_id: string;
  link_id: string;
  source: string;
  dedupe_key: string | null;
  occurred_at: string | null;
  status: string;
  attempts: number;
  received_at: number;
  due_at: number;
  on_link_id: string | null;
  last_error: string | null;
  settled_at: number | null;
}

export interface IntentRow {
  key: string;
  connection_id: string;
  link_id: string;
  side: string;
  operation: string;
  record_id: string | null;
  expected_version: string | null;
  desired: string;
  agreed: string | null;
  decisions: string | null;
  policy_version: number;
  stored_at: number;
  renewed_at: number | null;
  /** Null while it may or may not have landed. */
  outcome: string | null;
  settled_at: number | null;
}

export interface ConflictRow {
  id: string;
  connection_id: string;
  link_id: string;
  entity: string;
  status: string;
  title: string;
  fields: string;
  record: string | null;
  app_version: string | null;
  ledger_version: string | null;
  policy_version: number;
  opened_at: number;
  refreshed_at: number;
  resolution: string | null;
  closed_at: number | null;
  close_reason: string | null;
}

export interface DecisionLinkRow {
  token_hash: string;
  connection_id: string;
  link_id: string;
  conflict_id: string;
  seen_refreshed_at: number;
  person: string;
  created_at: number;
  expires_at: number;
  used_at: number | null;
  superseded_at: number | null;
}

export type NoticeKind = 'conflict' | 'failure';

export interface PolicyRow {
  version: number;
  connection_id: string;
  entity: string;
  field: string;
  /** Null removes the rule. */
  winner: PolicyWinner | null;
  locked: number;
  counterparty: string;
  reason: string | null;
  decided_by: string | null;
  /** The version of the change that this one takes back. */
  undoes: number | null;
  set_by: Actor;
  set_at: number;
  /** The version of the rule that took its place; null while it is in force. */
  replaced_by: number | null;
}

export interface AuditTableRow {
  connection_id: string;
  seq: number;
  at: number;
  kind: string;
  link_id: string | null;
  detail: string;
  prev_hash: string;
  hash: string;
  actor: Actor;
  detail_hash: string;
  key_id: string | null;
  erased_at: number | null;
  /** Shows that it was us who erased. */
  erasure_mac: string | null;
}

/** The last row that was archived. */
export interface AuditCheckpointRow extends AuditHeadRow {
  at: number;
  unchecked_to: number;
}

export interface AuditHeadRow {
  connection_id: string;
  seq: number;
  hash: string;
  mac: string;
  key_id: string | null;
}

export interface AppRecordRow {
  connection_id: string;
  entity: string;
  id: string;
  version: number;
  state: string;
  schema_version: number;
  fields: string;
  updated_at: number;
  updated_by: string | null;
  written_key: string | null;
}

export interface IntakeRow {
  subject: string;
  day: string;
  kind: string;
  count: number;
  last_at: number;
}

export interface UnreadNotificationRow {
  /** A hash of what it says: a repeated one is known. */
  id: string;
  provider: string;
  received_at: number;
  reason: string;
  body: string;
}

export type Queries = Kysely<Database>;
