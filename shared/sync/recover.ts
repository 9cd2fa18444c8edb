import { toSyncError, TransientError } from '../errors';
import type { Intent, SideName, SideRecord } from '../ports';
import { asFarAsLanded, withoutDerived } from './agree';
import { takeOver, weighLostCreate } from './adopt';
import { needsWrite, other } from './decide';
import { canonicalFields, settledLines } from './views';
import { isRefusal } from './refusal';
import { decisionsOf, noteCarriedOut, noteLanded, noteUncertain, type Work } from './work';
import { adoptLines, toLineIds } from './lines';

/**
 * Settles the writes whose answer an earlier worker never got, before anything new is decided. An update
 * either did not land (the version has not moved), landed (the record says what we wanted, or the provider
 * replays its first answer to our key), or cannot be told: then the work goes on with `uncertain` set, and a
 * person is asked where it matters. Creates are found again by the mark they left: whatever is decided next has
 * to know of that record, even if it is that nothing shall be created any more.
 */
export async function recoverIntents(work: Work): Promise<void> {
  let latest = -Infinity;
  for (const side of ['ledger', 'app'] as const) {
    if (work.lostCreates[side].length > 0) await findLostCreate(work, side);
    // The ledger is written first, so what an app write agreed on is the later word.
    for (const intent of work.claim.intents) {
      if (intent.side !== side || intent.operation === 'create') continue;
      const fate = await fateOf(work, intent);
      if (fate === 'unknown') {
        noteUncertain(work, side);
        work.doubtful.push(intent);
        if (intent.operation === 'update') await noteAsFarAsLanded(work, intent);
        if (side === 'app') forgetDerived(work);
        continue;
      }
      work.intents.set(intent.key, fate === 'landed' ? 'done' : 'superseded');
      if (fate !== 'landed') continue;
      // What it agreed on speaks of a record that nobody has found yet.
      const isMissing = work.lostCreates[other(side)].some(({ key }) => !work.intents.has(key));
      const sentAt = intent.renewedAt ?? intent.storedAt;
      if (isMissing || sentAt < latest) noteCarriedOut(work, side, decisionsOf(intent));
      else noteLanded(work, intent);
      latest = Math.max(latest, sentAt);
      if (side === 'app') forgetDerived(work);
    }
  }
}

async function findLostCreate(work: Work, side: SideName): Promise<void> {
  const record = work.records[side];
  if (record && record.state !== 'deleted') return weighLostCreate(work, side, record);
  const newest = work.lostCreates[side].at(-1) as Intent;
  const { run, entity, link } = work;
  const { fields } = await run.references.toSide(entity, side, newest.desired);
  const match = await run.sides[side].find(entity.name, fields, link.id);
  if (match.kind === 'same') await takeOver(work, side, match.record);
  else waitUntilFindable(work, side, newest);
}

/** Look-ups that lag say nothing of a create just sent; it was sent within half a lease of being stored. */
function waitUntilFindable(work: Work, side: SideName, lost: Intent): void {
  const { run, entity } = work;
  const { lookupLagMs = 0, label } = run.sides[side].capabilities;
  const findableAt = (lost.renewedAt ?? lost.storedAt) + run.options.leaseMs / 2 + lookupLagMs;
  const retryAfterMs = findableAt - run.clock.now();
  if (lookupLagMs === 0 || retryAfterMs <= 0) return;
  throw new TransientError(`${label} may have made this ${entity.label.toLowerCase()} and not show it yet`, {
    entity: entity.name,
    retryAfterMs,
    nextStep: 'It is looked up again automatically.',
  });
}

/** Whether the app was told what the ledger computes shows in none of what it says itself: it is told again. */
function forgetDerived(work: Work): void {
  const { base, entity } = work;
  if (base) work.base = { ...base, fields: withoutDerived(entity, base.fields) };
}

async function fateOf(work: Work, intent: Intent): Promise<'landed' | 'not_landed' | 'unknown'> {
  const record = work.records[intent.side];
  if (intent.operation !== 'update') {
    if (hasRemoved(intent, record)) return 'landed';
    // Somebody has touched it since: it may have been gone and be back.
    return record?.version === intent.expectedVersion ? 'not_landed' : 'unknown';
  }
  if (!record || record.state !== 'live') return 'unknown';
  if (record.version === intent.expectedVersion) return 'not_landed';
  if (await saysWhatWeWanted(work, intent, record)) return 'landed';
  return askProvider(work, intent, record);
}

function hasRemoved(intent: Intent, record: SideRecord | null): boolean {
  if (!record || record.state === 'deleted') return true;
  if (intent.operation === 'void') return record.state === 'voided';
  return intent.operation === 'archive' && record.fields['active'] === false;
}

/** Field by field, the record may well show what has landed. */
async function noteAsFarAsLanded(work: Work, intent: Intent): Promise<void> {
  const { run, entity, link, base } = work;
  const record = work.records[intent.side];
  if (!base || base.state !== 'live' || !intent.agreed || record?.state !== 'live') return;
  const keyed = await canonicalFields(run, entity, link, intent.side, record);
  const settled = settledLines(run, link, intent.side, base);
  const said = adoptLines(entity, intent.desired, keyed, 'content', settled);
  const fields = asFarAsLanded(entity, base.fields, intent.agreed.fields, intent.desired, said);
  work.base = { ...base, fields };
}

async function saysWhatWeWanted(work: Work, intent: Intent, record: SideRecord): Promise<boolean> {
  const { run, entity, link, base } = work;
  const keyed = await canonicalFields(run, entity, link, intent.side, record);
  // Lines that the write has made have ids that nobody has seen yet.
  const fields = adoptLines(
    entity,
    intent.desired,
    keyed,
    'place',
    settledLines(run, link, intent.side, base),
  );
  const capability = run.sides[intent.side].capabilities.entities[entity.name];
  return capability !== undefined && !needsWrite(entity, fields, intent.desired, capability, false);
}

/** The same request with the same key: the provider either replays its answer or refuses the old version. */
async function askProvider(
  work: Work,
  intent: Intent,
  record: SideRecord,
): Promise<'landed' | 'not_landed' | 'unknown'> {
  const { run, entity, link } = work;
  const side = run.sides[intent.side];
  const window = side.capabilities.idempotency;
  const age = run.clock.now() - intent.storedAt;
  if (!window || !side.capabilities.lock || intent.expectedVersion === null || age >= window.ttlMs)
    return 'unknown';
  const { fields } = await run.references.toSide(entity, intent.side, intent.desired);
  const sent = toLineIds(entity, fields, intent.side, link.lines);
  try {
    await side.update(entity.name, { ...record, version: intent.expectedVersion }, sent, {
      key: intent.key,
      externalId: link.id,
    });
    return 'landed';
  } catch (error) {
    const failure = toSyncError(error);
    // Refused now means that it was not taken then: a key that has done its work is answered, not judged.
    if (isRefusal(failure)) return 'not_landed';
    throw toSyncError(failure);
  }
}
