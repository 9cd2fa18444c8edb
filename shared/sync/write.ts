import {
  DuplicateError,
  NotFoundError,
  SyncError,
  TransientError,
  UnsupportedError,
  ValidationError,
  toSyncError,
} from '../errors';
import type { Base, FieldConflict, Intent, SideName, SideRecord } from '../ports';
import type { Fields, FieldSpec, FieldValue } from '../schema/entity';
import { commonGround, overlay, withoutDerived } from './agree';
import { adoptBeforeCreate, type Adoption } from './adopt';
import { appNeedsWrite, changesToWrite, other, type Plan, type PlannedWrite } from './decide';
import { intentKey } from './identity';
import { adoptLines, lineIdsOf, lineLinks, toLineIds, withoutIds } from './lines';
import { isRefusal, wasNotSent } from './refusal';
import { canonicalFields, type Readings } from './views';
import { noteCarriedOut, noteLanded, noteRead, noteWritten, titleOf, type Work } from './work';
import { awaitDependencies, hasOtherReferences } from './dependencies';

export type Written =
  | { kind: 'done'; agreed: Base }
  | { kind: 'again' }
  | Extract<Adoption, { kind: 'hold' }>;

/**
 * Carries out a plan: the ledger first, whose answer is the truth in what it computes and assigns, then the
 * app. Each write is stored as an intent before it is sent. `again`: something was learned (a record adopted,
 * a dependency created) and the plan must be made anew.
 */
export async function carryOut(
  work: Work,
  readings: Readings,
  plan: Extract<Plan, { kind: 'write' }>,
): Promise<Written> {
  let agreed = plan.agreed;
  const { ledger, app } = plan.writes;
  if (ledger) {
    const sent = await send(work, readings, 'ledger', ledger, agreed);
    if (sent.kind !== 'sent') return sent;
    agreed = sent.agreed;
  }
  const appWrite = app ? { ...app, desired: agreed.fields } : followUp(work, readings, agreed);
  if (appWrite) {
    const sent = await send(work, readings, 'app', appWrite, agreed);
    if (sent.kind !== 'sent') return sent;
    agreed = sent.agreed;
    const lost = notKept(work, readings, agreed);
    if (lost.length > 0) return { kind: 'hold', conflicts: lost };
  }
  return { kind: 'done', agreed };
}

/**
 * What the app answered other than it was sent, and so than the ledger has it. Neither is overwritten with the
 * other in silence, and nothing is sent again and again: somebody is asked.
 */
function notKept(work: Work, readings: Readings, agreed: Base): FieldConflict[] {
  const { entity, run } = work;
  const { ledger } = readings;
  const capability = run.sides.ledger.capabilities.entities[entity.name];
  if (agreed.state !== 'live' || ledger.view.state !== 'live' || !capability) return [];
  return changesToWrite(entity, ledger.view.fields, agreed.fields, capability, false).map(
    ({ path, spec, before, after }) => ({
      path,
      label: spec.label,
      base: null,
      app: after,
      ledger: before,
      reason: 'not_writable' as const,
    }),
  );
}

/** What the ledger answered may be news to the app: a number, a total, a due date. */
function followUp(work: Work, readings: Readings, agreed: Base): PlannedWrite | null {
  const capability = work.run.sides.app.capabilities.entities[work.entity.name];
  if (agreed.state !== 'live' || readings.app.view.state !== 'live' || !capability) return null;
  const base = work.base?.state === 'live' ? work.base.fields : null;
  if (!appNeedsWrite(work.entity, base, readings.app.view.fields, agreed.fields, capability)) return null;
  return { operation: 'update', desired: agreed.fields };
}

type Sent = { kind: 'sent'; agreed: Base } | Exclude<Written, { kind: 'done' }>;

