import type { Base, Claim, EventOutcome, Intent, Link, Settlement, SideName, SideRecord } from '../ports';
import { shownTitle, type EntityDefinition, type Fields } from '../schema/entity';
import { entityNamed } from '../schema/entities';
import { onOneLine } from '../schema/text';
import { BusyError, StaleVersionError, SyncError, toSyncError, TransientError } from '../errors';
import type { Run } from './context';
import type { FieldDecision } from './merge/rules';
import { currentBase, type Prefetched, type Readings } from './views';

/** One claimed record while it is being worked on: what is known so far, and what the settlement will say. */
export interface Work {
  readonly run: Run;
  readonly claim: Claim;
  readonly entity: EntityDefinition;
  /** Links that wait for this one, outermost first. */
  readonly chain: readonly string[];
  readonly known: Prefetched | undefined;
  /** As it will be stored. */
  link: Link;
  base: Base | null;
  records: Record<SideName, SideRecord | null>;
  readings: Readings | null;
  /** Where a lost write of ours may have landed and been changed again. */
  uncertain: SideName | 'both' | null;
  /** Its writes; as long as nothing is decided they stay a question. */
  doubtful: Intent[];
  /** Unsettled creates of earlier attempts, oldest first. */
  lostCreates: Record<SideName, Intent[]>;
  intents: Map<string, Settlement['intents'][number]['outcome']>;
  absorb: string | null;
  decisions: FieldDecision[];
  /** Those whose writes have landed, in this attempt or an earlier one. Writes share them; each counts once. */
  carriedOut: FieldDecision[];
  wrote: SideName[];
  /** Who has changed what was read, where a side tells. */
  editors: Partial<Record<SideName, string>>;
  /** Requests that a side has refused, and what it said. */
  refused: Map<string, SyncError>;
  action: 'linked' | 'created' | 'updated' | 'removed' | null;
}

export function startWork(run: Run, claim: Claim, chain: readonly string[], known?: Prefetched): Work {
  const entity = entityNamed(claim.link.entity);
  const lostCreates: Work['lostCreates'] = { app: [], ledger: [] };
  for (const intent of claim.intents)
    if (intent.operation === 'create') lostCreates[intent.side].push(intent);
  return {
    run,
    claim,
    entity,
    chain,
    known,
    link: structuredCopy(claim.link),
    base: currentBase(entity, claim.link.base),
    records: { app: null, ledger: null },
    readings: null,
    uncertain: null,
    doubtful: [],
    lostCreates,
    intents: new Map(),
    absorb: null,
    decisions: [],
    carriedOut: [],
    wrote: [],
    editors: {},
    refused: new Map(),
    action: null,
  };
}

const structuredCopy = (link: Link): Link => ({ ...link, app: { ...link.app }, ledger: { ...link.ledger } });

/** Puts what was read into the link: its version was current at `asOf`. */
export function noteRead(work: Work, side: SideName, record: SideRecord): void {
  work.link[side] = { id: record.id, version: record.version, asOf: record.asOf ?? null, echo: null };
}

/** What became of a write on that side cannot be told. */
export function noteUncertain(work: Work, side: SideName): void {
  work.uncertain = work.uncertain === null || work.uncertain === side ? side : 'both';
}

/** An earlier write of ours has landed: what it agreed on is the base. */
export function noteLanded(work: Work, intent: Intent): void {
  work.base = intent.agreed ?? work.base;
  noteCarriedOut(work, intent.side, decisionsOf(intent));
}

/** What a write was decided by. The store keeps it as it comes and does not look into it. */
export const decisionsOf = ({ decisions = [] }: Intent): readonly FieldDecision[] =>
  decisions as readonly FieldDecision[];

/**
 * What a write was decided by holds from when it has landed, whatever becomes of the plan it was part of. What the
 * ledger's people did is carried out where the app is written, which is last.
 */
export function noteCarriedOut(work: Work, side: SideName, decisions: readonly FieldDecision[]): void {
  const done = decisions.filter(({ by, from }) => side === 'app' || by !== 'edit' || from !== 'ledger');
  work.carriedOut = distinct([...work.carriedOut, ...done]);
}

const distinct = (decisions: readonly FieldDecision[]): FieldDecision[] => [
  ...new Map(decisions.map((decision) => [JSON.stringify(decision), decision])).values(),
];

/** Puts what our write answered into the link; its echo will come. */
export function noteWritten(work: Work, side: SideName, record: SideRecord): void {
  const afterAsOf = work.records[side]?.asOf ?? work.link[side].asOf;
  work.link[side] = {
    id: record.id,
    version: record.version,
    asOf: record.asOf ?? null,
    echo: { afterAsOf, seenAt: null },
  };
  work.records[side] = record;
}

