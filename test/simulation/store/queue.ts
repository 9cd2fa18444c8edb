import type {
  Actor,
  Claim,
  ClaimOptions,
  Dismissal,
  Dismissed,
  FailedFilter,
  Intent,
  ListedFailure,
  NewEvent,
  QueuedEvent,
  QueueStore,
  Replayed,
  Settlement,
  SideName,
} from '../../../shared/ports';
import { eventsDismissed, eventsReplayed } from '../../../shared/store/acts';
import { isAbout } from '../../../shared/store/failedRecord';
import { noDeadLetters } from '../../../shared/store/refusals';
import { append } from './append';
import { claim, claimLink, isFree, openIntents } from './claim';
import { heldLink, release } from './fence';
import { storeIntents } from './intents';
import { advanceDue } from './links';
import type { MemoryDatabase } from './memoryDatabase';
import { failedOf } from './notices';
import { compareText, eventOf, type EventRow } from './rows';
import type { Session } from './session';
import { settle } from './settle';

/** Of each connection; more is not counted. */
const MAX_READY = 1_000;

export class MemoryQueue implements QueueStore {
  constructor(private readonly session: Session) {}

  async append(
    events: readonly NewEvent[],
    options: Parameters<QueueStore['append']>[1],
  ): Promise<{ stored: number; duplicates: number }> {
    if (events.length === 0 && !options.checkpoint) return { stored: 0, duplicates: 0 };
    return append(this.session.database, events, options);
  }

  async claim(options: ClaimOptions): Promise<Claim[]> {
    return claim(this.session.database, options);
  }

  async claimLink(linkId: string, options: Parameters<QueueStore['claimLink']>[1]): Promise<Claim | null> {
    return claimLink(this.session.database, linkId, options);
  }

  async storeIntents(ours: Claim, intents: readonly Intent[]): Promise<void> {
    storeIntents(this.session.database, ours, intents);
  }

  async openCreates(connectionId: string, entity: string, side: SideName): Promise<Intent[]> {
    const links = this.session.database.connections.get(connectionId)?.links ?? [];
    return links
      .filter((link) => link.entity === entity)
      .flatMap((link) => openIntents(link).map(({ intent }) => intent))
      .filter((intent) => intent.operation === 'create' && intent.side === side)
      .sort((a, b) => a.storedAt - b.storedAt || compareText(a.key, b.key));
  }

  async settle(ours: Claim, settlement: Settlement): Promise<void> {
    settle(this.session.database, ours, settlement);
  }

  async release(ours: Claim): Promise<void> {
    const { database } = this.session;
    release(heldLink(database, ours));
    database.wake();
  }

  /** A link can be claimed from the moment when it is due, its lease is over and its connection has rested. */
  async ready(
    connectionIds: readonly string[] | null,
    now: number,
  ): Promise<{ ready: number; nextAt: number | null }> {
    const { connections } = this.session.database;
    let ready = 0;
    let nextAt: number | null = null;
    for (const id of connectionIds === null ? connections.keys() : new Set(connectionIds)) {
      const connection = connections.get(id);
      if (connection?.value.state !== 'active') continue;
      let claimable = 0;
      for (const link of connection.links) {
        const { nextDueAt } = link;
        if (nextDueAt === null) continue;
        const leased = isFree(link, now) ? nextDueAt : (link.leaseUntil ?? nextDueAt);
        const at = Math.max(nextDueAt, leased, connection.value.resumeAt ?? nextDueAt);
        if (at <= now) claimable++;
        else if (nextAt === null || at < nextAt) nextAt = at;
      }
      ready += Math.min(claimable, MAX_READY);
    }
    return { ready, nextAt };
  }

  async counts(connectionId: string): Promise<Record<QueuedEvent['status'], number>> {
    const counts = { pending: 0, waiting: 0, held: 0, settled: 0, dead: 0 };
    for (const { events } of this.session.database.connections.get(connectionId)?.links ?? []) {
      for (const { status } of events) counts[status]++;
    }
    return counts;
  }

