import { StoreError, type SyncError, toSyncError } from '../errors';
import type { ErrorReport, EventOutcome, Store } from '../ports';
import type { Run } from './context';
import { outcomeOf } from './converge';
import type { Outcome } from './outcome';
import { attemptsFor, reportError, restOf, retryDelay } from './retry';
import { noteTrouble } from './trouble';
import {
  AwaitsRecordError,
  AwaitsUnknownError,
  forgetTimes,
  PairTakenError,
  settleWork,
  startWork,
  titleOf,
  type Work,
} from './work';

/**
 * Turns a failure into what becomes of the events: wait for another record, pause or rest the connection,
 * retry with backoff, or a dead letter. What had already been written stays in the link.
 */
export async function settleFailure(attempt: Work, error: SyncError): Promise<Outcome> {
  const { run, claim, chain } = attempt;
  // Nothing of what was learned holds; what was written is found again by its intents.
  const work = error instanceof PairTakenError ? startWork(run, claim, chain) : attempt;
  if (error instanceof StoreError) return await settleUnstorable(attempt, error);
  const report = reportOf(work, error);
  const failed = (result: Outcome['result']): Outcome => ({
    ...outcomeOf(work, result, 'none'),
    error: report,
  });
  if (error.code === 'lease_lost') return failed('waiting');

  const outcome = await eventOutcome(work, error);
  work.link.base = work.base;
  // What was not carried out will be decided again.
  work.decisions = [];
  forgetTimes(work.link);
  try {
    await settleWork(work, outcome, {
      kind: outcome.kind === 'dead' ? 'dead_letter' : 'deferred',
      detail: { error: report },
    });
  } catch (failure) {
    const second = toSyncError(failure);
    if (second.code === 'lease_lost') return failed('waiting');
    if (second instanceof PairTakenError || second instanceof StoreError)
      return await settleFailure(work, second);
    throw toSyncError(second);
  }
  logOutcome(work, outcome, report);
  return failed(outcome.kind === 'dead' ? 'failed' : 'waiting');
}

/**
 * The store took something else of this record's, but not what was learned of it now: an attempt of the record, put
 * down without any of that. Where not even so much can be stored, the store has failed, and the record has not.
 */
async function settleUnstorable({ run, claim, chain }: Work, error: StoreError): Promise<Outcome> {
  if (error.retryable) throw toSyncError(error);
  const untouched = startWork(run, claim, chain);
  const report = reportOf(untouched, error);
  const outcome = await eventOutcome(untouched, error);
  forgetTimes(untouched.link);
  try {
    await settleWork(untouched, outcome, {
      kind: outcome.kind === 'dead' ? 'dead_letter' : 'deferred',
      detail: { error: report },
    });
  } catch (failure) {
    if (toSyncError(failure).code !== 'lease_lost') throw toSyncError(error);
    return { ...outcomeOf(untouched, 'waiting', 'none'), error: report };
  }
  logOutcome(untouched, outcome, report);
  return { ...outcomeOf(untouched, outcome.kind === 'dead' ? 'failed' : 'waiting', 'none'), error: report };
}

function logOutcome(work: Work, { kind }: EventOutcome, report: ErrorReport): void {
  const { logger } = work.run;
  const fields = { ...report, record: titleOf(work) };
  if (kind === 'dead') logger.error('Event became a dead letter', fields);
  else logger.warn('Event deferred', fields);
}

const reportOf = (work: Work, error: SyncError): ErrorReport => ({
  ...reportError(error),
  entity: error.details.entity ?? work.entity.name,
  title: titleOf(work),
});

/** Its arrival wakes whoever waits for a record; a look now and then is for an arrival that nobody heard of. */
const UNKNOWN_DELAY_MS = 3_600_000;

async function eventOutcome(work: Work, error: SyncError): Promise<EventOutcome> {
  const { run, claim } = work;
  const now = run.clock.now();
  const report = reportOf(work, error);
  if (error instanceof AwaitsRecordError && !error.isFailing) {
    return { kind: 'waiting', onLinkId: error.onLinkId, dueAt: now + error.delayMs, error: report };
  }
  if (error instanceof AwaitsUnknownError)
    return { kind: 'waiting', onLinkId: error.onLinkId, dueAt: now + UNKNOWN_DELAY_MS, error: report };
  if (error.code === 'auth') {
    await pauseConnection(run, error);
    return { kind: 'retry', dueAt: now, error: report, countAttempt: false };
  }
  if (error.code === 'rate_limit' || error.code === 'budget') {
    const resumeAt = await restConnection(run, error);
    return { kind: 'retry', dueAt: resumeAt, error: report, countAttempt: false };
  }
  const attempt = 1 + Math.max(0, ...claim.events.map((event) => event.attempts));
  if (error.details.scope === 'connection') return await troubleOutcome(work, error, attempt);
  if (attempt >= attemptsFor(run.options.retry, error)) return { kind: 'dead', error: report };
  const delay = retryDelay(run.options.retry, attempt, run.random, error.details.retryAfterMs);
  if (error instanceof AwaitsRecordError) {
    const dueAt = now + Math.max(delay, error.delayMs);
    return { kind: 'waiting', onLinkId: error.onLinkId, dueAt, error: report, countAttempt: true };
  }
  return { kind: 'retry', dueAt: now + delay, error: report, countAttempt: true };
}

async function troubleOutcome(work: Work, error: SyncError, attempt: number): Promise<EventOutcome> {
  const report = reportOf(work, error);
  const { dueAt, countAttempt } = await noteTrouble(work.run, work.link.id, error, attempt);
  return countAttempt && attempt >= work.run.options.retry.maxAttempts
    ? { kind: 'dead', error: report }
    : { kind: 'retry', dueAt, error: report, countAttempt };
}

type Standing = Pick<Run, 'connection' | 'clock' | 'logger'> & { store: Pick<Store, 'connections'> };

/** An expired grant pauses the connection; its events wait where they are. */
export async function pauseConnection(
  { connection, store, clock, logger }: Standing,
  error: SyncError,
): Promise<void> {
  const pausedReason = sentences(error.message, error.details.nextStep);
  connection.state = 'paused';
  connection.pausedReason = pausedReason;
  const patch = { state: 'paused' as const, pausedReason };
  await store.connections.update(connection.id, patch, { now: clock.now() });
  logger.error('Connection paused', { connection: connection.name, reason: pausedReason });
}

/** Until when the connection rests because its provider, or its own budget, asks for it. */
export async function restConnection(
  { connection, store, clock }: Standing,
  error: SyncError,
): Promise<number> {
  const now = clock.now();
  const resumeAt = now + restOf(error);
  connection.resumeAt = resumeAt;
  await store.connections.update(connection.id, { resumeAt }, { now });
  return resumeAt;
}

const sentences = (...texts: (string | undefined)[]): string =>
  texts.flatMap((text) => (text ? [/[.!?]$/.test(text) ? text : `${text}.`] : [])).join(' ');