async function send(
  work: Work,
  readings: Readings,
  side: SideName,
  write: PlannedWrite,
  agreed: Base,
): Promise<Sent> {
  const { run, entity, link } = work;
  const desired = supportedFields(work, side, write.desired);
  const { fields, missing } = await run.references.toSide(entity, side, desired);
  if (missing.length > 0) {
    await awaitDependencies(work, missing);
    return { kind: 'again' };
  }
  const sideFields = toLineIds(entity, fields, side, currentLines(work, readings, write.desired));
  const current = write.operation === 'create' ? null : readings[side].record;
  const intent = intentOf(work, readings, side, write, current, agreed);
  if (write.operation === 'create') {
    const adoption = await adoptBeforeCreate(work, side, sideFields, intent);
    if (adoption.kind === 'hold') return adoption;
    if (adoption.kind === 'adopted') return { kind: 'again' };
    settlePairFirst(work);
    // A record made anew names its lines anew, perhaps by the same numbers.
    link.lines = withoutIds(link.lines, side);
  }
  refuseRepetition(work, side, write, current, sideFields);
  // Unless recovery has found that it has not, an earlier attempt of this very write may have landed.
  const isInDoubt = work.claim.intents.some(({ key }) => key === intent.key) && !work.intents.has(intent.key);
  await run.store.queue.storeIntents(work.claim, [intent]);
  work.intents.delete(intent.key);
  const attempt = { side, write, current, intent, desired, fields, sideFields, isInDoubt };
  refuseWhenLate(work, attempt);
  const answer = await perform(work, attempt);
  noteWritten(work, side, answer);
  work.wrote.push(side);
  noteCarriedOut(work, side, work.decisions);
  work.action = actionOf(write, work.action);
  if (work.lostCreates[side].some((lost) => lost.key === intent.key)) return readAgain(work, side, intent);
  if (answer.state !== 'live') return { kind: 'sent', agreed };
  return { kind: 'sent', agreed: await learn(work, readings, side, answer, agreed) };
}

/** One write on its way. */
interface Attempt {
  side: SideName;
  write: PlannedWrite;
  current: SideRecord | null;
  intent: Intent;
  /** What the side can hold of what is wanted; canonical. */
  desired: Fields;
  /** The same in the side's references. */
  fields: Fields;
  /** And in its line ids: as it is sent. */
  sideFields: Fields;
  isInDoubt: boolean;
}

/** What a refused write comes to, once it is known whether the reason was what it refers to. */
async function refusalOf(
  work: Work,
  { side, write, desired, fields }: Attempt,
  failure: SyncError,
): Promise<SyncError> {
  const { entity } = work;
  if (await hasOtherReferences(work, side, desired, fields, failure)) {
    // Under a new key: the side may remember the old one with what it was sent.
    return new TransientError(`${entity.label} ${titleOf(work)} refers to what has another id by now`, {
      entity: entity.name,
      nextStep: 'It is tried again automatically.',
      cause: failure,
    });
  }
  // Of a record that is yet to be made nothing can have moved: looking again would not help.
  const isFinal = write.operation === 'create' && failure instanceof NotFoundError;
  return isFinal ? new ValidationError(failure.message, { ...failure.details, cause: failure }) : failure;
}

/** A repeated create may be answered as the first one was: the record has perhaps been changed or removed since. */
async function readAgain(work: Work, side: SideName, intent: Intent): Promise<Sent> {
  const { run, entity, link } = work;
  noteLanded(work, intent);
  const record = await run.sides[side].read(entity.name, link[side].id as string);
  work.records[side] = record;
  if (record) noteRead(work, side, record);
  return { kind: 'again' };
}

/**
 * Until a pair that was just found is stored, the other record's link may do the same with it: two may write one
 * update, but never make the record that is missing by now twice.
 */
function settlePairFirst(work: Work): void {
  if (work.absorb === null) return;
  throw new TransientError(
    `${work.entity.label} ${titleOf(work)} was just linked with a record that is gone`,
    {
      entity: work.entity.name,
      nextStep: 'It is looked at again automatically.',
    },
  );
}

/** What a side is asked for, whatever key it goes by. */
const requestOf = (
  side: SideName,
  write: PlannedWrite,
  current: SideRecord | null,
  sideFields: Fields,
): string =>
  JSON.stringify([side, write.operation, current?.id ?? null, current?.version ?? null, sideFields]);

