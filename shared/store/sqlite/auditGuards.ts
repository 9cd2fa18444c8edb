const CLOSED = 'NOT EXISTS (SELECT 1 FROM audit_maintenance)';

const refuse = (name: string, event: string, when: string, message: string): string =>
  `CREATE TRIGGER ${name} BEFORE ${event} WHEN ${when} BEGIN SELECT RAISE(ABORT, '${message}'); END`;

/** What keeps rows of the audit as they are, whoever asks. REPLACE deletes without asking a delete trigger. */
export const auditGuards: readonly string[] = [
  refuse('audit_keeps_rows', 'DELETE ON audit', CLOSED, 'audit rows are not deleted'),
  refuse('audit_keeps_content', 'UPDATE ON audit', CLOSED, 'audit rows are not changed'),
  refuse(
    'audit_replaces_nothing',
    'INSERT ON audit',
    'EXISTS (SELECT 1 FROM audit WHERE connection_id = NEW.connection_id AND seq = NEW.seq)',
    'audit rows are not replaced',
  ),
  refuse('audit_keeps_heads', 'DELETE ON audit_heads', CLOSED, 'the end of an audit chain is not deleted'),
  refuse(
    'audit_heads_advance',
    'UPDATE ON audit_heads',
    'NEW.seq <= OLD.seq OR NEW.connection_id <> OLD.connection_id',
    'the end of an audit chain only moves on',
  ),
];
