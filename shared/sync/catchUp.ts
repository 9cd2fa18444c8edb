import { toSyncError } from '../errors';
import type { Change, ChangeAnswer, Connection, NewEvent, Store } from '../ports';
import type { Instant } from '../schema/calendar';
import type { EnginePorts } from './context';
import { pauseConnection, restConnection } from './failure';

/** The ledger's feed of changes, as far as it has been read. */
const FEED = 'feed:ledger:changes';
/** Longer than a feed takes to be read; whoever was killed while reading is waited for as long. */
const LEASE_MS = 120_000;
/** Events stored in one transaction. */
const BATCH = 500;

interface FeedState {
  /** What changed later, by the ledger's own clock, has not been seen. */
  since: Instant;
  readAt: number;
  /** Somebody is reading it. */
  busyUntil: number | null;
  /** Since when something may be missing that only a comparison of all records would find. */
  incompleteSince: Instant | null;
}

export interface CatchUpPorts extends Pick<EnginePorts, 'clock' | 'logger'> {
  store: Pick<Store, 'checkpoints' | 'queue' | 'connections'>;
  changes(entities: readonly string[], since: Instant): Promise<ChangeAnswer>;
}

export interface CatchUpOptions {
  /** Of those that the connection keeps in sync. */
  entities: readonly string[];
  /** Nothing is to be done where the feed was read later than this. */
  readBefore: number;
}

export interface CaughtUp {
  changes: number;
  /** Those that are to be looked at; the others came by the feed before. */
  queued: number;
  complete: boolean;
}

/**
 * Reads the feed from where it was left, so that what no webhook told of is not lost: n8n was down, or answered
 * "starting up", or the address was wrong. The place is moved on in the transaction of the last events that it
 * yields: whoever dies before reads again, and duplicates are known by their keys. A connection that was just made
 * begins with what changed since. Null where there is nothing to do, or somebody else is at it.
 */
export async function catchUp(
  ports: CatchUpPorts,
  connection: Connection,
  { entities, readBefore }: CatchUpOptions,
): Promise<CaughtUp | null> {
  const { store, clock } = ports;
  const stored = (await store.checkpoints.get(connection.id, FEED)) as FeedState | null;
  const before = stored ?? startOf(connection);
  const now = clock.now();
  if (before.readAt > readBefore || (before.busyUntil !== null && before.busyUntil > now)) return null;
  const taken: FeedState = { ...before, busyUntil: now + LEASE_MS };
  if (!(await store.checkpoints.swap(connection.id, FEED, stored, taken, now))) return null;
  try {
    const answer = await ports.changes(entities, before.since);
    const incompleteSince = answer.complete
      ? before.incompleteSince
      : (before.incompleteSince ?? before.since);
    const after: FeedState = { since: answer.asOf, readAt: now, busyUntil: null, incompleteSince };
    const queued = await queueChanges(ports, connection.id, answer.changes, after);
    return { changes: answer.changes.length, queued, complete: answer.complete };
  } catch (error) {
    const failure = toSyncError(error);
    await store.checkpoints.swap(connection.id, FEED, taken, { ...before, busyUntil: null }, clock.now());
    const standing = { ...ports, connection };
    if (failure.code === 'auth') await pauseConnection(standing, failure);
    if (failure.code === 'rate_limit' || failure.code === 'budget') await restConnection(standing, failure);
    throw toSyncError(failure);
  }
}

const startOf = ({ createdAt }: Connection): FeedState => ({
  since: new Date(createdAt).toISOString(),
  readAt: 0,
  busyUntil: null,
  incompleteSince: null,
});

async function queueChanges(
  { store, clock }: CatchUpPorts,
  connectionId: string,
  changes: readonly Change[],
  after: FeedState,
): Promise<number> {
  const events = changes.map((change) => eventOf(connectionId, change));
  const last = Math.max(0, Math.ceil(events.length / BATCH) - 1);
  let queued = 0;
  for (let batch = 0; batch <= last; batch++) {
    const { stored } = await store.queue.append(events.slice(batch * BATCH, (batch + 1) * BATCH), {
      now: clock.now(),
      ...(batch === last ? { checkpoint: { connectionId, name: FEED, value: after } } : {}),
    });
    queued += stored;
  }
  return queued;
}

const eventOf = (connectionId: string, { entity, id, dedupeKey, occurredAt }: Change): NewEvent => ({
  connectionId,
  entity,
  side: 'ledger',
  recordId: id,
  source: 'poll',
  dedupeKey,
  ...(occurredAt === undefined ? {} : { occurredAt }),
});

/** Since when something may be missing that no feed shows; null where nothing is. */
export async function comparisonDueSince(
  { checkpoints }: Pick<Store, 'checkpoints'>,
  connectionId: string,
): Promise<Instant | null> {
  const state = (await checkpoints.get(connectionId, FEED)) as FeedState | null;
  return state?.incompleteSince ?? null;
}

/** All records of both sides have been met: nothing that was missed before is missing any more. */
export async function noteCompared(
  { checkpoints }: Pick<Store, 'checkpoints'>,
  connectionId: string,
  now: number,
): Promise<void> {
  const state = (await checkpoints.get(connectionId, FEED)) as FeedState | null;
  if (!state?.incompleteSince) return;
  await checkpoints.swap(connectionId, FEED, state, { ...state, incompleteSince: null }, now);
}
