import type { FieldConflict, SideName, SideRecord } from '../ports';
import type { Fields } from '../schema/entity';
import { needsWrite, other } from './decide';
import { lineSpec } from './lines';
import { canonicalFields } from './views';
import { noteRead, type Work } from './work';

/** The pseudo field of the question "which record is this?". */
export const MATCH = '$match';

export type Adoption =
  | { kind: 'create' }
  | { kind: 'adopted' }
  | { kind: 'hold'; conflicts: FieldConflict[] };

/**
 * The look-up before every create: is the record there already, from a create of ours whose answer was lost
 * or from somebody who entered it by hand? One clear match is adopted, several are raised, none is created.
 * `sideFields` are in the side's ids.
 */
export async function adoptBeforeCreate(work: Work, side: SideName, sideFields: Fields): Promise<Adoption> {
  const { run, entity, link } = work;
  const choice = chosenMatch(work);
  if (choice === null) return { kind: 'create' };
  if (choice !== undefined) {
    const record = await run.sides[side].read(entity.name, choice);
    return record ? takeOver(work, side, record) : hold(work, side, []);
  }
  const match = await run.sides[side].find(entity.name, sideFields, link.id);
  if (match.kind === 'none') return { kind: 'create' };
  if (match.kind === 'ambiguous') return hold(work, side, match.records);
  const owner = await ownerOf(work, side, match.record);
  if (owner !== 'taken') return takeOver(work, side, match.record);
  // Somebody else's record has our key: by a unique key it would clash, by another one it is a namesake.
  return match.kind === 'same' || entity.naturalKey?.unique
    ? hold(work, side, [match.record])
    : { kind: 'create' };
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

async function takeOver(work: Work, side: SideName, record: SideRecord): Promise<Adoption> {
  if ((await ownerOf(work, side, record)) === 'taken') return hold(work, side, [record]);
  noteRead(work, side, record);
  work.records[side] = record;
  work.action = 'linked';
  const lost = work.lostCreates[side];
  if (lost) {
    if (record.externalId === work.link.id || (await saysTheSame(work, side, record, lost.desired))) {
      work.base = lost.agreed ?? work.base;
      work.action = 'created';
    }
    work.intents.set(lost.key, 'done');
  }
  return { kind: 'adopted' };
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

function hold(work: Work, side: SideName, records: SideRecord[]): Adoption {
  const ids = records.map((record) => record.id);
  const mine = side === 'app' ? work.link.ledger.id : work.link.app.id;
  const conflict: FieldConflict = {
    path: MATCH,
    label: 'Matching Record',
    base: null,
    app: side === 'app' ? ids : mine,
    ledger: side === 'ledger' ? ids : mine,
    reason: 'ambiguous_match',
  };
  return { kind: 'hold', conflicts: [conflict] };
}
