import type { Conflict, Settlement } from '../../../shared/ports';
import type { MemoryDatabase } from './memoryDatabase';
import { announce } from './notices';
import type { LinkRow } from './rows';
import { asStored } from './values';

type Hold = Extract<Settlement['conflict'], { kind: 'hold' }>;

/** Opens, refreshes or closes the conflict of a link that is being settled. */
export function applyConflict(database: MemoryDatabase, link: LinkRow, settlement: Settlement): void {
  const { conflict, now } = settlement;
  if (conflict?.kind === 'hold') holdConflict(database, link, conflict, now);
  else if (conflict?.kind === 'close') closeConflict(database, link, conflict.reason, now);
}

function holdConflict(database: MemoryDatabase, link: LinkRow, hold: Hold, now: number): void {
  const before = link.conflict;
  const openedAt = before?.openedAt ?? now;
  const content = {
    title: hold.title,
    fields: asStored(hold.fields),
    record: asStored(hold.record),
    appVersion: hold.appVersion,
    ledgerVersion: hold.ledgerVersion,
    policyVersion: hold.policyVersion,
  };
  const moved = before ? refreshedAt(before, content, now) : now;
  database.putConflict(
    link,
    database.sealed({
      id: before?.id ?? database.random.id(),
      connectionId: link.connection.value.id,
      linkId: link.id,
      entity: link.entity,
      status: 'open',
      ...content,
      openedAt,
      refreshedAt: moved,
      resolution: null,
      closedAt: null,
      closeReason: null,
    }),
  );
  if (!before) announce(link, 'conflict');
  else if (moved !== before.refreshedAt && !database.flaws?.has('refresh-not-told'))
    announce(link, 'conflict');
}

type Content = Pick<
  Conflict,
  'title' | 'fields' | 'record' | 'appVersion' | 'ledgerVersion' | 'policyVersion'
>;

/** It always moves when what a person saw has changed, and stays when the same conflict was only found again. */
function refreshedAt(before: Conflict, content: Content, now: number): number {
  const same =
    before.status === 'open' &&
    before.title === content.title &&
    before.appVersion === content.appVersion &&
    before.ledgerVersion === content.ledgerVersion &&
    before.policyVersion === content.policyVersion &&
    JSON.stringify(before.fields) === JSON.stringify(content.fields) &&
    JSON.stringify(before.record) === JSON.stringify(content.record);
  return same ? before.refreshedAt : Math.max(now, before.refreshedAt + 1);
}

/** What was held back by a closed conflict has been dealt with by whatever closed it. */
function closeConflict(database: MemoryDatabase, link: LinkRow, reason: string, now: number): void {
  const { conflict } = link;
  if (conflict && !database.flaws?.has('conflict-not-closed'))
    database.putConflict(
      link,
      database.sealed({ ...conflict, status: 'closed', closedAt: now, closeReason: reason }),
    );
  link.notices.conflict = null;
  if (database.flaws?.has('held-not-released')) return;
  for (const row of link.events) if (row.status === 'held') row.status = 'settled';
}
