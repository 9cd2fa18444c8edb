import type { Base, Claim, EventOutcome, Intent, Link, Settlement, SideName, SideRecord } from '../ports';
import type { EntityDefinition, Fields } from '../schema/entity';
import { entityNamed } from '../schema/entities';
import { BusyError } from '../errors';
import type { Run } from './context';
import type { FieldDecision } from './merge';
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
  /** The side where a lost write of ours may have landed and been changed again. */
  uncertain: SideName | null;
  /** Unsettled creates of an earlier attempt. */
  lostCreates: Partial<Record<SideName, Intent>>;
  /** Sent and not answered yet. */
  inFlight: Intent | null;
  intents: Map<string, Settlement['intents'][number]['outcome']>;
  absorb: string | null;
  decisions: FieldDecision[];
  wrote: SideName[];
  action: 'linked' | 'created' | 'updated' | 'removed' | null;
}

export function startWork(run: Run, claim: Claim, chain: readonly string[], known?: Prefetched): Work {
  const entity = entityNamed(claim.link.entity);
  const lostCreates: Work['lostCreates'] = {};
  for (const intent of claim.intents) if (intent.operation === 'create') lostCreates[intent.side] = intent;
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
    lostCreates,
    inFlight: null,
    intents: new Map(),
    absorb: null,
    decisions: [],
    wrote: [],
    action: null,
  };
}

const structuredCopy = (link: Link): Link => ({ ...link, app: { ...link.app }, ledger: { ...link.ledger } });

/** Puts what was read into the link: its version was current at `asOf`. */
export function noteRead(work: Work, side: SideName, record: SideRecord): void {
  work.link[side] = { id: record.id, version: record.version, asOf: record.asOf ?? null, echo: null };
}

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
    const title = fields?.[work.entity.title];
    if (typeof title === 'string' && title !== '') return title;
  }
  return work.link.ledger.id ?? work.link.app.id ?? work.link.id;
}

/** Thrown when another record has to be dealt with first. */
export class AwaitsRecordError extends BusyError {
  constructor(
    readonly onLinkId: string,
    /** How long until it is worth another look if nobody wakes the event. */
    readonly delayMs: number,
    message: string,
  ) {
    super(message, { nextStep: 'It continues by itself when that record is settled.' });
  }
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
          ...(work.decisions.length === 0 ? {} : { decisions: work.decisions }),
          ...(work.wrote.length === 0 ? {} : { wrote: work.wrote }),
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
  await run.store.queue.settle(claim, settlement);
  run.references.forget(link.id);
  if (work.absorb) run.references.forget(work.absorb);
}
