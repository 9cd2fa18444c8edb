import { StoreError } from '../../../shared/errors';
import type { NewEvent, QueueStore } from '../../../shared/ports';
import { latestOf } from '../../../shared/schema/calendar';
import { putCheckpoint } from './checkpoints';
import { advanceDue, findLink, makeLink } from './links';
import type { MemoryDatabase } from './memoryDatabase';
import { compareText, type LinkRow } from './rows';

type AppendOptions = Parameters<QueueStore['append']>[1];

export function append(
  database: MemoryDatabase,
  events: readonly NewEvent[],
  { now, checkpoint }: AppendOptions,
): { stored: number; duplicates: number } {
  for (const event of events) database.connection(event.connectionId);
  const owner = checkpoint && database.connection(checkpoint.connectionId);
  checkEvents(events);
  const forgotten = database.flaws?.has('append-forgets-last') ? Math.min(1, events.length) : 0;
  const kept = forgotten === 0 ? events : events.slice(0, -1);
  const stored = insertEvents(database, kept, now) + forgotten;
  if (checkpoint && owner) putCheckpoint(database, owner, checkpoint.name, checkpoint.value);
  return { stored, duplicates: events.length - stored };
}

/** Refuses what would otherwise be found out half-way. */
export function checkEvents(events: readonly NewEvent[]): void {
  for (const { entity, side } of events) {
    if (side !== 'app' && side !== 'ledger') throw new StoreError(`No ${entity} is on side ${String(side)}`);
  }
}

/** Queues the events of connections that exist; how many were new. */
export function insertEvents(database: MemoryDatabase, events: readonly NewEvent[], now: number): number {
  if (events.length === 0) return 0;
  makeMissingLinks(database, events);
  let stored = 0;
  for (const event of events) if (insertEvent(database, event, now)) stored++;
  if (stored > 0) database.wake();
  return stored;
}

const linkOfEvent = (database: MemoryDatabase, event: NewEvent): LinkRow | undefined =>
  findLink(database.connection(event.connectionId), event.entity, event.side, event.recordId);

/** In the databases' order, which is that of the links' ids: the app's first, then by record id. */
function makeMissingLinks(database: MemoryDatabase, events: readonly NewEvent[]): void {
  const missing = events.filter((event) => !linkOfEvent(database, event));
  if (missing.length > 1)
    missing.sort((a, b) => compareText(a.side, b.side) || compareText(a.recordId, b.recordId));
  for (const event of missing) {
    // An event before may have made it.
    if (linkOfEvent(database, event)) continue;
    const { connectionId, entity, side, recordId } = event;
    makeLink(database, database.connection(connectionId), entity, side, recordId);
  }
}

function insertEvent(database: MemoryDatabase, event: NewEvent, now: number): boolean {
  const link = linkOfEvent(database, event);
  if (!link) return false;
  if (isDuplicate(database, link, event)) {
    lookAgain(database, link, event, now);
    return false;
  }
  if (event.dedupeKey !== undefined) link.connection.dedupeKeys.add(event.dedupeKey);
  const dueAt = event.dueAt ?? now;
  link.events.push({
    id: database.random.id(),
    event: database.sealed(event),
    link,
    status: 'pending',
    attempts: 0,
    receivedAt: now,
    dueAt,
    onLinkId: null,
    lastError: null,
  });
  advanceDue(link, dueAt);
  return true;
}

/** A duplicate that may speak of a second change: looked at again, as another event where it is being worked on. */
function lookAgain(database: MemoryDatabase, link: LinkRow, event: NewEvent, now: number): void {
  const { dedupeKey, occurredAt, side } = event;
  const asOf = link[side].asOf;
  if (dedupeKey === undefined || occurredAt === undefined || asOf === null || latestOf(occurredAt) < asOf)
    return;
  const index = link.events.findIndex(({ event: known }) => known.dedupeKey === dedupeKey);
  const known = link.events[index];
  if (!known) return;
  const isInWork = link.leaseOwner !== null && (known.status === 'pending' || known.status === 'waiting');
  if (known.status !== 'settled' && !isInWork) return;
  database.waitFor(known, null);
  const dueAt = event.dueAt ?? now;
  link.events[index] = {
    ...known,
    id: database.random.id(),
    status: 'pending',
    attempts: known.status === 'settled' ? 0 : known.attempts,
    receivedAt: now,
    dueAt,
  };
  advanceDue(link, dueAt);
  database.wake();
}

function isDuplicate(database: MemoryDatabase, link: LinkRow, event: NewEvent): boolean {
  if (database.flaws?.has('dedupe-by-record')) {
    return link.events.some(
      ({ event: known }) => known.side === event.side && known.recordId === event.recordId,
    );
  }
  return event.dedupeKey !== undefined && link.connection.dedupeKeys.has(event.dedupeKey);
}
