import type { Migration } from './index';

/**
 * JSON is text in both databases: the order of keys survives, and bytes stay what they were hashed as. Unique
 * keys begin with what tells records apart, so that a planner without statistics cannot mistake them.
 */
export const initial: Migration = {
  version: 1,
  name: 'initial',
  statements: ({ text, int, suffix, auditGuards, countEvents }) => [
    `CREATE TABLE connections (
      id ${text} PRIMARY KEY,
      name ${text} NOT NULL,
      provider ${text} NOT NULL,
      tenant_id ${text} NOT NULL,
      state ${text} NOT NULL CHECK (state IN ('active', 'paused')),
      paused_reason ${text},
      resume_at ${int},
      settings ${text} NOT NULL,
      created_at ${int} NOT NULL,
      credential_id ${text} NOT NULL,
      environment ${text} NOT NULL,
      base_url ${text} NOT NULL,
      app ${text} NOT NULL,
      trouble ${text}
    )${suffix}`,
    `CREATE UNIQUE INDEX connections_company ON connections (tenant_id, base_url, provider)`,

    `CREATE TABLE links (
      id ${text} PRIMARY KEY,
      connection_id ${text} NOT NULL REFERENCES connections (id),
      entity ${text} NOT NULL,
      app_id ${text},
      app_version ${text},
      app_as_of ${text},
      app_echo ${text},
      ledger_id ${text},
      ledger_version ${text},
      ledger_as_of ${text},
      ledger_echo ${text},
      base_schema_version ${int},
      base_state ${text} CHECK (base_state IN ('live', 'voided', 'deleted', 'apart')),
      base_fields ${text},
      lines ${text} NOT NULL,
      fence ${int} NOT NULL,
      lease_owner ${text},
      leased_at ${int},
      lease_until ${int},
      next_due_at ${int},
      settled_at ${int},
      created_at ${int} NOT NULL,
      replaced_by ${text} REFERENCES links (id),
      UNIQUE (app_id, entity, connection_id),
      UNIQUE (ledger_id, entity, connection_id)
    )${suffix}`,
    `CREATE INDEX links_due ON links (connection_id, next_due_at) WHERE next_due_at IS NOT NULL`,
    `CREATE INDEX links_list ON links (connection_id, id)`,
    `CREATE INDEX links_entity ON links (connection_id, entity, id)`,
    `CREATE INDEX links_replaced ON links (replaced_by) WHERE replaced_by IS NOT NULL`,

    `CREATE TABLE events (
      id ${text} PRIMARY KEY,
      connection_id ${text} NOT NULL,
      entity ${text} NOT NULL,
      side ${text} NOT NULL CHECK (side IN ('app', 'ledger')),
      record_id ${text} NOT NULL,
      link_id ${text} NOT NULL REFERENCES links (id),
      source ${text} NOT NULL,
      dedupe_key ${text},
      occurred_at ${text},
      status ${text} NOT NULL CHECK (status IN ('pending', 'waiting', 'held', 'settled', 'dead')),
      attempts ${int} NOT NULL,
      received_at ${int} NOT NULL,
      due_at ${int} NOT NULL,
      on_link_id ${text},
      last_error ${text},
      settled_at ${int},
      UNIQUE (dedupe_key, connection_id)
    )${suffix}`,
    `CREATE INDEX events_link ON events (link_id, status, due_at)`,
    `CREATE INDEX events_list ON events (connection_id, id)`,
    `CREATE INDEX events_status ON events (connection_id, status, id)`,
    `CREATE INDEX events_waiting ON events (on_link_id) WHERE on_link_id IS NOT NULL`,
    // Slots are summed up: with several, writers need not wait for each other. One alone may be below zero.
    `CREATE TABLE event_counts (
      connection_id ${text} NOT NULL,
      status ${text} NOT NULL,
      slot ${int} NOT NULL,
      events ${int} NOT NULL,
      PRIMARY KEY (connection_id, status, slot)
    )${suffix}`,
    ...countEvents,

    `CREATE TABLE intents (
      key ${text} PRIMARY KEY,
      connection_id ${text} NOT NULL,
      link_id ${text} NOT NULL REFERENCES links (id),
      side ${text} NOT NULL CHECK (side IN ('app', 'ledger')),
      operation ${text} NOT NULL,
      record_id ${text},
      expected_version ${text},
      desired ${text} NOT NULL,
      agreed ${text},
      decisions ${text},
      policy_version ${int} NOT NULL,
      stored_at ${int} NOT NULL,
      renewed_at ${int},
      outcome ${text} CHECK (outcome IN ('done', 'refused', 'superseded')),
      settled_at ${int}
    )${suffix}`,
    `CREATE INDEX intents_link ON intents (link_id, outcome, stored_at)`,
    `CREATE INDEX intents_open_creates ON intents (connection_id) WHERE operation = 'create' AND outcome IS NULL`,

    `CREATE TABLE conflicts (
      id ${text} PRIMARY KEY,
      connection_id ${text} NOT NULL,
      link_id ${text} NOT NULL REFERENCES links (id),
      entity ${text} NOT NULL,
      status ${text} NOT NULL CHECK (status IN ('open', 'resolved', 'closed')),
      title ${text} NOT NULL,
      fields ${text} NOT NULL,
      app_version ${text},
      ledger_version ${text},
      policy_version ${int} NOT NULL,
      opened_at ${int} NOT NULL,
      refreshed_at ${int} NOT NULL,
      resolution ${text},
      closed_at ${int},
      close_reason ${text}
    )${suffix}`,
    `CREATE UNIQUE INDEX conflicts_current ON conflicts (link_id) WHERE status <> 'closed'`,
    `CREATE INDEX conflicts_link ON conflicts (link_id)`,
    `CREATE INDEX conflicts_list ON conflicts (connection_id, id)`,
    `CREATE INDEX conflicts_status ON conflicts (connection_id, status, id)`,

    // One row for each thing to tell, which moves up whenever there is news of it: what is over has none.
    `CREATE TABLE notices (
      link_id ${text} NOT NULL REFERENCES links (id),
      kind ${text} NOT NULL CHECK (kind IN ('conflict', 'failure')),
      connection_id ${text} NOT NULL REFERENCES connections (id),
      seq ${int} NOT NULL,
      PRIMARY KEY (link_id, kind)
    )${suffix}`,
    `CREATE INDEX notices_order ON notices (connection_id, seq)`,
    `CREATE TABLE notice_heads (
      connection_id ${text} PRIMARY KEY REFERENCES connections (id),
      seq ${int} NOT NULL
    )${suffix}`,
    `CREATE TABLE notice_places (
      consumer ${text} NOT NULL,
      connection_id ${text} NOT NULL REFERENCES connections (id),
      seq ${int} NOT NULL,
      taken_at ${int} NOT NULL,
      PRIMARY KEY (connection_id, consumer)
    )${suffix}`,

    `CREATE TABLE policies (
      version ${int} PRIMARY KEY,
      connection_id ${text} NOT NULL,
      entity ${text} NOT NULL,
      field ${text} NOT NULL,
      winner ${text} CHECK (winner IN ('app', 'ledger', 'raise')),
      set_by ${text} NOT NULL,
      set_at ${int} NOT NULL,
      replaced_by ${int}
    )${suffix}`,
    `CREATE INDEX policies_connection ON policies (connection_id, version)`,
    `CREATE INDEX policies_in_force ON policies (connection_id, entity, field) WHERE replaced_by IS NULL`,

    // No foreign key: `*` is the chain of the store itself, and what is about a connection outlives it there.
    `CREATE TABLE audit (
      connection_id ${text} NOT NULL,
      seq ${int} NOT NULL,
      at ${int} NOT NULL,
      kind ${text} NOT NULL,
      link_id ${text},
      detail ${text} NOT NULL,
      prev_hash ${text} NOT NULL,
      hash ${text} NOT NULL,
      actor ${text} NOT NULL,
      detail_hash ${text} NOT NULL,
      key_id ${text},
      erased_at ${int},
      erasure_mac ${text},
      PRIMARY KEY (connection_id, seq)
    )${suffix}`,
    `CREATE INDEX audit_link ON audit (connection_id, link_id, seq)`,
    `CREATE TABLE audit_heads (
      connection_id ${text} PRIMARY KEY,
      seq ${int} NOT NULL,
      hash ${text} NOT NULL,
      mac ${text} NOT NULL,
      key_id ${text}
    )${suffix}`,
    // A row stands here while a transaction archives or erases, and never after it.
    `CREATE TABLE audit_maintenance (connection_id ${text} PRIMARY KEY)${suffix}`,
    ...auditGuards,
    `CREATE TABLE audit_checkpoints (
      connection_id ${text} PRIMARY KEY,
      seq ${int} NOT NULL,
      hash ${text} NOT NULL,
      at ${int} NOT NULL,
      unchecked_to ${int} NOT NULL,
      mac ${text} NOT NULL,
      key_id ${text}
    )${suffix}`,
    `CREATE TABLE audit_states (
      connection_id ${text} NOT NULL,
      link_id ${text} NOT NULL,
      state ${text} NOT NULL,
      PRIMARY KEY (connection_id, link_id)
    )${suffix}`,

    `CREATE TABLE store_settings (
      name ${text} PRIMARY KEY,
      value ${text} NOT NULL,
      updated_at ${int} NOT NULL
    )${suffix}`,

    `CREATE TABLE checkpoints (
      connection_id ${text} NOT NULL REFERENCES connections (id),
      name ${text} NOT NULL,
      value ${text} NOT NULL,
      updated_at ${int} NOT NULL,
      PRIMARY KEY (connection_id, name)
    )${suffix}`,

    `CREATE TABLE app_records (
      connection_id ${text} NOT NULL REFERENCES connections (id),
      entity ${text} NOT NULL,
      id ${text} NOT NULL,
      version ${int} NOT NULL,
      state ${text} NOT NULL CHECK (state IN ('live', 'voided', 'deleted')),
      schema_version ${int} NOT NULL,
      fields ${text} NOT NULL,
      updated_at ${int} NOT NULL,
      PRIMARY KEY (connection_id, entity, id)
    )${suffix}`,
    `CREATE INDEX app_records_present ON app_records (connection_id, entity, id) WHERE state <> 'deleted'`,
    `CREATE TABLE app_record_keys (
      connection_id ${text} NOT NULL,
      entity ${text} NOT NULL,
      field ${text} NOT NULL,
      token ${text} NOT NULL,
      record_id ${text} NOT NULL,
      PRIMARY KEY (connection_id, entity, record_id, field)
    )${suffix}`,
    `CREATE INDEX app_record_keys_token ON app_record_keys (connection_id, entity, field, token, record_id)`,

    `CREATE TABLE usage (
      connection_id ${text} NOT NULL,
      day ${text} NOT NULL,
      kind ${text} NOT NULL,
      calls ${int} NOT NULL,
      PRIMARY KEY (connection_id, day, kind)
    )${suffix}`,

    `CREATE TABLE intake (
      subject ${text} NOT NULL,
      day ${text} NOT NULL,
      kind ${text} NOT NULL,
      count ${int} NOT NULL,
      last_at ${int} NOT NULL,
      PRIMARY KEY (subject, day, kind)
    )${suffix}`,
    `CREATE TABLE unread_notifications (
      id ${text} PRIMARY KEY,
      provider ${text} NOT NULL,
      received_at ${int} NOT NULL,
      reason ${text} NOT NULL,
      body ${text} NOT NULL
    )${suffix}`,
    `CREATE INDEX unread_notifications_newest ON unread_notifications (provider, received_at)`,

    // What is removed by age is found without looking at what stays.
    `CREATE INDEX events_old ON events (settled_at) WHERE status = 'settled'`,
    `CREATE INDEX intents_old ON intents (settled_at) WHERE outcome IS NOT NULL`,
    `CREATE INDEX conflicts_old ON conflicts (closed_at) WHERE status = 'closed'`,
    `CREATE INDEX usage_old ON usage (day)`,
    `CREATE INDEX app_records_old ON app_records (updated_at) WHERE state = 'deleted'`,
  ],
};
