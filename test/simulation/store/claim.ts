import type { Claim, ClaimOptions, QueueStore } from '../../../shared/ports';
import type { MemoryDatabase } from './memoryDatabase';
import { compareText, eventOf, linkOf, type EventRow, type IntentRow, type LinkRow } from './rows';

type LeaseOptions = Parameters<QueueStore['claimLink']>[1];

/** Connections that share one claim; the others' turn comes with the next. */
const MAX_CONNECTIONS = 32;
const CLOCK_SLACK_MS = 60_000;

/** Leases the records that have waited longest, turn by turn among the connections. */
export function claim(database: MemoryDatabase, options: ClaimOptions): Claim[] {
  if (options.limit <= 0) return [];
  const queues = dueLinks(database, options);
  while (queues.length > MAX_CONNECTIONS)
    queues.splice(Math.floor(database.random.next() * queues.length), 1);
  const chosen = inTurns(queues, options.limit);
  return chosen.map((link) => take(database, link, options, options.now));
}

/** Leases one record, whatever is due. Its events are left for their own turn. */
export function claimLink(database: MemoryDatabase, linkId: string, options: LeaseOptions): Claim | null {
  const link = database.links.get(linkId);
  if (!link || (!isFree(link, options.now) && !database.flaws?.has('claimlink-ignores-lease'))) return null;
  return take(database, link, options, null);
}

/** Over at its end, or where it was taken at a time that is yet to come: the clock was set back. */
export const isFree = (link: LinkRow, now: number): boolean =>
  link.leaseUntil === null || link.leaseUntil <= now || (link.leasedAt ?? 0) > now + CLOCK_SLACK_MS;

const byDueTime = (a: LinkRow, b: LinkRow): number =>
  (a.nextDueAt ?? 0) - (b.nextDueAt ?? 0) || compareText(a.id, b.id);

/** What can be claimed of each connection, longest due first. */
function dueLinks(database: MemoryDatabase, { connectionIds, now, limit }: ClaimOptions): LinkRow[][] {
  const { flaws } = database;
  const queues: LinkRow[][] = [];
  for (const id of new Set(connectionIds)) {
    const connection = database.connections.get(id);
    if (!connection) continue;
    const { state, resumeAt } = connection.value;
    if (state !== 'active' && !flaws?.has('paused-is-claimed')) continue;
    if (resumeAt !== null && resumeAt > now) continue;
    const due = connection.links.filter(
      (link) =>
        link.nextDueAt !== null &&
        link.nextDueAt <= now &&
        (isFree(link, now) || flaws?.has('lease-not-checked') === true),
    );
    if (due.length > 0) queues.push(due.sort(byDueTime).slice(0, limit));
  }
  return queues;
}

/** The first of every queue, then the second of every queue, and so on. */
function inTurns(queues: readonly LinkRow[][], limit: number): LinkRow[] {
  const [first] = queues;
  if (!first || queues.length === 1) return first ?? [];
  const chosen: LinkRow[] = [];
  for (let turn = 0; chosen.length < limit; turn++) {
    const next = queues.flatMap((queue) => queue[turn] ?? []).sort(byDueTime);
    if (next.length === 0) break;
    chosen.push(...next.slice(0, limit - chosen.length));
  }
  return chosen.sort(byDueTime);
}

/** Leases a link and adds what a converge needs to know. `dueAt` is null where no events are asked for. */
function take(
  database: MemoryDatabase,
  link: LinkRow,
  { worker, now, leaseMs }: LeaseOptions,
  dueAt: number | null,
): Claim {
  const leaseUntil = now + leaseMs;
  link.fence++;
  link.leaseOwner = worker;
  link.leasedAt = now;
  link.leaseUntil = leaseUntil;
  return database.sealed({
    link: linkOf(link),
    events: dueAt === null ? [] : dueEvents(link, dueAt).map(eventOf),
    intents: database.flaws?.has('intents-forgotten-at-claim')
      ? []
      : openIntents(link).map((row) => row.intent),
    refusals: refusalsOf(link),
    conflict: link.conflict,
    leaseUntil,
  });
}

function dueEvents(link: LinkRow, now: number): EventRow[] {
  const due = link.events.filter(
    (row) => (row.status === 'pending' || row.status === 'waiting') && row.dueAt <= now,
  );
  return due.sort((a, b) => a.receivedAt - b.receivedAt || compareText(a.id, b.id));
}

export function openIntents(link: LinkRow): IntentRow[] {
  const open = link.intents.filter((row) => row.outcome === null);
  return open.sort(({ intent: a }, { intent: b }) => a.storedAt - b.storedAt || compareText(a.key, b.key));
}

function refusalsOf(link: LinkRow): number {
  let refusals = 0;
  for (const { outcome } of link.intents) if (outcome === 'refused') refusals++;
  return refusals;
}
