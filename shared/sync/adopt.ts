import { LeaseLostError } from '../errors';
import type { FieldConflict, Intent, ListPage, SideName, SideRecord } from '../ports';
import { shownTitle, type Fields } from '../schema/entity';
import { sameValue } from './compare';
import { converge } from './converge';
import { needsWrite, other } from './decide';
import { lineSpec, withoutIds } from './lines';
import { canonicalFields } from './views';
import { AwaitsRecordError, noteLanded, noteRead, noteUncertain, type Work } from './work';

/** The pseudo field of the question "which record is this?". */
export const MATCH = '$match';

/** Before a record is looked at again whose maker was not done. */
const MAKER_DELAY_MS = 1_000;

export type Adoption =
  | { kind: 'create' }
  | { kind: 'adopted' }
  | { kind: 'hold'; conflicts: FieldConflict[] };

/**
 * The look-up before every create: is the record there already, from a create of ours whose answer was lost
 * or from somebody who entered it by hand? One clear match is adopted, several are raised, none is created.
 * `sideFields` are in the side's ids.
 */
export async function adoptBeforeCreate(
  work: Work,
  side: SideName,
  sideFields: Fields,
  intent: Intent,
): Promise<Adoption> {
  const { run, entity, link } = work;
  const choice = chosenMatch(work);
  if (choice === null) return createOrAsk(work, side, intent);
  // The chosen one may be gone by now, and what is to be made takes its place.
  if (choice !== undefined && choice !== link[side].id) {
    const record = await run.sides[side].read(entity.name, choice);
    return record ? takeOver(work, side, record, true) : hold(work, side, []);
  }
  const match = await run.sides[side].find(entity.name, sideFields, link.id);
  if (match.kind === 'none') return (await claimedByMaker(work, side)) ?? createOrAsk(work, side, intent);
  if (match.kind === 'ambiguous') return hold(work, side, match.records);
  await leaveToItsMaker(work, side, match.record);
  return takeOver(work, side, match.record);
}

/**
 * Nothing was found. Where a create of ours may have landed and the look-up would not have found it, somebody
 * has to look: it is never repeated on a guess.
 */
async function createOrAsk(work: Work, side: SideName, intent: Intent): Promise<Adoption> {
  const decidedAt = work.claim.conflict?.resolution?.at ?? -Infinity;
  const doubtful = work.lostCreates[side].filter(
    (lost) =>
      (chosenMatch(work) !== null || lost.storedAt > decidedAt) && !wouldBeKnown(work, side, lost, intent),
  );
  const [oldest] = doubtful;
  if (!oldest) return { kind: 'create' };
  // A name finds a record only as long as nobody has renamed it: nothing new may have turned up either.
  const strangers = await strangersSince(work, side, oldest.storedAt);
  return strangers.length === 0 && doubtful.every((lost) => wouldClash(work, side, lost, intent))
    ? { kind: 'create' }
    : hold(work, side, strangers, 'uncertain_write');
}

/** Whether a mark, or the provider by its key, would have told of the record that this create made. */
function wouldBeKnown(work: Work, side: SideName, lost: Intent, intent: Intent): boolean {
  const { run, entity } = work;
  const { capabilities } = run.sides[side];
  if (capabilities.entities[entity.name]?.lookup === 'external_id') return true;
  const window = capabilities.idempotency;
  return window !== null && lost.key === intent.key && run.clock.now() - lost.storedAt < window.ttlMs;
}

/** Whether the side would not hold what this create made beside what is wanted now: they have one unique key. */
function wouldClash({ run, entity }: Work, side: SideName, lost: Intent, intent: Intent): boolean {
  const key = entity.naturalKey;
  return (
    run.sides[side].capabilities.entities[entity.name]?.lookup === 'unique_key' &&
    key !== null &&
    typeof intent.desired[key.fields[0] as string] === 'string' &&
    key.fields.every((name) => sameValue(lost.desired[name] ?? null, intent.desired[name] ?? null))
  );
}

/** More than any clock may be wrong by: what is listed too much is told apart by its links. */
const CLOCK_MARGIN_MS = 600_000;
const PAGE = 200;

