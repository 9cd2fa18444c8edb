import { StoreError, toSyncError } from '../errors';
import type {
  AppRecord,
  AuditRow,
  Base,
  Binding,
  Conflict,
  Connection,
  ConnectionTrouble,
  ErrorReport,
  Intent,
  Link,
  LinkSide,
  QueuedEvent,
} from '../ports';
import { entityNamed } from '../schema/entities';
import { shownTitle } from '../schema/entity';
import type { ChainRow } from './auditVerify';
import type {
  AppRecordRow,
  AuditTableRow,
  ConflictRow,
  ConnectionRow,
  EventRow,
  IntentRow,
  LinkRow,
} from './database';

/** JSON of our own making, which always parses to the type it was made of. */
export function parse<T>(text: string): T {
  return JSON.parse(text) as T;
}

/**
 * A row whose JSON somebody has damaged is refused with the name of its record. Nobody else's row is concerned.
 */
function undamaged<T>(row: { entity: string; id: string }, what: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw damaged(row, what, error);
  }
}

const damaged = ({ entity, id }: { entity: string; id: string }, what: string, cause: unknown): StoreError =>
  new StoreError(`The ${what} of ${entity} ${id} in the store is damaged`, {
    entity,
    nextStep: 'Restore the store from a backup made before the damage.',
    cause,
  });

/** Those rows that can be read. */
export function readable<R, T>(rows: readonly R[], fromRow: (row: R) => T): T[] {
  return rows.flatMap((row) => {
    try {
      return [fromRow(row)];
    } catch (error) {
      if (error instanceof StoreError) return [];
      throw toSyncError(error);
    }
  });
}

const parseOrNull = <T>(text: string | null): T | null => (text === null ? null : parse<T>(text));
const jsonOrNull = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

export function connectionFromRow(row: ConnectionRow): Connection {
  return {
    id: row.id,
    name: row.name,
    provider: row.provider,
    tenantId: row.tenant_id,
    state: row.state as Connection['state'],
    pausedReason: row.paused_reason,
    resumeAt: row.resume_at,
    settings: parse(row.settings),
    createdAt: row.created_at,
    binding: {
      credentialId: row.credential_id,
      environment: row.environment,
      baseUrl: row.base_url,
      app: row.app,
    },
    ...(row.trouble === null ? {} : { trouble: parse<ConnectionTrouble>(row.trouble) }),
  };
}

/** The columns of a binding that its credential brings; the address is the company's. */
export function credentialColumns({ credentialId, environment, app }: Omit<Binding, 'baseUrl'>) {
  return { credential_id: credentialId, environment, app };
}

export const linkFromRow = (row: LinkRow): Link =>
  undamaged(row, 'link', () => ({
    id: row.id,
    connectionId: row.connection_id,
    entity: row.entity,
    app: sideOf(row.app_id, row.app_version, row.app_as_of, row.app_echo),
    ledger: sideOf(row.ledger_id, row.ledger_version, row.ledger_as_of, row.ledger_echo),
    base:
      row.base_fields === null
        ? null
        : {
            schemaVersion: row.base_schema_version ?? 1,
            state: (row.base_state ?? 'live') as Base['state'],
            fields: parse(row.base_fields),
          },
    lines: parse(row.lines),
    fence: row.fence,
    replacedBy: row.replaced_by,
  }));

function sideOf(
  id: string | null,
  version: string | null,
  asOf: string | null,
  echo: string | null,
): LinkSide {
  return { id, version, asOf, echo: parseOrNull(echo) };
}

/** Nobody types more of a name, and an index takes no more. */
const LONGEST_TITLE = 80;

/** A number or name as it is looked for, whatever the case of its letters. */
export const titleKey = (title: string): string =>
  title.trim().toLowerCase().slice(0, LONGEST_TITLE).toWellFormed();

/** What a settlement may change of a link, as columns. */
export function linkColumns(entity: string, link: Pick<Link, 'app' | 'ledger' | 'base' | 'lines'>) {
  const title = link.base && shownTitle(entityNamed(entity), link.base.fields);
  return {
    title: title && titleKey(title),
    app_id: link.app.id,
    app_version: link.app.version,
    app_as_of: link.app.asOf,
    app_echo: jsonOrNull(link.app.echo),
    ledger_id: link.ledger.id,
    ledger_version: link.ledger.version,
    ledger_as_of: link.ledger.asOf,
    ledger_echo: jsonOrNull(link.ledger.echo),
    base_schema_version: link.base?.schemaVersion ?? null,
    base_state: link.base?.state ?? null,
    base_fields: link.base ? JSON.stringify(link.base.fields) : null,
    lines: JSON.stringify(link.lines),
  };
}

