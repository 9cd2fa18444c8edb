import { StoreError, SyncError } from '../errors';

/** What node:sqlite and pg put on their errors, read without instanceof (they may come from another realm). */
export interface DatabaseFault {
  message: string;
  /** SQLSTATE, a Node error code, or ERR_SQLITE_ERROR. */
  code: string;
  /** SQLite's own result code. */
  errcode: number;
  constraint: string;
}

/** The parts of whatever a database threw that decisions are made on. */
export function faultOf(error: unknown): DatabaseFault {
  const raw = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  // A connection refused on several addresses comes as an AggregateError without a message of its own.
  const inner = Array.isArray(raw['errors']) ? faultOf(raw['errors'][0]) : null;
  return {
    message: String(
      raw['message'] || inner?.message || (typeof error === 'string' ? error : 'unknown fault'),
    ),
    code: String(raw['code'] ?? inner?.code ?? ''),
    errcode: Number(raw['errcode'] ?? 0),
    constraint: String(raw['constraint'] ?? ''),
  };
}

/** SQLite's code for a full disk, and PostgreSQL's. */
const [FULL, DISK_FULL] = [13, '53100'];
const BUSY = 5;

/** Whatever was thrown, as a SyncError; what is not ours becomes a StoreError that names the store. */
export function toStoreError(error: unknown, location: string, retryable = false): SyncError {
  if (error instanceof SyncError) return error;
  const { message, code, errcode } = faultOf(error);
  const isFull = (errcode & 0xff) === FULL || code === DISK_FULL;
  const nextStep = isFull
    ? 'Free some space; nothing was acknowledged.'
    : (errcode & 0xff) === BUSY
      ? 'Another program is writing to the file. Look for what keeps it open, a backup or a database tool.'
      : undefined;
  return new StoreError(`The store at ${location} refused the operation: ${message}`, {
    retryable: retryable || isFull,
    ...(nextStep === undefined ? {} : { nextStep }),
    cause: error,
  });
}