/**
 * The side has refused this very request a moment ago, and the look at it since has shown nothing that would explain
 * it: it would be refused again. Where look-ups lag, there may be something to see a little later.
 */
function refuseRepetition(
  work: Work,
  side: SideName,
  write: PlannedWrite,
  current: SideRecord | null,
  sideFields: Fields,
): void {
  const refusal = work.refused.get(requestOf(side, write, current, sideFields));
  if (!refusal) return;
  const { lookupLagMs = 0 } = work.run.sides[side].capabilities;
  const isFirst = work.claim.events.every(({ attempts }) => attempts === 0);
  if (lookupLagMs > 0 && isFirst)
    throw new TransientError(refusal.message, {
      ...refusal.details,
      retryAfterMs: lookupLagMs,
      cause: refusal,
    });
  throw new SyncError(refusal.code, false, refusal.message, { ...refusal.details, cause: refusal });
}

/** This attempt has done nothing. What is known of an earlier one with the same key is another matter. */
function noteNothingDone(
  work: Work,
  { side, intent, isInDoubt }: Attempt,
  became: 'refused' | 'superseded',
): void {
  // Whoever knows the key would have answered it as before: what is refused now has not landed then either.
  const isKnown = became === 'refused' && work.run.sides[side].capabilities.idempotency !== null;
  if (!isInDoubt || isKnown) work.intents.set(intent.key, became);
}

/** Past half of the lease the answer may come when another worker has the record: then nothing is sent. */
function refuseWhenLate(work: Work, attempt: Attempt): void {
  const { run, claim, entity } = work;
  if (claim.leaseUntil - run.clock.now() >= run.options.leaseMs / 2) return;
  noteNothingDone(work, attempt, 'superseded');
  throw new TransientError(`Working on ${entity.label.toLowerCase()} ${titleOf(work)} has taken too long`, {
    entity: entity.name,
    nextStep: 'It is tried again automatically.',
  });
}

async function perform(work: Work, attempt: Attempt): Promise<SideRecord> {
  const { side, write, current, sideFields, intent } = attempt;
  const target = work.run.sides[side];
  const options = { key: intent.key, externalId: work.link.id };
  try {
    const answer = await request();
    work.intents.set(intent.key, 'done');
    return answer;
  } catch (error) {
    const failure = toSyncError(error);
    // What the side refused or never got has not landed; anything else may have, and stays for recovery.
    if (isRefusal(failure)) noteNothingDone(work, attempt, 'refused');
    if (failure instanceof DuplicateError || failure instanceof NotFoundError)
      work.refused.set(requestOf(side, write, current, sideFields), failure);
    else if (wasNotSent(failure)) noteNothingDone(work, attempt, 'superseded');
    throw await refusalOf(work, attempt, failure);
  }

  function request(): Promise<SideRecord> {
    if (write.operation === 'create') return target.create(work.entity.name, sideFields, options);
    if (!current) throw new ValidationError(`${work.entity.label} is gone on the ${side} side`);
    if (write.operation === 'update') return target.update(work.entity.name, current, sideFields, options);
    return target.remove(work.entity.name, current, write.operation, options);
  }
}

/** Takes the answer for the truth: line ids, and whatever the side changed in what we sent. */
async function learn(
  work: Work,
  readings: Readings,
  side: SideName,
  answer: SideRecord,
  agreed: Base,
): Promise<Base> {
  const { run, entity } = work;
  const keyed = await canonicalFields(run, entity, work.link, side, answer);
  const fields = adoptLines(entity, agreed.fields, keyed, 'place');
  readings[side] = {
    record: answer,
    view: { state: answer.state, fields },
    lineIds: lineIdsOf(entity, answer.fields, fields),
  };
  // What the ledger computes is known from the ledger, whatever the app makes of it.
  const said = side === 'app' ? withoutDerived(entity, fields) : fields;
  const truth = { ...agreed, fields: overlay(entity, agreed.fields, said) };
  // Should the other side's write fail, this much is settled already.
  const partner = readings[other(side)].view;
  if (partner.state === 'live')
    work.base = { ...truth, fields: settledBy(work, side, fields, partner.fields) };
  const lines = currentLines(work, readings, truth.fields);
  const settled = new Set(lines.map(({ key }) => key));
  // Lines that go, and that the other side still has, are known by their names until they are gone there too.
  const going = currentLines(work, readings, work.base?.fields ?? {}).filter(({ key }) => !settled.has(key));
  work.link.lines = [...lines, ...going];
  return truth;
}