export function eventFromRow(row: EventRow): QueuedEvent {
  return {
    id: row.id,
    connectionId: row.connection_id,
    entity: row.entity,
    side: row.side as QueuedEvent['side'],
    recordId: row.record_id,
    linkId: row.link_id,
    source: row.source as QueuedEvent['source'],
    ...(row.dedupe_key === null ? {} : { dedupeKey: row.dedupe_key }),
    ...(row.occurred_at === null ? {} : { occurredAt: row.occurred_at }),
    status: row.status as QueuedEvent['status'],
    attempts: row.attempts,
    receivedAt: row.received_at,
    dueAt: row.due_at,
    lastError: errorOf(row.last_error),
  };
}

/** Why an event has failed is good to know, and nothing depends on it. */
function errorOf(text: string | null): ErrorReport | null {
  try {
    return parseOrNull(text);
  } catch {
    return { code: 'store', message: 'The reason was damaged in the store' };
  }
}

export const intentFromRow = (row: IntentRow): Intent =>
  undamaged({ entity: 'link', id: row.link_id }, `write ${row.key}`, () => ({
    key: row.key,
    connectionId: row.connection_id,
    linkId: row.link_id,
    side: row.side as Intent['side'],
    operation: row.operation as Intent['operation'],
    recordId: row.record_id,
    expectedVersion: row.expected_version,
    desired: parse(row.desired),
    agreed: parseOrNull(row.agreed),
    ...(row.decisions === null ? {} : { decisions: parse<unknown[]>(row.decisions) }),
    policyVersion: row.policy_version,
    storedAt: row.stored_at,
    ...(row.renewed_at === null ? {} : { renewedAt: row.renewed_at }),
  }));

export const conflictFromRow = (row: ConflictRow): Conflict =>
  undamaged({ entity: row.entity, id: row.title }, 'conflict', () => ({
    id: row.id,
    connectionId: row.connection_id,
    linkId: row.link_id,
    entity: row.entity,
    status: row.status as Conflict['status'],
    title: row.title,
    fields: parse(row.fields),
    record: parseOrNull(row.record),
    appVersion: row.app_version,
    ledgerVersion: row.ledger_version,
    policyVersion: row.policy_version,
    openedAt: row.opened_at,
    refreshedAt: row.refreshed_at,
    resolution: parseOrNull(row.resolution),
    closedAt: row.closed_at,
    closeReason: row.close_reason,
  }));

export function auditFromRow(row: AuditTableRow): AuditRow {
  return {
    connectionId: row.connection_id,
    seq: row.seq,
    at: row.at,
    kind: row.kind,
    linkId: row.link_id,
    detail: parse(row.detail),
    by: row.actor,
    prevHash: row.prev_hash,
    detailHash: row.detail_hash,
    hash: row.hash,
    keyId: row.key_id,
    erasedAt: row.erased_at,
  };
}

export const chainRowOf = (row: AuditTableRow): ChainRow => ({
  connectionId: row.connection_id,
  seq: row.seq,
  at: row.at,
  kind: row.kind,
  linkId: row.link_id,
  by: row.actor,
  detail: row.detail,
  prevHash: row.prev_hash,
  detailHash: row.detail_hash,
  hash: row.hash,
  keyId: row.key_id,
  erasedAt: row.erased_at,
  erasureMac: row.erasure_mac,
});

export const appRecordFromRow = (row: AppRecordRow): AppRecord =>
  undamaged(row, 'app record', () => ({
    connectionId: row.connection_id,
    entity: row.entity,
    id: row.id,
    version: row.version,
    state: row.state as AppRecord['state'],
    schemaVersion: row.schema_version,
    fields: parse(row.fields),
    updatedAt: row.updated_at,
    ...(row.updated_by === null ? {} : { updatedBy: row.updated_by }),
    ...(row.written_key === null ? {} : { writtenKey: row.written_key }),
  }));
