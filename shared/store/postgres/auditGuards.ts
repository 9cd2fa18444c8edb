/** The table is found beside the one that is guarded, whatever the search path of whoever writes. */
const CLOSED = `
  EXECUTE format('SELECT NOT EXISTS (SELECT 1 FROM %I.audit_maintenance)', TG_TABLE_SCHEMA) INTO refused;`;
const ADVANCES = `
  refused := NEW.seq <= OLD.seq OR NEW.connection_id <> OLD.connection_id;`;

const guard = (name: string, check: string, message: string): string => `
  CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE refused boolean;
  BEGIN ${check}
    IF refused THEN RAISE EXCEPTION '${message}'; END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
  END $$`;

const on = (table: string, event: string, guardName: string, scope = 'ROW'): string =>
  `CREATE TRIGGER ${table}_${event.toLowerCase()} BEFORE ${event} ON ${table} FOR EACH ${scope} EXECUTE FUNCTION ${guardName}()`;

/** What keeps rows of the audit as they are, whoever asks. */
export const auditGuards: readonly string[] = [
  guard('audit_refuse', CLOSED, 'audit rows are not changed or deleted'),
  guard('audit_advance', ADVANCES, 'the end of an audit chain only moves on'),
  on('audit', 'DELETE', 'audit_refuse'),
  on('audit', 'UPDATE', 'audit_refuse'),
  on('audit', 'TRUNCATE', 'audit_refuse', 'STATEMENT'),
  on('audit_heads', 'DELETE', 'audit_refuse'),
  on('audit_heads', 'TRUNCATE', 'audit_refuse', 'STATEMENT'),
  on('audit_heads', 'UPDATE', 'audit_advance'),
];
