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

/** Whatever was thrown, as a SyncError; what is not ours becomes a StoreError that names the store. */
export function toStoreError(error: unknown, location: string, retryable = false): SyncError {
  if (error instanceof SyncError) return error;
  const { message } = faultOf(error);
  return new StoreError(`The store at ${location} refused the operation: ${message}`, {
    retryable,
    cause: error,
  });
}
