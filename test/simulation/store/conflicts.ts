import { NotFoundError, StaleVersionError } from '../../../shared/errors';
import type {
  Conflict,
  ConflictFilter,
  ConflictStore,
  NewEvent,
  Resolution,
  SideName,
} from '../../../shared/ports';
import { conflictResolved } from '../../../shared/store/acts';
import { insertEvents } from './append';
import { compareText, type LinkRow } from './rows';
import type { Session } from './session';
import { asStored } from './values';

export class MemoryConflicts implements ConflictStore {
  constructor(private readonly session: Session) {}

  async get(id: string): Promise<Conflict | null> {
    return this.session.database.conflicts.get(id) ?? null;
  }

  async list(filter: ConflictFilter): Promise<Conflict[]> {
    const { limit } = filter;
    return [...this.session.database.conflicts.values()]
      .filter((conflict) => isMeant(conflict, filter))
      .sort((a, b) => compareText(b.id, a.id))
      .slice(0, limit)
      .map((conflict) => (filter.withoutRecord ? { ...conflict, record: null } : conflict));
  }

  async closedOf(linkIds: readonly string[], since: number): Promise<Conflict[]> {
    return [...this.session.database.conflicts.values()]
      .filter(({ linkId, closedAt }) => linkIds.includes(linkId) && closedAt !== null && closedAt >= since)
      .sort((a, b) => compareText(a.id, b.id));
  }

  async resolve(id: string, resolution: Resolution, seenRefreshedAt: number): Promise<void> {
    const { database } = this.session;
    const conflict = database.conflicts.get(id);
    if (!conflict) throw new NotFoundError(`There is no conflict ${id} in this store`);
    const link = database.links.get(conflict.linkId);
    const moved =
      conflict.refreshedAt !== seenRefreshedAt && !database.flaws?.has('resolution-without-version');
    if (!link || conflict.status !== 'open' || moved) throw staleConflict(conflict);
    database.putConflict(
      link,
      database.sealed({ ...conflict, status: 'resolved', resolution: asStored(resolution) }),
    );
    link.connection.audit.add(
      resolution.at,
      database.sealed(conflictResolved(conflict, asStored(resolution))),
    );
    if (database.flaws?.has('resolution-not-queued')) return;
    insertEvents(database, [resolutionEvent(link)], resolution.at);
  }
}

function isMeant(conflict: Conflict, filter: ConflictFilter): boolean {
  const { connectionId, status, entity, text, openedBefore = Infinity, closedSince, afterId } = filter;
  return (
    conflict.connectionId === connectionId &&
    (status === undefined || conflict.status === status) &&
    (entity === undefined || conflict.entity === entity) &&
    (text === undefined || conflict.title.toLowerCase().includes(text.toLowerCase())) &&
    conflict.openedAt < openedBefore &&
    (closedSince === undefined || (conflict.closedAt ?? -1) >= closedSince) &&
    (afterId === undefined || conflict.id < afterId)
  );
}

function resolutionEvent(link: LinkRow): NewEvent {
  const side: SideName = link.app.id === null ? 'ledger' : 'app';
  return {
    connectionId: link.connection.value.id,
    entity: link.entity,
    side,
    recordId: link[side].id ?? '',
    source: 'resolution',
  };
}

export function staleConflict({ entity, title, status }: Conflict): StaleVersionError {
  return new StaleVersionError(
    `The conflict on ${entity} ${title} is ${
      status === 'open' ? 'no longer what was decided on' : `${status} already`
    }`,
    { entity, nextStep: 'Look at the conflict again and decide on what it says now.' },
  );
}
