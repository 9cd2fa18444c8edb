import {
  DuplicateError,
  NotFoundError,
  PolicyChangedError,
  StaleVersionError,
  type SyncError,
  TransientError,
  toSyncError,
} from '../errors';
import type {
  Claim,
  Conflict,
  ConflictRecord,
  ConflictSide,
  FieldConflict,
  Intent,
  Resolution,
  SideName,
  SideRecord,
} from '../ports';
import type { Fields, FieldValue } from '../schema/entity';
import type { Run } from './context';
import { membersOf } from './compare';
import { decide, other, type Plan } from './decide';
import { seenAlready } from './echo';
import { settleFailure } from './failure';
import { lineLinks } from './lines';
import type { Outcome } from './outcome';
import { recoverIntents } from './recover';
import { canonicalReadings, readSide, type Prefetched, type Readings } from './views';
import {
  AwaitsRecordError,
  decisionsOf,
  forgetTimes,
  lostCreatesOf,
  noteRead,
  settleWork,
  startWork,
  titleOf,
  type Work,
} from './work';
import { noteAnswered } from './trouble';
import { carryOut } from './write';

/**
 * Brings one claimed record in step: read both sides, decide, write, settle. Always settles or releases the
 * claim, never throws for what a side or the data did; a store that fails is the caller's to handle.
 */
export async function converge(
  run: Run,
  claim: Claim,
  chain: readonly string[] = [],
  known?: Prefetched,
): Promise<Outcome> {
  const work = startWork(run, claim, chain, known);
  try {
    const outcome = (await settleEcho(work)) ?? (await convergeRecord(work));
    await noteAnswered(run, outcome);
    return outcome;
  } catch (error) {
    return settleFailure(work, toSyncError(error));
  }
}

/** Settles without a read when every event speaks of a state the link has already seen. */
async function settleEcho(work: Work): Promise<Outcome | null> {
  const { claim, link } = work;
  const { events, intents, conflict } = claim;
  if (events.length === 0 || intents.length > 0 || conflict || !link.base || !link.app.id || !link.ledger.id)
    return null;
  const sides = { app: link.app, ledger: link.ledger };
  for (const event of events) {
    const side =
      event.source === 'webhook' || event.source === 'poll' ? seenAlready(event, sides[event.side]) : null;
    if (!side) return null;
    sides[event.side] = side;
  }
  work.link = { ...link, ...sides };
  await settleWork(work, { kind: 'settled' }, { kind: 'echo' });
  return outcomeOf(work, 'synced', 'echo');
}

async function convergeRecord(work: Work): Promise<Outcome> {
  await readBoth(work, work.known);
  await recoverIntents(work);
  for (let round = 0; round < work.run.options.maxRounds; round++) {
    try {
      const outcome = await oneRound(work);
      if (outcome) return outcome;
    } catch (error) {
      const failure = toSyncError(error);
      if (round === work.run.options.maxRounds - 1) throw toSyncError(failure);
      if (failure instanceof PolicyChangedError) await readPolicy(work);
      else if (hasMoved(failure)) await lookAgain(work);
      else throw toSyncError(failure);
    }
  }
  throw new TransientError(`${work.entity.label} ${titleOf(work)} kept changing while it was being merged`, {
    entity: work.entity.name,
    nextStep: 'It is tried again automatically.',
  });
}

/**
 * What was read has proved old, and so may be what recovery made of it: as long as this attempt has written
 * nothing, earlier writes are judged anew.
 */
async function lookAgain(work: Work): Promise<void> {
  await readBoth(work);
  const judged = work.claim.intents.filter(
    ({ key, operation }) => operation !== 'create' && work.intents.get(key) !== 'done',
  );
  if (work.wrote.length > 0 || judged.length === 0) return;
  for (const { key } of judged) work.intents.delete(key);
  work.doubtful = [];
  await recoverIntents(work);
}

/** The record, or what its key belongs to, is no longer what was read. */
const hasMoved = (failure: SyncError): boolean =>
  failure instanceof StaleVersionError ||
  failure instanceof DuplicateError ||
  failure instanceof NotFoundError;

async function readBoth(work: Work, known?: Prefetched): Promise<void> {
  const [app, ledger] = await Promise.all([
    readSide(work.run, work.link, 'app', known),
    readSide(work.run, work.link, 'ledger', known),
  ]);
  for (const [side, record] of [['app', app] as const, ['ledger', ledger] as const]) {
    if (record) refuseOlder(work, side, record);
    if (record?.lastChange?.by) work.editors[side] = record.lastChange.by;
  }
  work.records = { app, ledger };
  if (app) noteRead(work, 'app', app);
  if (ledger) noteRead(work, 'ledger', ledger);
}

