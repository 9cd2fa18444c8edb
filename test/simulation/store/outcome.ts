import type { Claim, ErrorReport, EventOutcome, Settlement } from '../../../shared/ports';
import type { MemoryDatabase } from './memoryDatabase';
import { announce } from './notices';
import { compareText, type EventRow, type LinkRow } from './rows';
import { asStored } from './values';

/** What becomes of an event. */
interface Change {
  status: EventRow['status'];
  counted: 0 | 1;
  /** Null leaves it. */
  dueAt: number | null;
  onLinkId: string | null;
  /** Null leaves it. */
  error: ErrorReport | null;
}

/** What became of the claimed events, and of no others: what was appended since stays due. */
export function applyOutcome(
  database: MemoryDatabase,
  link: LinkRow,
  claim: Claim,
  { outcome, now }: Settlement,
): void {
  const change = changeOf(database, link, outcome, now);
  for (const { id } of claim.events) {
    const row = link.events.find((event) => event.id === id);
    if (row) changeEvent(database, row, change);
  }
  if (outcome.kind === 'dead' && claim.events.length > 0 && !database.flaws?.has('failure-not-told'))
    announce(link, 'failure');
  if (outcome.kind === 'settled' && database.flaws?.has('settle-loses-newer-events')) {
    for (const row of link.events) if (row.status === 'pending') row.status = 'settled';
  }
}

/** Failed events of a record that was compared and is in sync, settled by that. */
export function recoverFailed(database: MemoryDatabase, link: LinkRow, { outcome }: Settlement): string[] {
  if (outcome.kind !== 'settled' || !outcome.compared || database.flaws?.has('failed-stay-failed')) return [];
  const failed = link.events.filter((row) => row.status === 'dead');
  for (const row of failed) row.status = 'settled';
  link.notices.failure = null;
  return failed.map(({ id }) => id).sort(compareText);
}

function changeEvent(database: MemoryDatabase, row: EventRow, change: Change): void {
  row.status = change.status;
  row.attempts += change.counted;
  if (change.dueAt !== null) row.dueAt = change.dueAt;
  if (change.error !== null) row.lastError = change.error;
  database.waitFor(row, change.onLinkId);
}

function changeOf(database: MemoryDatabase, link: LinkRow, outcome: EventOutcome, now: number): Change {
  const none = { counted: 0, dueAt: null, onLinkId: null, error: null } as const;
  switch (outcome.kind) {
    case 'settled':
    case 'held':
      return { ...none, status: outcome.kind };
    case 'retry': {
      const { countAttempt, dueAt } = outcome;
      return { ...none, ...failure(database, outcome.error, countAttempt), status: 'pending', dueAt };
    }
    case 'waiting': {
      const { countAttempt, dueAt, onLinkId } = outcome;
      const failed = failure(database, outcome.error, countAttempt);
      return hasSettled(database, link, onLinkId)
        ? { ...none, ...failed, status: 'pending', dueAt: now }
        : { ...none, ...failed, status: 'waiting', dueAt, onLinkId };
    }
    case 'dead':
      return {
        ...none,
        ...failure(database, outcome.error, false),
        status: database.flaws?.has('dead-letters-dropped') ? 'settled' : 'dead',
      };
  }
}

function failure(
  database: MemoryDatabase,
  error: ErrorReport,
  countAttempt: boolean | undefined,
): Pick<Change, 'counted' | 'error'> {
  const counted = countAttempt === true && !database.flaws?.has('attempts-not-counted') ? 1 : 0;
  return { counted, error: database.sealed(asStored(error)) };
}

/**
 * Whether the record to wait for has settled since this one was claimed, or is gone: nobody would wake it, so
 * it looks again at once.
 */
function hasSettled(database: MemoryDatabase, link: LinkRow, onLinkId: string): boolean {
  const other = database.links.get(onLinkId);
  return !other || (other.settledAt !== null && other.settledAt >= (link.leasedAt ?? Infinity));
}
