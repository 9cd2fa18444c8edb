import { StoreError } from '../../../shared/errors';
import type { Claim, LinkSide, NewEvent, Settlement, SideName } from '../../../shared/ports';
import { absorbLink, planAbsorption } from './absorb';
import { checkEvents, insertEvents } from './append';
import { heldLink, release } from './fence';
import { applyConflict } from './hold';
import { advanceDue, makeLink, putSide } from './links';
import type { MemoryDatabase } from './memoryDatabase';
import { applyOutcome, recoverFailed } from './outcome';
import type { LinkRow } from './rows';
import { asStored } from './values';

const NO_EVENTS: readonly NewEvent[] = [];

/** Checks first, and then writes in the order of the databases. */
export function settle(database: MemoryDatabase, claim: Claim, settlement: Settlement): void {
  const link = heldLink(database, claim, 'fence-not-checked');
  const gone = planAbsorption(database, link, claim, settlement);
  const follow = settlement.append ?? NO_EVENTS;
  checkFollowUps(database, follow);
  const { now } = settlement;
  for (const row of gone) absorbLink(database, row, link, now);
  finishIntents(database, link, settlement);
  applyOutcome(database, link, claim, settlement);
  applyConflict(database, link, settlement);
  const recovered = recoverFailed(database, link, settlement);
  updateLink(database, link, settlement);
  for (const side of ['app', 'ledger'] as const) leaveBehind(database, link, side, claim.link[side].id);
  if (settlement.outcome.kind === 'settled') wakeDependents(database, link, now);
  insertEvents(database, follow, now);
  appendAudit(database, link, settlement, gone, recovered);
  // What came in meanwhile, or is to be tried again.
  database.wake();
}

function checkFollowUps(database: MemoryDatabase, events: readonly NewEvent[]): void {
  checkEvents(events);
  for (const { connectionId } of events) {
    if (!database.connections.has(connectionId))
      throw new StoreError(`An event belongs to no connection ${connectionId}`);
  }
}

function finishIntents(database: MemoryDatabase, link: LinkRow, { intents }: Settlement): void {
  if (database.flaws?.has('intent-outcome-ignored')) return;
  for (const { key, outcome } of intents) {
    const row = database.intents.get(key);
    if (row?.intent.linkId === link.id) row.outcome = outcome;
  }
}

/** The link's new state; releases the lease and finds out when it is due next. */
function updateLink(database: MemoryDatabase, link: LinkRow, settlement: Settlement): void {
  const { link: changed, outcome, now } = settlement;
  if (changed && !database.flaws?.has('link-not-written')) {
    const { base } = changed;
    putSide(link, 'app', database.sealed(storedSide(changed.app)));
    putSide(link, 'ledger', database.sealed(storedSide(changed.ledger)));
    link.base = base && database.sealed({ ...pickBase(base), fields: asStored(base.fields) });
    link.lines = database.sealed(asStored(changed.lines));
  }
  release(link);
  // Only a record that is in step, or gone, lets others go on.
  if (outcome.kind === 'settled') link.settledAt = now;
  link.nextDueAt = null;
  for (const { status, dueAt } of link.events) {
    if (status === 'pending' || status === 'waiting') advanceDue(link, dueAt);
  }
}

/** A record that the link had before it got another in its place is known by a link of its own. */
function leaveBehind(database: MemoryDatabase, link: LinkRow, side: SideName, before: string | null): void {
  if (before === null || before === link[side].id || database.flaws?.has('former-record-forgotten')) return;
  makeLink(database, link.connection, link.entity, side, before, link.id);
}

/** Members in the columns' order, which is what shows in JSON. */
const storedSide = ({ id, version, asOf, echo }: LinkSide): LinkSide => ({
  id,
  version,
  asOf,
  echo: asStored(echo),
});

const pickBase = ({ schemaVersion, state }: NonNullable<LinkRow['base']>) => ({ schemaVersion, state });

/** What waited for this record is due now. */
function wakeDependents(database: MemoryDatabase, link: LinkRow, now: number): void {
  if (database.waits.size === 0 || database.flaws?.has('waiting-not-woken')) return;
  for (const row of [...database.waits]) {
    if (row.onLinkId !== link.id || row.status !== 'waiting') continue;
    row.status = 'pending';
    row.dueAt = now;
    database.waitFor(row, null);
    advanceDue(row.link, now);
  }
}

function appendAudit(
  database: MemoryDatabase,
  link: LinkRow,
  { audit, now, absorb }: Settlement,
  gone: readonly LinkRow[],
  recovered: readonly string[],
): void {
  if (database.flaws?.has('audit-not-written')) return;
  for (const entry of audit) link.connection.audit.add(now, database.sealed(entry));
  for (const { id } of gone) {
    if (id === absorb) continue;
    const entry = { kind: 'absorbed', linkId: link.id, detail: { absorbed: id } };
    link.connection.audit.add(now, database.sealed(entry));
  }
  if (recovered.length === 0) return;
  const detail = { entity: link.entity, events: recovered };
  const entry = database.sealed({ kind: 'recovered', linkId: link.id, detail });
  link.connection.audit.add(now, entry);
}