/** What a side shows of a moment long past would look like somebody's undoing of everything since. */
function refuseOlder(work: Work, side: SideName, record: SideRecord): void {
  const { link, entity, run } = work;
  const { capabilities } = run.sides[side];
  const { id, version } = link[side];
  if (capabilities.versions === 'opaque' || version === null || id !== record.id) return;
  if (!isOlder(record.version, version)) return;
  throw new TransientError(
    `${capabilities.label} shows ${entity.label.toLowerCase()} ${record.id} as it was before version ${version}`,
    { entity: entity.name, recordId: record.id, nextStep: 'It is read again automatically.' },
  );
}

/** Versions are numbers without leading zeros, or timestamps of one length. */
const isOlder = (a: string, b: string): boolean => (a.length === b.length ? a < b : a.length < b.length);

async function readPolicy({ run }: Work): Promise<void> {
  run.policy = await run.store.policies.load(run.connection.id);
}

/** One attempt; null when the plan has to be made anew. */
async function oneRound(work: Work): Promise<Outcome | null> {
  const { run, entity } = work;
  const elsewhere = await handOver(work);
  if (elsewhere) return elsewhere;
  const readings = await canonicalReadings(run, entity, work.link, work.base, work.records, work.doubtful);
  work.readings = readings;
  if (bothGone(readings)) return settleGone(work, null);
  const standing = standingRefusal(work);
  if (standing) return settleHold(work, standing);
  const resolution = currentResolution(work);
  const plan = decide({
    entity,
    connectionId: run.connection.id,
    base: work.base,
    app: readings.app.view,
    ledger: readings.ledger.view,
    capabilities: {
      app: capabilityOf(work, 'app'),
      ledger: capabilityOf(work, 'ledger'),
    },
    policy: run.policy,
    resolution,
    uncertain: work.uncertain,
    doubtful: doubtfulPaths(work, readings),
    open: openQuestions(work),
  });
  if (plan.kind === 'hold') return settleHold(work, stillOpen(work, plan.conflicts, resolution));
  if (plan.kind === 'gone') return settleGone(work, plan);
  work.decisions = plan.decisions;
  if (plan.kind === 'in_step') return settleInStep(work, readings, plan);
  const written = await carryOut(work, readings, plan);
  if (written.kind === 'again') return null;
  if (written.kind === 'hold') return settleHold(work, written.conflicts);
  return settleInStep(work, readings, { kind: 'in_step', agreed: written.agreed, decisions: plan.decisions });
}

/**
 * A ledger record that carries another link's mark is that link's create, seen before its answer was stored:
 * the other link takes it over, and with it this one's events.
 */
async function handOver(work: Work): Promise<Outcome | null> {
  const { run, link, claim, chain } = work;
  for (const side of ['ledger', 'app'] as const) {
    const owner = work.records[side]?.externalId;
    if (!owner || owner === link.id || work.base || chain.includes(owner)) continue;
    const ownerLink = await run.store.links.get(owner);
    if (!ownerLink || ownerLink.entity !== link.entity || ownerLink.connectionId !== link.connectionId)
      continue;
    const ownerClaim = await run.store.queue.claimLink(owner, {
      worker: run.worker,
      now: run.clock.now(),
      leaseMs: run.options.leaseMs,
    });
    if (!ownerClaim) throw new AwaitsRecordError(owner, 1_000, 'Waits for the write that made this record');
    // It has a record of its own there, and makes no other in its place: this one is a copy.
    if (ownerLink[side].id !== null && !isMaking(ownerClaim, side)) {
      await run.store.queue.release(ownerClaim);
      continue;
    }
    const outcome = await converge(run, ownerClaim, [...chain, link.id]);
    if (!(await run.store.links.get(claim.link.id))) return outcome;
    const ownerNow = await run.store.links.get(owner);
    const isOpen = ownerNow?.[side].id === null || isMaking(ownerClaim, side);
    if (!isOpen || outcome.result === 'synced') continue;
    // Its look-up does not show the record yet, say: until it does, this record is not brought over twice.
    const why = outcome.error?.message ?? 'it is not settled';
    const isFailing = outcome.result === 'failed';
    throw new AwaitsRecordError(owner, 1_000, `Waits for the write that made this record: ${why}`, isFailing);
  }
  return null;
}

const isMaking = (claim: Claim, side: SideName) =>
  claim.intents.some((intent) => intent.operation === 'create' && intent.side === side);

