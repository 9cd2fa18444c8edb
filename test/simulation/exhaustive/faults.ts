import type { Fault, FaultKind } from '../schedule/steps';
import type { Call } from './listeningWorld';
import { hearAgain } from './moves';
import { LEASE_OVER_MS, type Recovery, type Trouble } from './scene';

/** One enumerated fault, or a crash and what happens to whoever takes up the work. */
export interface Case {
  /** `crash_after #7 ledger.create, then answer_lost #5 ledger.update`. */
  label: string;
  trouble: Trouble;
}

/** What can be wrong with a call, as the enumeration names it. */
type Mishap = FaultKind | 'duplicate_event';

const ON_EVERY_CALL: readonly Mishap[] = ['answer_late', 'duplicate_event'];
const ON_READS: readonly Mishap[] = ['transient', 'rate_limit', 'revoked'];
const ON_WRITES: readonly Mishap[] = [
  'transient',
  '5xx_not_applied',
  '5xx_applied',
  'answer_lost',
  'rate_limit',
  'refused',
  'revoked',
];
/** What the issue asks to be combined with a crash, as far as it concerns a call of that kind. */
const AFTER_A_CRASH = {
  write: ['answer_lost', 'answer_late', 'rate_limit', '5xx_applied', '5xx_not_applied', 'duplicate_event'],
  read: ['answer_late', 'rate_limit', 'transient'],
} as const satisfies Record<string, readonly Mishap[]>;

/** Store calls that change nothing that outlives a lease; every other call is taken for a change. */
const LOOKS: ReadonlySet<string> = new Set([
  'connections.get',
  'policies.load',
  'links.get',
  'links.getMany',
  'links.bySide',
  'queue.openCreates',
  'queue.claim',
  'queue.claimLink',
  'queue.release',
]);
const isChange = ({ kind, name }: Call): boolean =>
  kind === 'write' || (kind === 'store' && !LOOKS.has(name));

function fault(mishap: Mishap, at: number): Fault {
  if (mishap === 'duplicate_event') return { at, kind: 'meanwhile', steps: [hearAgain] };
  if (mishap !== 'answer_late') return { at, kind: mishap };
  // It takes longer than the lease, and another worker takes over.
  const steps: Fault['steps'] = [
    { step: 'wait', ms: LEASE_OVER_MS },
    { step: 'run', faults: [], lanes: 1 },
  ];
  return { at, kind: mishap, steps };
}

const labelOf = (mishap: string, at: number, calls: readonly Call[]): string =>
  `${mishap} #${at} ${calls[at]?.name ?? '?'}`;

const mishapsOf = (call: Call, isStalePossible: boolean): readonly Mishap[] => {
  if (call.kind === 'store') return ON_EVERY_CALL;
  if (call.kind === 'write') return [...ON_EVERY_CALL, ...ON_WRITES];
  return [
    ...ON_EVERY_CALL,
    ...ON_READS,
    ...(isStale(call, isStalePossible) ? (['stale_read'] as const) : []),
  ];
};

const isStale = ({ name }: Call, isStalePossible: boolean): boolean =>
  isStalePossible && name.startsWith('ledger.read');

/** Everything that can go wrong with one call, without a crash. */
export const faultsOf = (calls: readonly Call[], isStalePossible: boolean): Case[] =>
  calls.flatMap((call, at) =>
    mishapsOf(call, isStalePossible).map((mishap) => ({
      label: labelOf(mishap, at, calls),
      trouble: { run: [fault(mishap, at)], recovery: null },
    })),
  );

/** A crash, and what of it stays behind. */
export interface Crash extends Case {
  /** How many changes had been made by then: crashes with as many leave the same behind, but for the lease. */
  changes: number;
}

/** A crash before and after each call; whoever takes up the work meets nothing. */
export function crashesOf(calls: readonly Call[]): Crash[] {
  const crashes: Crash[] = [];
  let changes = 0;
  for (const [at, call] of calls.entries()) {
    crashes.push(crash('crash_before', at, calls, changes));
    if (isChange(call)) changes++;
    crashes.push(crash('crash_after', at, calls, changes));
  }
  return crashes;
}

const crash = (
  kind: 'crash_before' | 'crash_after',
  at: number,
  calls: readonly Call[],
  changes: number,
): Crash => ({
  label: labelOf(kind, at, calls),
  trouble: { run: [{ at, kind }], recovery: { faults: [], hearsAgain: false } },
  changes,
});

/** A crash together with each thing that can go wrong while another worker takes up the work with these calls. */
export function relapsesOf(crash: Crash, calls: readonly Call[], isStalePossible: boolean): Case[] {
  const cases: Case[] = [relapse(crash, 'duplicate_event', { faults: [], hearsAgain: true })];
  const strike = (mishap: Mishap, at: number) =>
    cases.push(
      relapse(crash, labelOf(mishap, at, calls), { faults: [fault(mishap, at)], hearsAgain: false }),
    );
  const firstRead = calls.findIndex(({ kind }) => kind === 'read');
  const firstStale = calls.findIndex((call) => isStale(call, isStalePossible));
  for (const [at, { kind }] of calls.entries()) {
    if (kind === 'write') for (const mishap of AFTER_A_CRASH.write) strike(mishap, at);
    if (at === firstRead) for (const mishap of AFTER_A_CRASH.read) strike(mishap, at);
    if (at === firstStale) strike('stale_read', at);
  }
  return cases;
}

const relapse = (crash: Crash, then: string, recovery: Recovery): Case => ({
  label: `${crash.label}, then ${then}`,
  trouble: { run: crash.trouble.run, recovery },
});
