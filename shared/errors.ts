import { storable } from './schema/text';

/**
 * One small taxonomy: each class says what the caller must do. Retry code reads the fields, never a message.
 * No message, field or cause carries a secret.
 */
export type SyncErrorCode =
  | 'auth'
  | 'rate_limit'
  | 'transient'
  | 'stale_version'
  | 'duplicate'
  | 'validation'
  | 'not_found'
  | 'unsupported'
  | 'uncertain_write'
  | 'store'
  | 'mapping'
  | 'budget'
  | 'lease_lost'
  | 'policy_changed'
  | 'busy'
  | 'awaited'
  | 'internal';

/** What is wrong with one field of the data that was sent. Says nothing of any other record. */
export interface Issue {
  /** Its path in the data; empty where it is about the whole. */
  field: string;
  /** As it is called on screen. */
  label?: string;
  reason: string;
  /** The start of what was sent, fit to be shown. */
  value?: string;
}

export interface SyncErrorDetails {
  provider?: string;
  entity?: string;
  /** The record's id on the side that answered. */
  recordId?: string;
  field?: string;
  /** The first MAX_ISSUES of them. */
  issues?: Issue[];
  /** How many more there were. */
  moreIssues?: number;
  /** The provider's own error code and request id, for its support. */
  providerCode?: string;
  requestId?: string;
  retryAfterMs?: number;
  /**
   * Whom the failure is about; the record, where nothing is said. What is about the connection (a grant, a limit, a
   * network, whatever stands in front of the provider) is met by the next record just the same, and must not be
   * held against this one.
   */
  scope?: 'record' | 'connection';
  /** Of a write: whether it may have been carried out all the same. */
  landed?: 'no' | 'unknown';
  /** What the user does next, one sentence. */
  nextStep?: string;
  cause?: unknown;
}

export class SyncError extends Error {
  readonly details: Omit<SyncErrorDetails, 'cause'>;

  constructor(
    readonly code: SyncErrorCode,
    /** Whether doing the same again later can succeed. */
    readonly retryable: boolean,
    message: string,
    details: SyncErrorDetails = {},
  ) {
    const { cause, ...rest } = details;
    super(storable(message), cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.details = bounded(rest);
  }
}

/** Nobody corrects thousands at once, and an error is stored, logged and answered with all it holds. */
const MAX_ISSUES = 20;

/** What a side says in its errors is stored with the event, whatever characters it is made of. */
function bounded<D extends Omit<SyncErrorDetails, 'cause'>>(details: D): D {
  const { issues = [], moreIssues = 0 } = details;
  const more = Math.max(0, issues.length - MAX_ISSUES) + moreIssues;
  return {
    ...withStorableTexts(details),
    ...(details.issues && { issues: issues.slice(0, MAX_ISSUES).map(withStorableTexts) }),
    ...(more > 0 && { moreIssues: more }),
  };
}

const withStorableTexts = <T extends object>(value: T): T =>
  Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      typeof member === 'string' ? storable(member) : member,
    ]),
  ) as T;

/** The grant is dead or lacks rights: pause the connection, keep its events, ask for a reconnect. */
export class AuthError extends SyncError {
  constructor(message: string, details: SyncErrorDetails = {}) {
    super('auth', false, message, {
      nextStep: 'Open the credential in n8n and reconnect it.',
      scope: 'connection',
      ...details,
    });
  }
}

/** No provider's word makes anybody wait longer: a header with a wrong unit or year would stop a company for months. */
export const LONGEST_WAIT_MS = 3_600_000;

/** The provider asked to slow down: wait `retryAfterMs`, which is never more than LONGEST_WAIT_MS. */
export class RateLimitError extends SyncError {
  constructor(message: string, details: SyncErrorDetails = {}) {
    const { retryAfterMs } = details;
    super('rate_limit', true, message, {
      scope: 'connection',
      ...details,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs: Math.min(retryAfterMs, LONGEST_WAIT_MS) }),
    });
  }
}

/** A passing fault before anything was sent, or on a read: retry with backoff. */
export class TransientError extends SyncError {
  constructor(message: string, details: SyncErrorDetails = {}) {
    super('transient', true, message, details);
  }
}

/** The version sent is no longer current: read again, merge again. */
export class StaleVersionError extends SyncError {
  constructor(message: string, details: SyncErrorDetails = {}) {
    super('stale_version', true, message, details);
  }
}

/** The provider already has a record with this natural key: look it up and adopt it, or raise. */
export class DuplicateError extends SyncError {
  constructor(message: string, details: SyncErrorDetails = {}) {
    super('duplicate', true, message, details);
  }
}

/** The data is refused, by our schema or by the provider: a person corrects it. */
export class ValidationError extends SyncError {
  constructor(message: string, details: SyncErrorDetails = {}) {
    super('validation', false, message, details);
  }
}

/** The record is not there. */
export class NotFoundError extends SyncError {
  constructor(message: string, details: SyncErrorDetails = {}) {
    super('not_found', false, message, details);
  }
}

/** This side cannot express what is asked (see its capability table). */
export class UnsupportedError extends SyncError {
  constructor(message: string, details: SyncErrorDetails = {}) {
    super('unsupported', false, message, details);
  }
}

/** A write was sent and its answer lost: it may have landed. Settle the intent before anything else. */
export class UncertainWriteError extends SyncError {
  constructor(message: string, details: SyncErrorDetails = {}) {
    super('uncertain_write', true, message, { landed: 'unknown', ...details });
  }
}

/** The store cannot be opened, read or written; names its path or host. */
export class StoreError extends SyncError {
  constructor(message: string, details: SyncErrorDetails & { retryable?: boolean } = {}) {
    const { retryable = false, ...rest } = details;
    super('store', retryable, message, rest);
  }
}

/** A side sent something its mapping does not know (an unlisted enum value, say). */
export class MappingError extends SyncError {
  constructor(message: string, details: SyncErrorDetails = {}) {
    super('mapping', false, message, details);
  }
}

/** The connection's own budget of reads is used up: wait until it renews. */
export class BudgetError extends SyncError {
  constructor(message: string, details: SyncErrorDetails = {}) {
    super('budget', true, message, { scope: 'connection', ...details });
  }
}

/** Another worker took the record over; this one's effects are refused. */
export class LeaseLostError extends SyncError {
  constructor(message: string, details: SyncErrorDetails = {}) {
    super('lease_lost', true, message, details);
  }
}

/** The conflict policy has changed since a write was decided: decide again under the one in force. */
export class PolicyChangedError extends SyncError {
  constructor(message: string, details: SyncErrorDetails = {}) {
    super('policy_changed', true, message, details);
  }
}

/** A record this one depends on is being worked on or is held: come back shortly. */
export class BusyError extends SyncError {
  constructor(message: string, details: SyncErrorDetails = {}) {
    super('busy', true, message, details);
  }
}

/** Whatever was thrown, as a SyncError. Unknown failures are internal and permanent: they need a person. */
export function toSyncError(error: unknown): SyncError {
  if (error instanceof SyncError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new SyncError('internal', false, message, { cause: error });
}
