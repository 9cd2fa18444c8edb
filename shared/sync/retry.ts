import type { ErrorReport, Random } from '../ports';
import { LONGEST_WAIT_MS, type SyncError } from '../errors';

export interface RetryPolicy {
  /** Attempts before an event becomes a dead letter (8). */
  maxAttempts: number;
  /** First delay (2 000). */
  baseMs: number;
  /** Longest delay (900 000). */
  capMs: number;
}

export const defaultRetry: RetryPolicy = { maxAttempts: 8, baseMs: 2_000, capMs: 900_000 };

/** When the provider asks us to wait without saying how long. */
const REST_MS = 60_000;

/** "Again in 0 seconds" would be asked again and again. */
const SHORTEST_REST_MS = 1_000;

/** How long to rest when a provider asks for it. Our own budget knows exactly: until midnight. */
export function restOf({ code, details: { retryAfterMs = REST_MS } }: SyncError): number {
  return code === 'budget'
    ? retryAfterMs
    : Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_REST_MS, retryAfterMs));
}

/** Exponential with full jitter, never less than the provider asked for. `attempt` counts from 1. */
export function retryDelay(policy: RetryPolicy, attempt: number, random: Random, retryAfterMs = 0): number {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.max(retryAfterMs, Math.ceil(ceiling * (0.5 + random.next() / 2)));
}

/** An error that nobody has foreseen is tried again this often, in case it passes. */
const MAX_UNKNOWN = 3;

/**
 * How often a record is tried before it has failed. What a store cannot hold of a record may be different by the
 * next time, and a fault that nobody knows may pass; neither goes on for ever.
 */
export function attemptsFor(policy: RetryPolicy, { code, retryable }: SyncError): number {
  if (retryable || code === 'store') return policy.maxAttempts;
  return code === 'internal' ? Math.min(MAX_UNKNOWN, policy.maxAttempts) : 1;
}

/** What is kept of an error: enough for a person to act on, nothing else. */
export function reportError(error: SyncError): ErrorReport {
  const { nextStep, entity, recordId, field, issues, requestId, scope } = error.details;
  const value = issues?.find((issue) => issue.field === field)?.value;
  return {
    code: error.details.providerCode ? `${error.code}/${error.details.providerCode}` : error.code,
    message: error.message,
    ...(nextStep === undefined ? {} : { nextStep }),
    ...(entity === undefined ? {} : { entity }),
    ...(recordId === undefined ? {} : { recordId }),
    ...(field === undefined ? {} : { field }),
    ...(value === undefined ? {} : { value }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(scope === 'connection' ? { scope } : {}),
  };
}
