import type { RemoveMode } from '../../../shared/ports';

/** What an entity is to a twin; a missing entity is one that the side does not have. */
export interface EntityHabits {
  update: boolean;
  remove: readonly RemoveMode[];
  /** Two live records never share their natural key. */
  unique: boolean;
  lookup: 'external_id' | 'unique_key' | 'none';
  webhook: boolean;
}

/** How one side behaves, as data. Each flag is a habit that providers/*.md knows of one provider or another. */
export interface Profile {
  name: string;
  /** An update names the version that was read; else it is compared with a read just before. */
  lock: boolean;
  /** `counter`: SyncToken, `sequence`. `time`: a modification time. `random`: RowVersion. `hash`: of the content. */
  versions: 'counter' | 'time' | 'random' | 'hash';
  idempotencyMs: number | null;
  /** How exactly the side tells the time, in its records and its notifications. */
  timestamps: 'ms' | 'second' | 'none';
  /** A read counts from when it was made (the envelope's time), not from the record's last change. */
  readTimes: boolean;
  /** Notifications name the moment of the change. */
  timedWebhooks: boolean;
  /** `full`: what is not sent is emptied, the adapter has to send what it read. */
  update: 'sparse' | 'full';
  /** `numbered`: kept, and counted anew in each record; the number of a last line that is gone comes back. */
  lineIds: 'kept' | 'replaced' | 'numbered';
  /** Whether a record that is gone is still known as deleted. */
  tombstones: boolean;
  /** A record is found by our mark this long after its create. */
  lookupLagMs: number;
  /** Lists show what was there this long ago. */
  listLagMs: number;
  /** A read may show what was there this long ago; only where versions tell which state is the older. */
  readLagMs: number;
  pageSize: number;
  /** Works out totals, balances and states by itself, as a ledger does. */
  computes: boolean;
  /** Stores some texts other than it was sent them. */
  normalizes: boolean;
  /** Cannot hold notes on customers. */
  unsupportedNotes: boolean;
  /** How it refuses a write that newly refers to a record which is gone or inactive; null where it does not. */
  goneReference: 'validation' | 'not_found' | null;
  /** Its clock against ours. */
  skewMs: number;
  entities: Readonly<Record<string, EntityHabits>>;
}
