import { StaleVersionError, StoreError } from '../../../shared/errors';
import type { Claim, Settlement, SideName } from '../../../shared/ports';
import { findLink, removeLink } from './links';
import type { MemoryDatabase } from './memoryDatabase';
import type { LinkRow } from './rows';

const NONE: readonly LinkRow[] = [];

/**
 * Which links go into this one. Beside the one that the settlement names, a stub that an event has made for the
 * record's other side in the meantime goes too: the echo of a create often arrives before its settlement.
 * A settlement that would swallow a pair is refused.
 */
export function planAbsorption(
  database: MemoryDatabase,
  link: LinkRow,
  claim: Claim,
  settlement: Settlement,
): readonly LinkRow[] {
  const named = settlement.absorb === undefined ? undefined : database.links.get(settlement.absorb);
  const found = [named, stubOf(link, 'app', claim, settlement), stubOf(link, 'ledger', claim, settlement)];
  if (found.every((row) => row === undefined)) return NONE;
  const gone = [...new Set(found.filter((row) => row !== undefined))];
  for (const row of gone) checkAbsorption(link, row);
  return gone;
}

/** The other link that has the id which the settlement is about to set. */
function stubOf(link: LinkRow, side: SideName, claim: Claim, settlement: Settlement): LinkRow | undefined {
  const recordId = settlement.link?.[side].id ?? null;
  if (recordId === null || recordId === claim.link[side].id) return undefined;
  const found = findLink(link.connection, link.entity, side, recordId);
  return found === link ? undefined : found;
}

function checkAbsorption(link: LinkRow, gone: LinkRow): void {
  const related = gone.connection === link.connection && gone.entity === link.entity;
  // Nothing is kept in step any more by a link whose record was removed.
  const isOver = gone.base !== null && gone.base.state !== 'live';
  const isFree = gone.app.id === null || gone.ledger.id === null || isOver;
  if (related && isFree && gone !== link) return;
  const what = `${link.entity} ${link.id} cannot take the place of link ${gone.id}`;
  if (related && gone.id !== link.id)
    throw new StaleVersionError(`${what}, which has a record on both sides by now`, { entity: link.entity });
  throw new StoreError(`${what}, which is of another kind`, { entity: link.entity });
}

/** Everything that belonged to the absorbed link moves; what its conflict held back is looked at again. */
export function absorbLink(database: MemoryDatabase, gone: LinkRow, link: LinkRow, now: number): void {
  moveEvents(database, gone, link, now);
  for (const row of [...database.waits]) {
    if (row.onLinkId === gone.id) database.waitFor(row, link.id);
  }
  for (const row of gone.intents) {
    row.intent = database.sealed({ ...row.intent, linkId: link.id });
    link.intents.push(row);
  }
  for (const conflict of database.conflicts.values()) {
    if (conflict.linkId !== gone.id) continue;
    const over = { status: 'closed' as const, closedAt: now, closeReason: 'absorbed' };
    const closed = database.sealed({
      ...conflict,
      linkId: link.id,
      ...(conflict.status === 'closed' ? {} : over),
    });
    database.conflicts.set(conflict.id, closed);
  }
  for (const row of database.decisionLinks.values()) {
    if (row.link.linkId === gone.id) row.link = database.sealed({ ...row.link, linkId: link.id });
  }
  const failure = Math.max(gone.notices.failure ?? 0, link.notices.failure ?? 0);
  if (failure > 0) link.notices.failure = failure;
  for (const row of link.connection.links) {
    if (row.replacedBy === gone.id) row.replacedBy = link.id;
  }
  removeLink(database, gone);
}

function moveEvents(database: MemoryDatabase, gone: LinkRow, link: LinkRow, now: number): void {
  if (database.flaws?.has('absorb-drops-events')) {
    for (const row of gone.events) database.waitFor(row, null);
    return;
  }
  for (const row of gone.events) {
    row.link = link;
    link.events.push(row);
    if (row.status !== 'held' || database.flaws?.has('held-not-released')) continue;
    row.status = 'pending';
    row.dueAt = now;
  }
}