/**
 * The base once a write has landed on one side only. The ledger goes first, and whatever the app said was
 * weighed in what the ledger got: from what the app says now, all that differs is news for the app, so that a
 * decision taken once is not asked again. After the app's write only what both sides say is common.
 */
function settledBy(work: Work, side: SideName, written: Fields, partner: Fields): Fields {
  const base = work.base?.fields ?? null;
  return side === 'ledger'
    ? overlay(work.entity, base ?? {}, partner)
    : commonGround(work.entity, base, written, partner);
}

function intentOf(
  work: Work,
  readings: Readings,
  side: SideName,
  write: PlannedWrite,
  current: SideRecord | null,
  agreed: Base,
): Intent {
  const { run, entity, link, base } = work;
  const partner = readings[other(side)].view;
  const landed =
    write.operation === 'update' && partner.state === 'live'
      ? settledBy(work, side, write.desired, partner.fields)
      : agreed.fields;
  const intent: Omit<Intent, 'key'> = {
    connectionId: link.connectionId,
    linkId: link.id,
    side,
    operation: write.operation,
    recordId: current?.id ?? null,
    expectedVersion: current?.version ?? null,
    desired: write.desired,
    agreed: { ...agreed, fields: landed },
    decisions: work.decisions,
    policyVersion: run.policy.version,
    storedAt: run.clock.now(),
  };
  return {
    key: intentKey(
      intent,
      entity,
      base?.fields ?? null,
      write.desired,
      work.claim.refusals,
      write.operation === 'create' ? takesPlaceOf(work, side) : null,
    ),
    ...intent,
  };
}

/** What a create replaces, and who asked for it once more: then it is a write of its own. */
function takesPlaceOf({ link, claim }: Work, side: SideName): string | null {
  const asked = claim.conflict?.status === 'resolved' ? claim.conflict.id : null;
  return asked === null ? link[side].id : `${link[side].id ?? ''}/${asked}`;
}

/** Lines as both sides name them right now, before the link has been stored. */
const currentLines = (work: Work, readings: Readings, desired: Fields) =>
  lineLinks(work.entity, desired, { app: readings.app.lineIds, ledger: readings.ledger.lineIds });

function supportedFields(work: Work, side: SideName, desired: Fields): Fields {
  const capability = work.run.sides[side].capabilities.entities[work.entity.name];
  if (!capability) {
    throw new UnsupportedError(
      `${work.run.sides[side].capabilities.label} has no ${work.entity.plural.toLowerCase()}`,
      {
        entity: work.entity.name,
        nextStep: 'Leave this entity out of the connection.',
      },
    );
  }
  return without(work.entity.fields, desired, capability.unsupported);
}

/** Without the fields, and the members of groups and lines, that a side cannot hold. */
function without(
  specs: readonly FieldSpec[],
  fields: Fields,
  unsupported: Readonly<Record<string, string>>,
): Fields {
  const result: Fields = { ...fields };
  for (const spec of specs) {
    const value = fields[spec.name];
    if (unsupported[spec.path] !== undefined) delete result[spec.name];
    else if (spec.members.some((member) => unsupported[member.path] !== undefined)) {
      const inner = (each: FieldValue) => without(spec.members, each as Fields, unsupported);
      if (Array.isArray(value)) result[spec.name] = value.map(inner);
      else if (value) result[spec.name] = inner(value);
    }
  }
  return result;
}

function actionOf(write: PlannedWrite, before: Work['action']): Work['action'] {
  if (write.operation === 'create') return 'created';
  if (write.operation === 'update') return before ?? 'updated';
  return 'removed';
}
