import { UnsupportedError, ValidationError, toSyncError } from '../errors';
import type { Base, Intent, SideName, SideRecord } from '../ports';
import type { Fields } from '../schema/entity';
import { commonGround, overlay } from './agree';
import { adoptBeforeCreate, type Adoption } from './adopt';
import { needsWrite, type Plan, type PlannedWrite } from './decide';
import { intentKey } from './identity';
import { adoptLines, lineIdsOf, lineLinks, toLineIds } from './lines';
import { canonicalFields, type Readings } from './views';
import { noteWritten, type Work } from './work';
import { awaitDependencies } from './dependencies';

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
  }
  return { kind: 'done', agreed };
}

/** What the ledger answered may be news to the app: a number, a total, a due date. */
function followUp(work: Work, readings: Readings, agreed: Base): PlannedWrite | null {
  const capability = work.run.sides.app.capabilities.entities[work.entity.name];
  if (agreed.state !== 'live' || readings.app.view.state !== 'live' || !capability) return null;
  if (!needsWrite(work.entity, readings.app.view.fields, agreed.fields, capability, true)) return null;
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
  if (write.operation === 'create') {
    const adoption = await adoptBeforeCreate(work, side, sideFields);
    if (adoption.kind === 'hold') return adoption;
    if (adoption.kind === 'adopted') return { kind: 'again' };
  }
  const current = write.operation === 'create' ? null : readings[side].record;
  const intent = intentOf(work, readings, side, write, current, agreed);
  await run.store.queue.storeIntents(work.claim, [intent]);
  const answer = await perform(work, side, write, current, sideFields, intent);
  noteWritten(work, side, answer);
  work.wrote.push(side);
  work.action = actionOf(write, work.action);
  if (answer.state !== 'live') return { kind: 'sent', agreed };
  return { kind: 'sent', agreed: await learn(work, readings, side, answer, agreed, link.base === null) };
}

async function perform(
  work: Work,
  side: SideName,
  write: PlannedWrite,
  current: SideRecord | null,
  fields: Fields,
  intent: Intent,
): Promise<SideRecord> {
  const target = work.run.sides[side];
  const options = { key: intent.key, externalId: work.link.id };
  work.inFlight = intent;
  try {
    const answer = await request();
    work.intents.set(intent.key, 'done');
    work.inFlight = null;
    return answer;
  } catch (error) {
    const failure = toSyncError(error);
    // What the side refused has not landed; anything else may have, and stays for recovery.
    const refused = [
      'stale_version',
      'duplicate',
      'validation',
      'not_found',
      'unsupported',
      'mapping',
      'auth',
      'rate_limit',
      'budget',
    ];
    if (refused.includes(failure.code)) {
      work.intents.set(intent.key, 'refused');
      work.inFlight = null;
    }
    throw toSyncError(failure);
  }

  function request(): Promise<SideRecord> {
    if (write.operation === 'create') return target.create(work.entity.name, fields, options);
    if (!current) throw new ValidationError(`${work.entity.label} is gone on the ${side} side`);
    if (write.operation === 'update') return target.update(work.entity.name, current, fields, options);
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
  isFirst: boolean,
): Promise<Base> {
  const { run, entity } = work;
  const keyed = await canonicalFields(run, entity, work.link, side, answer);
  const fields = adoptLines(entity, agreed.fields, keyed, { byPosition: true });
  readings[side] = {
    record: answer,
    view: { state: answer.state, fields },
    lineIds: lineIdsOf(entity, answer.fields, fields),
  };
  const truth = { ...agreed, fields: overlay(entity, agreed.fields, fields) };
  // Should the other side's write fail, this much is common already.
  const partner = readings[side === 'app' ? 'ledger' : 'app'].view;
  if (partner.state === 'live') {
    const [app, ledger] = side === 'app' ? [fields, partner.fields] : [partner.fields, fields];
    work.base = {
      ...truth,
      fields: commonGround(entity, isFirst ? null : (work.base?.fields ?? null), app, ledger),
    };
  }
  work.link.lines = lineLinks(entity, truth.fields, {
    app: readings.app.lineIds,
    ledger: readings.ledger.lineIds,
  });
  return truth;
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
  const partner = readings[side === 'app' ? 'ledger' : 'app'].view;
  const landed =
    write.operation === 'update' && partner.state === 'live'
      ? commonGround(
          entity,
          base?.fields ?? null,
          side === 'app' ? write.desired : partner.fields,
          side === 'app' ? partner.fields : write.desired,
        )
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
    policyVersion: run.policy.version,
    storedAt: run.clock.now(),
  };
  return {
    key: intentKey(intent, entity, base?.fields ?? null, write.desired, work.claim.refusals),
    ...intent,
  };
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
  return Object.fromEntries(
    Object.entries(desired).filter(([name]) => capability.unsupported[name] === undefined),
  );
}

function actionOf(write: PlannedWrite, before: Work['action']): Work['action'] {
  if (write.operation === 'create') return 'created';
  if (write.operation === 'update') return before ?? 'updated';
  return 'removed';
}
