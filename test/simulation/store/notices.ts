import type { FailedRecord, Notices, NoticeStore } from '../../../shared/ports';
import { failedRecord } from '../../../shared/store/failedRecord';
import type { MemoryDatabase } from './memoryDatabase';
import { compareText, eventOf, type LinkRow, type NoticeKind } from './rows';
import type { Session } from './session';

/** Puts a notice at the end of its connection's order, whether it was in it before or not. */
export function announce(link: LinkRow, kind: NoticeKind): void {
  link.notices[kind] = ++link.connection.noticeHead;
}

interface Found {
  link: LinkRow;
  kind: NoticeKind;
  seq: number;
}

export class MemoryNotices implements NoticeStore {
  constructor(private readonly session: Session) {}

  async take(
    consumer: string,
    connectionId: string,
    { limit }: Parameters<NoticeStore['take']>[2],
  ): Promise<Notices> {
    const { database } = this.session;
    const connection = database.connection(connectionId);
    const after = connection.noticePlaces.get(consumer) ?? 0;
    if (limit <= 0) return { conflicts: [], failures: [] };
    const found = connection.links
      .flatMap((link) => (['conflict', 'failure'] as const).flatMap((kind) => noticeOf(link, kind, after)))
      .sort((a, b) => a.seq - b.seq);
    const taken = found.slice(0, limit);
    const fits = found.length < limit || database.flaws?.has('notices-skipped');
    const place = fits ? connection.noticeHead : (taken.at(-1)?.seq ?? after);
    if (!database.flaws?.has('told-again')) connection.noticePlaces.set(consumer, place);
    return noticesOf(database, taken);
  }

  async pending(consumer: string, connectionIds: readonly string[]): Promise<string[]> {
    const { connections } = this.session.database;
    return [...new Set(connectionIds)]
      .filter((id) => {
        const connection = connections.get(id);
        const after = connection?.noticePlaces.get(consumer) ?? 0;
        return connection?.links.some(
          ({ notices: { conflict, failure } }) => Math.max(conflict ?? 0, failure ?? 0) > after,
        );
      })
      .sort(compareText);
  }
}

function noticeOf(link: LinkRow, kind: NoticeKind, after: number): Found[] {
  const seq = link.notices[kind];
  if (seq === null || seq <= after || (kind === 'conflict' && link.conflict?.status !== 'open')) return [];
  return [{ link, kind, seq }];
}

function noticesOf(database: MemoryDatabase, found: readonly Found[]): Notices {
  const notices: Notices = { conflicts: [], failures: [] };
  for (const { link, kind } of found) {
    const ids = { appId: link.app.id, ledgerId: link.ledger.id };
    if (kind === 'conflict') {
      if (link.conflict) notices.conflicts.push({ ...link.conflict, ...ids });
      continue;
    }
    notices.failures.push(failedOf(link));
  }
  return database.sealed(notices);
}

export function failedOf({ id, entity, connection, app, ledger, events }: LinkRow): FailedRecord {
  const failed = events
    .filter(({ status }) => status === 'dead')
    .map(eventOf)
    .sort((a, b) => a.receivedAt - b.receivedAt || compareText(a.id, b.id));
  return failedRecord(
    { connectionId: connection.value.id, linkId: id, entity, appId: app.id, ledgerId: ledger.id },
    failed,
  );
}
