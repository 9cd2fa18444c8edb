import { type SyncError, ValidationError } from '../errors';
import type { ErrorReport, Link, SideName, SideRecord } from '../ports';
import type { Fields } from '../schema/entity';
import { entityNamed } from '../schema/entities';
import { converge } from './converge';
import type { Outcome } from './outcome';
import { type MissingReference, referencesIn } from './references';
import { recordKey, type Prefetched } from './views';
import { AWAITED, AwaitsRecordError, AwaitsUnknownError, titleOf, type Work } from './work';

/** Before a held or failed record is looked at again for one that refers to it; settling it wakes that one at once. */
const HELD_DELAY_MS = 3_600_000;
/** Before a record that somebody else works on is looked at again. */
const BUSY_DELAY_MS = 1_000;

/**
 * Brings over what a record refers to, once: a customer the ledger does not know yet is created before its
 * invoice. Throws AwaitsRecordError when that record is busy, held or failing.
 */
export async function awaitDependencies(work: Work, missing: readonly MissingReference[]): Promise<void> {
  const done = new Set<string>();
  for (const reference of missing) {
    if (done.has(reference.linkId)) continue;
    done.add(reference.linkId);
    await bringOver(work, reference);
  }
}

/**
 * Whether a write that was refused is worth another try, as what it refers to goes by another id by now. What is
 * gone on that side, or made inactive, is brought in step first: it may be about to be made anew, or be held.
 */
export async function hasOtherReferences(
  work: Work,
  side: SideName,
  desired: Fields,
  sent: Fields,
  refusal: SyncError,
): Promise<boolean> {
  if (refusal.code !== 'validation' && refusal.code !== 'not_found') return false;
  const names = JSON.stringify(referencesIn(work.entity, sent));
  const isOther = async () => {
    const { fields } = await work.run.references.toSideAgain(work.entity, side, desired);
    return JSON.stringify(referencesIn(work.entity, fields)) !== names;
  };
  if (await isOther()) return true;
  const gone = await goneReferences(work, side, desired, sent);
  if (gone.length === 0) return false;
  await awaitDependencies(work, gone);
  return (await isOther()) || (await goneReferences(work, side, desired, sent)).length < gone.length;
}

/** What `sent` refers to and the side no longer has, or has no use for; one call for each entity. */
async function goneReferences(
  work: Work,
  side: SideName,
  desired: Fields,
  sent: Fields,
): Promise<MissingReference[]> {
  const there = referencesIn(work.entity, sent).map(({ reference }) => reference);
  const named = referencesIn(work.entity, desired);
  const gone: MissingReference[] = [];
  for (const [entity, references] of Map.groupBy(there.entries(), ([, { entity }]) => entity)) {
    const ids = [...new Set(references.map(([, { id }]) => id))];
    const found = await work.run.sides[side].readMany(entity, ids);
    for (const [index, { id }] of references) {
      const record = found.get(id);
      const { reference, path } = named[index] as (typeof named)[number];
      if (record?.state !== 'live' || record.fields['active'] === false)
        gone.push({ linkId: reference.id, entity, path });
    }
  }
  return gone;
}

async function bringOver(work: Work, reference: MissingReference): Promise<void> {
  const { run, link, chain } = work;
  const label = entityNamed(reference.entity).label.toLowerCase();
  const known = await readStranger(work, reference);
  const path = [...chain, link.id];
  if (path.includes(reference.linkId) || path.length > run.options.maxDepth) {
    throw new ValidationError(`${work.entity.label} refers back to itself through ${reference.path}`, {
      entity: work.entity.name,
      field: reference.path,
      nextStep: 'Break the circle of references at its source; the sync then tries again automatically.',
    });
  }
  const claim = await run.store.queue.claimLink(reference.linkId, {
    worker: run.worker,
    now: run.clock.now(),
    leaseMs: run.options.leaseMs,
  });
  if (!claim) {
    throw new AwaitsRecordError(
      reference.linkId,
      BUSY_DELAY_MS,
      `Waits for its ${label}, which is being worked on`,
    );
  }
  const outcome = await converge(run, claim, path, known);
  run.references.forget(reference.linkId);
  if (outcome.result === 'synced') {
    const now = await run.store.links.get(reference.linkId);
    // Gone means it was absorbed by the record it really is, which the next look finds.
    if (!now || (now.app.id !== null && now.ledger.id !== null)) return;
    throw new ValidationError(`${work.entity.label} refers to a ${label} that is no longer there`, {
      entity: work.entity.name,
      field: reference.path,
      nextStep: `Choose another ${label} on the record; the sync then tries again automatically.`,
    });
  }
  // What that record waits for is not here yet, and so will not be for long.
  if (outcome.error?.code === AWAITED) throw awaitsUnknown(work, reference, outcome.error.message);
  const why =
    outcome.result === 'conflict' ? 'is held for a decision' : (outcome.error?.message ?? 'is not settled');
  throw new AwaitsRecordError(
    reference.linkId,
    outcome.result === 'waiting' ? BUSY_DELAY_MS : HELD_DELAY_MS,
    `Waits for its ${label} ${outcome.title}: ${why}`,
    isFailing(outcome),
  );
}

/**
 * A record that nobody has met yet, read from the side that refers to it. One that is not there has not been sent
 * yet, say, and is waited for; of one that was there once, its link knows.
 */
async function readStranger(work: Work, reference: MissingReference): Promise<Prefetched | undefined> {
  const { run } = work;
  const stub = await run.store.links.get(reference.linkId);
  if (!stub || !isStranger(stub)) return undefined;
  const side: SideName = stub.app.id === null ? 'ledger' : 'app';
  const id = stub[side].id;
  if (id === null) return undefined;
  const record = await run.sides[side].read(reference.entity, id);
  const nobody = new Map<string, SideRecord>();
  if (record)
    return { app: nobody, ledger: nobody, [side]: new Map([[recordKey(reference.entity, id), record]]) };
  const sender =
    side === 'app'
      ? 'which the app has not sent yet'
      : `which ${run.sides.ledger.capabilities.label} does not show yet`;
  throw awaitsUnknown(
    work,
    reference,
    `${work.entity.label} ${titleOf(work)} refers to ${entityNamed(reference.entity).label.toLowerCase()} ${id}, ${sender}`,
  );
}

/** Known by name alone: neither side has ever shown it. */
const isStranger = ({ app, ledger, base, replacedBy }: Link): boolean =>
  base === null &&
  replacedBy === null &&
  app.version === null &&
  ledger.version === null &&
  (app.id === null || ledger.id === null);

/** How long a record is waited for before somebody has to look. */
const PATIENCE_MS = 7 * 24 * 3_600_000;

function awaitsUnknown(work: Work, { linkId, entity, path }: MissingReference, message: string): SyncError {
  const since = Math.min(...work.claim.events.map(({ receivedAt }) => receivedAt));
  if (work.run.clock.now() - since < PATIENCE_MS || work.claim.events.length === 0)
    return new AwaitsUnknownError(linkId, message);
  const label = entityNamed(entity).label.toLowerCase();
  return new ValidationError(message, {
    entity: work.entity.name,
    field: path,
    nextStep: `Send the ${label}, or choose another one on the record. It is tried again with the next change of the record, or with Event: Replay.`,
  });
}

/** What ends without anybody's doing, however long it takes, is no failure of the record. */
const isPassing = ({ code, scope }: ErrorReport) =>
  scope === 'connection' || code === 'busy' || code === 'lease_lost';

function isFailing({ result, error }: Outcome): boolean {
  if (result === 'failed') return true;
  return result === 'waiting' && error !== null && !isPassing(error);
}