/** Records that have come or changed since, and belong to no pair. */
async function strangersSince(work: Work, side: SideName, since: number): Promise<SideRecord[]> {
  const { run, entity, link } = work;
  const changedSince = new Date(since - CLOCK_MARGIN_MS).toISOString();
  const strangers: SideRecord[] = [];
  for (let cursor: string | null = null, more = true; more; more = cursor !== null) {
    const page: ListPage = await run.sides[side].list(entity.name, { cursor, limit: PAGE, changedSince });
    const ids = page.records.map((record) => record.id);
    const owners = await run.store.links.bySide(link.connectionId, entity.name, side, ids);
    strangers.push(...page.records.filter(({ id }) => (owners.get(id)?.[other(side)].id ?? null) === null));
    cursor = page.next;
  }
  return strangers;
}

/**
 * The record found here may be what ours was made from, by a create whose answer was lost and whose mark cannot
 * be read. Then it is for that record's link, which knows what was agreed on, to take this one over.
 */
async function leaveToItsMaker(work: Work, side: SideName, record: SideRecord): Promise<void> {
  const { run, link, entity } = work;
  // Where marks can be read, the record itself says who made it.
  const made = run.sides[other(side)].capabilities.entities[entity.name];
  if (made?.lookup === 'external_id') return;
  const owners = await run.store.links.bySide(link.connectionId, entity.name, side, [record.id]);
  const owner = owners.get(record.id);
  if (!owner || owner.id === link.id || work.chain.includes(owner.id)) return;
  const open = await run.store.queue.openCreates(link.connectionId, entity.name, other(side));
  if (!open.some((intent) => intent.linkId === owner.id)) return;
  const lease = { worker: run.worker, now: run.clock.now(), leaseMs: run.options.leaseMs };
  const claim = await run.store.queue.claimLink(owner.id, lease);
  if (!claim) {
    // Two links that meet here at once: the app's goes on, the ledger's looks again.
    if (side === 'ledger') return;
    throw new AwaitsRecordError(owner.id, MAKER_DELAY_MS, 'Waits for a record that may have made this one');
  }
  if (!claim.intents.some((intent) => intent.operation === 'create')) return run.store.queue.release(claim);
  await converge(run, claim, [...work.chain, link.id]);
  throw (await run.store.links.get(link.id))
    ? new AwaitsRecordError(owner.id, MAKER_DELAY_MS, 'Waits for the write that may have made this record')
    : new LeaseLostError(`${entity.label} ${link.id} was taken over by the link that made it`);
}

/**
 * A record without a readable mark that turns up while a create is in doubt may be what that create has made,
 * and its original is on this side already. One that says just what was sent is; of any other somebody decides.
 */
async function claimedByMaker(work: Work, side: SideName): Promise<Adoption | null> {
  const { run, entity, link, chain } = work;
  const from = other(side);
  const record = work.records[from];
  if (!record || run.sides[from].capabilities.entities[entity.name]?.lookup === 'external_id') return null;
  const lost = await run.store.queue.openCreates(link.connectionId, entity.name, from);
  const makers = await run.store.links.getMany(lost.map((intent) => intent.linkId));
  const possible = lost.filter(
    ({ linkId }) =>
      linkId !== link.id && !chain.includes(linkId) && (makers.get(linkId)?.[side].id ?? null) !== null,
  );
  const said: Intent[] = [];
  for (const intent of possible) {
    if (await saysTheSame(work, from, record, intent.desired)) said.push(intent);
  }
  const ids = (said.length > 0 ? said : possible).map(({ linkId }) => makers.get(linkId)?.[side].id ?? '');
  const originals: SideRecord[] = [];
  for (const id of new Set(ids)) {
    const original = await run.sides[side].read(entity.name, id);
    if (original && original.state !== 'deleted') originals.push(original);
  }
  const [original] = originals;
  if (!original) return null;
  const isCertain = originals.length === 1 && said.length > 0;
  return isCertain ? takeOver(work, side, original) : hold(work, side, originals);
}

