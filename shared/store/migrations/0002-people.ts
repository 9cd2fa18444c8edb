import type { Migration } from './index';

/** What people see, decide and say: the record behind a conflict, rules with conditions, links made for one person. */
export const people: Migration = {
  version: 2,
  name: 'people',
  statements: ({ text, int, suffix }) => [
    // The record as both sides had it when the conflict was last raised; none in a conflict of before.
    `ALTER TABLE conflicts ADD COLUMN record ${text}`,
    // With all that lists of conflicts are narrowed down by, so that no row is read to be passed over.
    `DROP INDEX conflicts_status`,
    `CREATE INDEX conflicts_status ON conflicts (connection_id, status, id, entity, title, opened_at, closed_at)`,

    `ALTER TABLE policies ADD COLUMN locked ${int} NOT NULL DEFAULT 0`,
    // The link of the party whose documents a rule is about; empty is any.
    `ALTER TABLE policies ADD COLUMN counterparty ${text} NOT NULL DEFAULT ''`,
    `ALTER TABLE policies ADD COLUMN reason ${text}`,
    `ALTER TABLE policies ADD COLUMN decided_by ${text}`,
    `ALTER TABLE policies ADD COLUMN undoes ${int}`,

    `ALTER TABLE app_records ADD COLUMN updated_by ${text}`,
    // Of the last write of the sync, so that it knows whether that has landed, whatever the app has edited since.
    `ALTER TABLE app_records ADD COLUMN written_key ${text}`,

    // What the record is called, in lower case: set with its base, so that an older record has one when it changes next.
    `ALTER TABLE links ADD COLUMN title ${text}`,
    `CREATE INDEX links_title ON links (connection_id, entity, title, id) WHERE title IS NOT NULL`,

    // The list of failed records: a failed record has one notice as long as any of its events is dead.
    `CREATE INDEX notices_failures ON notices (connection_id, seq) WHERE kind = 'failure'`,

    // Only a hash of the token is kept: whoever reads the store can follow no link.
    `CREATE TABLE decision_links (
      token_hash ${text} PRIMARY KEY,
      connection_id ${text} NOT NULL REFERENCES connections (id),
      link_id ${text} NOT NULL REFERENCES links (id),
      conflict_id ${text} NOT NULL,
      seen_refreshed_at ${int} NOT NULL,
      person ${text} NOT NULL,
      created_at ${int} NOT NULL,
      expires_at ${int} NOT NULL,
      used_at ${int},
      superseded_at ${int}
    )${suffix}`,
    `CREATE INDEX decision_links_conflict ON decision_links (conflict_id)`,
    `CREATE INDEX decision_links_link ON decision_links (link_id)`,
    `CREATE INDEX decision_links_old ON decision_links (expires_at)`,
  ],
};