function capabilityOf(work: Work, side: SideName) {
  const capability = work.run.sides[side].capabilities.entities[work.entity.name];
  return (
    capability ?? {
      create: false,
      update: false,
      remove: [],
      unsupported: {},
      readOnly: {},
      lookup: 'none' as const,
      webhook: false,
      changeFeed: false,
    }
  );
}

const bothGone = (readings: Readings) =>
  (['app', 'ledger'] as const).every((side) => ['absent', 'deleted'].includes(readings[side].view.state));

/** What was raised with nothing agreed to compare with, and has not been decided on this state. */
function openQuestions(work: Work): ReadonlySet<string> {
  const { conflict } = work.claim;
  if (!conflict || currentResolution(work)) return NOTHING_OPEN;
  const open = conflict.fields.filter(
    ({ reason, base }) =>
      reason === 'no_base' ||
      reason === 'not_writable' ||
      // What is in doubt is asked anew for as long as it is.
      (base === undefined && reason !== 'uncertain_write'),
  );
  return new Set(open.map(({ path }) => path));
}

const NOTHING_OPEN: ReadonlySet<string> = new Set();

/** Fields of writes in doubt that the other side has left again: as long as it has not, any answer is newer. */
function doubtfulPaths({ doubtful }: Work, readings: Readings): ReadonlySet<string> {
  if (doubtful.length === 0) return NOTHING_OPEN;
  const paths = doubtful.flatMap((intent) => {
    const { side, desired } = intent;
    const partner = readings[other(side)].view.fields;
    return decisionsOf(intent)
      .map(({ path }) => path)
      .filter((path) => JSON.stringify(valueAt(partner, path)) !== JSON.stringify(valueAt(desired, path)));
  });
  return new Set(paths);
}