/** Creates of both sides whose answer never came. */
export const lostCreatesOf = ({ lostCreates: { app, ledger } }: Work): Intent[] => [...app, ...ledger];

/**
 * What was read but did not become the base has not been dealt with: no event about it may be taken for an
 * echo later.
 */
export function forgetTimes(link: Link): void {
  for (const side of ['app', 'ledger'] as const) link[side] = { ...link[side], asOf: null, echo: null };
}

/** The record's number or name, from whichever side has one. */
export function titleOf(work: Work): string {
  const sources: (Fields | undefined)[] = [
    work.readings?.ledger.view.fields,
    work.readings?.app.view.fields,
    work.base?.fields,
  ];
  for (const fields of sources) {
    const shown = shownTitle(work.entity, fields ?? {});
    if (shown !== null) return shown;
  }
  return onOneLine(work.link.ledger.id ?? work.link.app.id ?? work.link.id);
}

/** Thrown when a record that was to be taken over has found another partner meanwhile: all is to be decided anew. */
export class PairTakenError extends TransientError {}

/** How a wait for a record that nobody has met yet is told from all others, by whoever waits for the one that waits. */
export const AWAITED = 'awaited';

/** Thrown when a record refers to one that its side has not shown yet. */
export class AwaitsUnknownError extends SyncError {
  constructor(
    readonly onLinkId: string,
    message: string,
  ) {
    super(AWAITED, true, message, { nextStep: 'It continues automatically when that record arrives.' });
  }
}

/** Thrown when another record has to be dealt with first. */
export class AwaitsRecordError extends BusyError {
  constructor(
    readonly onLinkId: string,
    /** How long until it is worth another look if nobody wakes the event. */
    readonly delayMs: number,
    message: string,
    /** That record fails: every look at it is an attempt, and attempts are bounded. */
    readonly isFailing = false,
  ) {
    super(message, { nextStep: 'It continues automatically when that record is settled.' });
  }
}

/** Of the sides whose values were taken. */
function editorsOf({ editors }: Work, decisions: readonly FieldDecision[]): Record<string, unknown> {
  const told = Object.entries(editors).filter(([side]) => decisions.some(({ from }) => from === side));
  return told.length === 0 ? {} : { changedBy: Object.fromEntries(told) };
}

/** Settles the claim with all that the work has gathered. */
export async function settleWork(
  work: Work,
  outcome: EventOutcome,
  extra: { kind: string; detail?: Record<string, unknown>; conflict?: Settlement['conflict'] },
): Promise<void> {
  const { run, claim, link } = work;
  const before = claim.link;
  const changed = (['app', 'ledger', 'base', 'lines'] as const).filter(
    (part) => link[part] !== before[part] && JSON.stringify(link[part]) !== JSON.stringify(before[part]),
  );
  const decisions = distinct([...work.carriedOut, ...work.decisions]);
  const inDoubt = [...work.doubtful, ...lostCreatesOf(work)].filter(
    ({ key }) => work.intents.get(key) !== 'done',
  );
  const maybe = inDoubt.flatMap(decisionsOf);
  const settlement: Settlement = {
    now: run.clock.now(),
    intents: [...work.intents].map(([key, result]) => ({ key, outcome: result })),
    audit: [
      {
        kind: extra.kind,
        linkId: link.id,
        detail: {
          entity: work.entity.name,
          policyVersion: run.policy.version,
          events: claim.events.map((event) => event.id),
          ...(changed.length > 0
            ? { link: Object.fromEntries(changed.map((part) => [part, link[part]])) }
            : {}),
          ...(work.absorb === null ? {} : { absorbed: work.absorb }),
          ...(decisions.length === 0 ? {} : { decisions }),
          ...(maybe.length === 0 ? {} : { maybeDecided: maybe }),
          ...(work.wrote.length === 0 ? {} : { wrote: work.wrote }),
          ...editorsOf(work, decisions),
          ...(run.origin === undefined ? {} : { origin: run.origin }),
          ...extra.detail,
        },
      },
    ],
    outcome,
    ...(changed.length > 0
      ? { link: { app: link.app, ledger: link.ledger, base: link.base, lines: link.lines } }
      : {}),
    ...(work.absorb === null ? {} : { absorb: work.absorb }),
    ...(extra.conflict ? { conflict: extra.conflict } : {}),
  };
  try {
    await run.store.queue.settle(claim, settlement);
  } catch (error) {
    const failure = toSyncError(error);
    throw failure instanceof StaleVersionError ? new PairTakenError(failure.message) : toSyncError(failure);
  }
  run.references.forget(link.id, link);
  if (work.absorb) run.references.forget(work.absorb);
}
