import { LeaseLostError } from '../errors';
import type { FieldConflict, Intent, SideName, SideRecord } from '../ports';
import type { Fields } from '../schema/entity';
import { sameValue } from './compare';
import { converge } from './converge';
import { needsWrite, other } from './decide';
import { lineSpec, withoutIds } from './lines';
import { canonicalFields } from './views';
import { AwaitsRecordError, noteLanded, noteRead, type Work } from './work';

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
  if (choice !== undefined) {
    const record = await run.sides[side].read(entity.name, choice);
    return record ? takeOver(work, side, record) : hold(work, side, []);
  }
  const match = await run.sides[side].find(entity.name, sideFields, link.id);
  if (match.kind === 'none') return createOrAsk(work, side, intent);
  if (match.kind === 'ambiguous') return hold(work, side, match.records);
  await leaveToItsMaker(work, side, match.record);
  const owner = await ownerOf(work, side, match.record);
  if (owner !== 'taken') return takeOver(work, side, match.record);
  // Somebody else's record has our key: by a unique key it would clash, by another one it is a namesake.
  return match.kind === 'same' || entity.naturalKey?.unique
    ? hold(work, side, [match.record])
    : createOrAsk(work, side, intent);
}

/**
 * Nothing was found. Where a create of ours may have landed and the look-up would not have found it, somebody
 * has to look: it is never repeated on a guess.
 */
function createOrAsk(work: Work, side: SideName, intent: Intent): Adoption {
  const decidedAt = work.claim.conflict?.resolution?.at ?? -Infinity;
  const doubtful = work.lostCreates[side].filter(
    (lost) => chosenMatch(work) !== null || lost.storedAt > decidedAt,
  );
  return doubtful.every((lost) => wouldBeKnown(work, side, lost, intent))
    ? { kind: 'create' }
    : hold(work, side, [], 'uncertain_write');
}

/** Whether the look-up, or the provider by its key, would have known the record that this create made. */
function wouldBeKnown(work: Work, side: SideName, lost: Intent, intent: Intent): boolean {
  const { run, entity } = work;
  const { capabilities } = run.sides[side];
  const lookup = capabilities.entities[entity.name]?.lookup;
  if (lookup === 'external_id') return true;
  const window = capabilities.idempotency;
  if (window && lost.key === intent.key && run.clock.now() - lost.storedAt < window.ttlMs) return true;
  const key = entity.naturalKey;
  return (
    lookup === 'unique_key' &&
    key !== null &&
    typeof intent.desired[key.fields[0] as string] === 'string' &&
    key.fields.every((name) => sameValue(lost.desired[name] ?? null, intent.desired[name] ?? null))
  );
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
  if (!owner || owner.id === link.id || owner[other(side)].id !== null || work.chain.includes(owner.id))
    return;
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

/** What a person chose: the id to link with, null for "make a new one", undefined when nobody was asked. */
function chosenMatch(work: Work): string | null | undefined {
  const { conflict } = work.claim;
  const choice = conflict?.status === 'resolved' ? conflict.resolution?.choices[MATCH] : undefined;
  if (!choice || !('value' in choice)) return undefined;
  return typeof choice.value === 'string' ? choice.value : null;
}

async function ownerOf(work: Work, side: SideName, record: SideRecord): Promise<'free' | 'taken'> {
  const owners = await work.run.store.links.bySide(work.link.connectionId, work.entity.name, side, [
    record.id,
  ]);
  const owner = owners.get(record.id);
  if (!owner || owner.id === work.link.id) return 'free';
  if (owner[other(side)].id !== null) return 'taken';
  work.absorb = owner.id;
  return 'free';
}

/** Makes a record that was found this link's own. */
export async function takeOver(work: Work, side: SideName, record: SideRecord): Promise<Adoption> {
  if ((await ownerOf(work, side, record)) === 'taken') return hold(work, side, [record]);
  if (work.link[side].id !== null && work.link[side].id !== record.id) forgetPredecessor(work, side);
  noteRead(work, side, record);
  work.records[side] = record;
  work.action = 'linked';
  const lost = work.lostCreates[side].at(-1);
  if (lost) {
    if (record.externalId === work.link.id || (await saysTheSame(work, side, record, lost.desired))) {
      noteLanded(work, lost);
      work.action = 'created';
    }
    work.intents.set(lost.key, 'done');
  }
  return { kind: 'adopted' };
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
  };
  return { kind: 'hold', conflicts: [conflict] };
}
