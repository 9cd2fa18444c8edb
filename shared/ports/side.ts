import type { Instant } from '../schema/calendar';
import type { Fields } from '../schema/entity';

export type SideName = 'app' | 'ledger';
export type RecordState = 'live' | 'voided' | 'deleted';

export interface LastChange {
  at: Instant;
  /** Null where the side does not tell. */
  by: string | null;
}

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
  /** When the side says it was changed last, and by whom. For people: nothing is decided by it. */
  lastChange?: LastChange;
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

/** What a feed of changes says. */
export interface ChangeAnswer {
  changes: Change[];
  /** Ask again from here: the earliest server time of the calls that made up the answer. */
  asOf: Instant;
  /** False when deletions or merges may be missing, so that a comparison of all records is due. */
  complete: boolean;
}