/** The field, or the member of a group, or the whole list that a path speaks of. */
function valueAt(fields: Fields, path: string): FieldValue {
  const [name = '', member] = path.replace(/\[.*$/, '').split('.');
  const value = fields[name];
  if (member === undefined || Array.isArray(value)) return value ?? null;
  return membersOf(value)[member] ?? null;
}

/** A person's decision counts only on the very state it was made on, with what was chosen on it before. */
function currentResolution(work: Work): Resolution | null {
  const { conflict } = work.claim;
  if (conflict?.status !== 'resolved' || !conflict.resolution) return null;
  if (!speaksOf(conflict, work)) return null;
  const before = conflict.fields.flatMap(({ path, chosen }) => (chosen ? [[path, chosen] as const] : []));
  return {
    ...conflict.resolution,
    choices: { ...Object.fromEntries(before), ...conflict.resolution.choices },
  };
}

/** What is still open, and what was chosen but cannot be carried out while something is. */
function stillOpen(work: Work, open: FieldConflict[], resolution: Resolution | null): FieldConflict[] {
  if (!resolution) return open.map((field) => withChoice(work, field));
  const asked = new Set(open.map(({ path }) => path));
  const kept = (work.claim.conflict?.fields ?? []).flatMap((field): FieldConflict[] => {
    const chosen = resolution.choices[field.path];
    return chosen && !asked.has(field.path) ? [{ ...field, chosen }] : [];
  });
  return [...kept, ...open];
}

/** A question that is shown anew on the very state of a choice keeps it. */
function withChoice(work: Work, field: FieldConflict): FieldConflict {
  const { conflict } = work.claim;
  const before = conflict && speaksOf(conflict, work) ? conflict.fields : [];
  const { chosen } = before.find(({ path }) => path === field.path) ?? {};
  return chosen ? { ...field, chosen } : field;
}

/**
 * A side did not take what it was sent, somebody has been asked, and nothing has moved since: it is not sent
 * again, or the echo of one attempt would start the next.
 */
function standingRefusal(work: Work): FieldConflict[] | null {
  const { conflict } = work.claim;
  if (conflict?.status !== 'open' || conflict.policyVersion !== work.run.policy.version) return null;
  const isStanding =
    speaksOf(conflict, work) && conflict.fields.every(({ reason }) => reason === 'not_writable');
  return isStanding ? conflict.fields : null;
}

const versionOf = (work: Work, side: SideName) => work.records[side]?.version ?? null;

const speaksOf = (conflict: Conflict, work: Work) =>
  conflict.appVersion === versionOf(work, 'app') && conflict.ledgerVersion === versionOf(work, 'ledger');

async function settleInStep(
  work: Work,
  readings: Readings,
  plan: Extract<Plan, { kind: 'in_step' }>,
): Promise<Outcome> {
  const { conflict } = work.claim;
  work.link.base = plan.agreed;
  if (plan.agreed.state === 'live') {
    work.link.lines = lineLinks(work.entity, plan.agreed.fields, {
      app: readings.app.lineIds,
      ledger: readings.ledger.lineIds,
    });
  }
  settleLost(work, work.doubtful);
  settleLost(work, lostCreatesOf(work));
  const close = conflict
    ? { kind: 'close' as const, reason: conflict.status === 'resolved' ? 'resolved' : 'both sides agree now' }
    : undefined;
  await settleWork(
    work,
    { kind: 'settled', compared: true },
    {
      kind: work.wrote.length > 0 ? 'synced' : 'in_step',
      ...(conflict?.resolution ? { detail: { resolution: conflict.resolution } } : {}),
      ...(close ? { conflict: close } : {}),
    },
  );
  return outcomeOf(work, 'synced', work.action ?? (work.claim.link.base ? 'in_step' : 'linked'));
}

async function settleHold(work: Work, fields: FieldConflict[]): Promise<Outcome> {
  const { conflict } = work.claim;
  const unchanged =
    conflict?.status === 'open' &&
    conflict.policyVersion === work.run.policy.version &&
    speaksOf(conflict, work) &&
    asksTheSame(conflict.fields, fields);
  const refused = conflict?.status === 'resolved' && !speaksOf(conflict, work);
  work.decisions = [];
  work.link.base = work.base;
  forgetTimes(work.link);
  // While a record is still missing, or in doubt, a create of it stays a question.
  if (isThere(work, 'app') && isThere(work, 'ledger') && !work.uncertain)
    settleLost(work, lostCreatesOf(work));
  await settleWork(
    work,
    { kind: 'held' },
    {
      kind: refused ? 'resolution_refused' : 'conflict',
      detail: { fields },
      ...(unchanged
        ? {}
        : {
            conflict: {
              kind: 'hold',
              fields,
              record: recordOf(work),
              title: titleOf(work),
              appVersion: versionOf(work, 'app'),
              ledgerVersion: versionOf(work, 'ledger'),
              policyVersion: work.run.policy.version,
            },
          }),
    },
  );
  return { ...outcomeOf(work, 'conflict', 'held'), conflictFields: fields };
}

/** What people see of the record that they are asked about. */
function recordOf({ base, readings, records }: Work): ConflictRecord {
  const side = (name: SideName): ConflictSide => ({
    state: readings?.[name].view.state ?? 'absent',
    fields: readings?.[name].view.fields ?? {},
    lastChange: records[name]?.lastChange ?? null,
  });
  return { base: base?.fields ?? null, app: side('app'), ledger: side('ledger') };
}

/** A record that a field refers to may go by another link meanwhile, although neither side has moved. */
const asksTheSame = (before: readonly FieldConflict[], now: readonly FieldConflict[]): boolean =>
  before.length === now.length &&
  before.every(({ path, app, ledger }) => {
    const same = now.find((field) => field.path === path);
    return JSON.stringify([app, ledger]) === JSON.stringify([same?.app, same?.ledger]);
  });

/** Nothing is left to keep in step: the link stays as the tombstone. */
async function settleGone(work: Work, plan: Extract<Plan, { kind: 'gone' }> | null): Promise<Outcome> {
  const base = plan?.agreed ?? work.base;
  work.link.base = base && plan?.agreed === undefined ? { ...base, state: 'deleted' } : base;
  settleLost(work, work.doubtful);
  settleLost(work, lostCreatesOf(work));
  await settleWork(
    work,
    { kind: 'settled', compared: true },
    {
      kind: 'gone',
      ...(work.claim.conflict ? { conflict: { kind: 'close', reason: 'the record is gone' } } : {}),
    },
  );
  return outcomeOf(work, 'synced', work.wrote.length > 0 ? 'removed' : 'none');
}

const isThere = ({ records }: Work, side: SideName): boolean =>
  records[side] !== null && records[side].state !== 'deleted';

/** Whatever became of these writes, what is settled now does not depend on it any more. */
function settleLost(work: Work, intents: readonly Intent[]): void {
  for (const intent of intents) {
    if (!work.intents.has(intent.key)) work.intents.set(intent.key, 'superseded');
  }
}

export function outcomeOf(work: Work, result: Outcome['result'], action: Outcome['action']): Outcome {
  return {
    connectionId: work.link.connectionId,
    linkId: work.link.id,
    entity: work.entity.name,
    title: titleOf(work),
    appId: work.link.app.id,
    ledgerId: work.link.ledger.id,
    result,
    action,
    wrote: work.wrote,
    changes: work.decisions,
    conflictFields: [],
    eventIds: work.claim.events.map((event) => event.id),
    error: null,
  };
}