  async list({ connectionId, status, limit }: Parameters<QueueStore['list']>[0]): Promise<QueuedEvent[]> {
    const { database } = this.session;
    const rows = eventsOf(database, connectionId).filter(
      (row) => status === undefined || row.status === status,
    );
    return database.sealed(
      rows
        .sort((a, b) => compareText(b.id, a.id))
        .slice(0, limit)
        .map(eventOf),
    );
  }

  async failed(filter: FailedFilter): Promise<ListedFailure[]> {
    const { database } = this.session;
    const { connectionId, entity, text, sinceBefore, linkIds, after = Infinity, limit } = filter;
    const listed = (database.connections.get(connectionId)?.links ?? []).flatMap((link): ListedFailure[] => {
      const place = link.notices.failure;
      return place === null ? [] : [{ ...failedOf(link), place }];
    });
    return database.sealed(
      listed
        .filter(({ place }) => place < after)
        .filter((record) => entity === undefined || record.entity === entity)
        .filter((record) => text === undefined || isAbout(record, text))
        .filter(({ since }) => sinceBefore === undefined || since < sinceBefore)
        .filter(({ linkId }) => linkIds === undefined || linkIds.includes(linkId))
        .sort((a, b) => b.place - a.place)
        .slice(0, limit),
    );
  }

  async replay(
    { connectionId, eventIds, linkIds }: Parameters<QueueStore['replay']>[0],
    now: number,
    by: Actor = 'sync',
    decidedBy?: string,
  ): Promise<Replayed[]> {
    const { database } = this.session;
    const failed = eventsOf(database, connectionId).filter(({ status }) => status === 'dead');
    const others = eventIds?.filter((id) => !failed.some((row) => row.id === id)) ?? [];
    if (others.length > 0) throw noDeadLetters(others);
    const dead = failed
      .filter(({ id }) => eventIds?.includes(id) ?? true)
      .filter(({ link }) => linkIds?.includes(link.id) ?? true)
      .sort((a, b) => compareText(a.id, b.id));
    for (const row of dead) {
      row.status = 'pending';
      row.attempts = 0;
      row.dueAt = now;
      advanceDue(row.link, now);
    }
    for (const { link } of dead)
      if (!link.events.some(({ status }) => status === 'dead')) link.notices.failure = null;
    if (dead.length > 0) {
      for (const record of byRecord(dead))
        database.chain(connectionId).add(now, database.sealed(eventsReplayed(record, by, decidedBy)));
      database.wake();
    }
    return database.sealed(
      dead.map(({ id, link, event: { entity, side, recordId } }) => ({
        id,
        linkId: link.id,
        entity,
        side,
        recordId,
      })),
    );
  }

  async dismiss(
    { connectionId, linkIds }: Parameters<QueueStore['dismiss']>[0],
    act: Dismissal,
  ): Promise<Dismissed[]> {
    const { database } = this.session;
    const dead = eventsOf(database, connectionId).filter(
      ({ status, link }) => status === 'dead' && linkIds.includes(link.id),
    );
    for (const row of dead) {
      row.status = 'settled';
      row.link.notices.failure = null;
    }
    const records = byRecord(dead);
    for (const record of records)
      database.chain(connectionId).add(act.now, database.sealed(eventsDismissed(record, act)));
    return database.sealed(records);
  }
}

function byRecord(rows: readonly EventRow[]): Dismissed[] {
  return [...Map.groupBy(rows, ({ link }) => link)]
    .map(([{ id, entity }, events]) => ({
      linkId: id,
      entity,
      eventIds: events.map((event) => event.id).sort(compareText),
    }))
    .sort((a, b) => compareText(a.linkId, b.linkId));
}

/** The events of one connection, or of all. */
function eventsOf({ connections }: MemoryDatabase, connectionId: string | undefined): EventRow[] {
  const rows: EventRow[] = [];
  for (const { value, links } of connections.values()) {
    if (connectionId !== undefined && value.id !== connectionId) continue;
    for (const { events } of links) rows.push(...events);
  }
  return rows;
}