/** What a person chose: the id to link with, null for "make a new one", undefined when nobody was asked. */
function chosenMatch(work: Work): string | null | undefined {
  const { conflict } = work.claim;
  const choice = conflict?.status === 'resolved' ? conflict.resolution?.choices[MATCH] : undefined;
  if (!choice || !('value' in choice)) return undefined;
  return typeof choice.value === 'string' ? choice.value : null;
}

/**
 * Whether the record belongs to a pair. What is left of a pair whose record was removed is given up for another
 * one by nobody but a person.
 */
async function ownerOf(
  work: Work,
  side: SideName,
  record: SideRecord,
  isChosen = false,
): Promise<'free' | 'taken'> {
  const owners = await work.run.store.links.bySide(work.link.connectionId, work.entity.name, side, [
    record.id,
  ]);
  const owner = owners.get(record.id);
  if (!owner || owner.id === work.link.id) return 'free';
  const isOver = owner.base !== null && owner.base.state !== 'live';
  if (owner[other(side)].id !== null && !(isChosen && isOver)) return 'taken';
  work.absorb = owner.id;
  return 'free';
}

/**
 * Makes a record that was found this link's own. Where it is another pair's, that pair has our key: one too many
 * of two invoices with one number is for a person to tell.
 */
export async function takeOver(
  work: Work,
  side: SideName,
  record: SideRecord,
  isChosen = false,
): Promise<Adoption> {
  if ((await ownerOf(work, side, record, isChosen)) === 'taken') return hold(work, side, [record]);
  if (work.link[side].id !== null && work.link[side].id !== record.id) forgetPredecessor(work, side);
  noteRead(work, side, record);
  work.records[side] = record;
  work.action = 'linked';
  await weighLostCreate(work, side, record);
  if (work.absorb !== null) await weighInherited(work, other(side), work.absorb);
  return { kind: 'adopted' };
}

/** The link that goes may have tried to make the very record that this one has. */
async function weighInherited(work: Work, side: SideName, from: string): Promise<void> {
  const { run, link, entity } = work;
  const record = work.records[side];
  const open = await run.store.queue.openCreates(link.connectionId, entity.name, side);
  work.lostCreates[side].push(...open.filter((intent) => intent.linkId === from));
  if (record) await weighLostCreate(work, side, record);
}

/**
 * What a create whose answer was lost says of the record that is there: by its mark or its content it is what we
 * have made. Else it may have been changed since, or never have been ours: in doubt until both sides are in step.
 */
export async function weighLostCreate(work: Work, side: SideName, record: SideRecord): Promise<void> {
  const lost = work.lostCreates[side].at(-1);
  if (!lost || work.base) return;
  if (record.externalId === work.link.id || (await saysTheSame(work, side, record, lost.desired))) {
    noteLanded(work, lost);
    work.action = 'created';
    work.intents.set(lost.key, 'done');
  } else noteUncertain(work, side);
}

/** Another record takes the place of one that is gone: what was agreed on with that one says nothing of this one. */
function forgetPredecessor(work: Work, side: SideName): void {
  work.base = null;
  work.link.lines = withoutIds(work.link.lines, side);
}

/** Records with lines need our mark: lines of two records that merely look alike are not compared here. */
async function saysTheSame(
  work: Work,
  side: SideName,
  record: SideRecord,
  desired: Fields,
): Promise<boolean> {
  const { run, entity } = work;
  const capability = run.sides[side].capabilities.entities[entity.name];
  if (!capability || lineSpec(entity)) return false;
  const fields = await canonicalFields(run, entity, work.link, side, record);
  return !needsWrite(entity, fields, desired, capability, false);
}

function hold(
  work: Work,
  side: SideName,
  records: SideRecord[],
  reason: FieldConflict['reason'] = 'ambiguous_match',
): Adoption {
  const ids = records.map((record) => record.id);
  const mine = side === 'app' ? work.link.ledger.id : work.link.app.id;
  const conflict: FieldConflict = {
    path: MATCH,
    label: 'Matching Record',
    base: null,
    app: side === 'app' ? ids : mine,
    ledger: side === 'ledger' ? ids : mine,
    reason,
    candidates: records.map(({ id, fields }) => ({ id, title: shownTitle(work.entity, fields) ?? id })),
  };
  return { kind: 'hold', conflicts: [conflict] };
}
