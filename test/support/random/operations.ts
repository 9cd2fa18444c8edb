import type { SideName } from '../../../shared/ports';
import { Prng } from './prng';

/** What goes wrong, or what somebody does, at the nth call that the engine makes during one run. */
export interface Fault {
  at: number;
  kind:
    | 'crash_before'
    | 'crash_after'
    | 'transient'
    | 'lost_before'
    | 'lost_after'
    | 'refused'
    | 'rate_limit'
    | 'auth'
    | 'user';
  /** For `user`. */
  does?: Operation;
}

/** One step of a history. Numbers choose among what is there when the step is taken. */
export type Operation =
  | { op: 'add'; side: SideName; kind: number; twin: boolean; pick: number }
  | { op: 'edit'; side: SideName; pick: number; what: number; clear: boolean; at: number }
  | { op: 'drop'; side: SideName; pick: number; state: 'deleted' | 'voided' }
  | { op: 'deliver'; pick: number; count: number; twice: boolean; timed: boolean }
  | { op: 'run'; faults: Fault[] }
  | { op: 'advance'; ms: number }
  | { op: 'resolve'; pick: number; choose: number }
  | { op: 'policy'; winner: 'app' | 'ledger' | 'raise'; field: number }
  | { op: 'replay' }
  | { op: 'reconnect' };

export interface Variant {
  lock: boolean;
  idempotency: boolean;
  lineIds: 'kept' | 'replaced';
  archiveOnly: boolean;
  concurrency: number;
  /** A read counts from when it was made, not from the record's last change. */
  readTimes: boolean;
  /** The ledger rounds what it is sent. */
  rounds: boolean;
  /** Notifications get lost. */
  lossy: boolean;
  /** Notifications name the second of a change, no more. */
  coarse: boolean;
  /** The ledger has no place for our mark. */
  unmarked: boolean;
  /** The ledger cannot hold notes. */
  noNotes: boolean;
}

export interface Scenario {
  seed: number;
  variant: Variant;
  operations: Operation[];
}

const sides = ['app', 'ledger'] as const;

export function scenarioOf(seed: number): Scenario {
  const random = new Prng(seed);
  const variant: Variant = {
    lock: random.chance(0.8),
    idempotency: random.chance(0.5),
    lineIds: random.chance(0.6) ? 'kept' : 'replaced',
    archiveOnly: random.chance(0.3),
    concurrency: random.pick([1, 4]),
    readTimes: random.chance(0.5),
    rounds: random.chance(0.3),
    lossy: random.chance(0.3),
    coarse: random.chance(0.3),
    unmarked: random.chance(0.15),
    noNotes: random.chance(0.15),
  };
  const length = 10 + random.below(35);
  // Most histories begin with records that are in step.
  const operations: Operation[] = Array.from({ length: 1 + random.below(5) }, () => add(random));
  if (random.chance(0.7)) {
    operations.push({ op: 'deliver', pick: 0, count: 10, twice: false, timed: false });
    operations.push({ op: 'run', faults: random.chance(0.3) ? faults(random) : [] });
    if (random.chance(0.8)) operations.push({ op: 'advance', ms: 70_000 }, { op: 'run', faults: [] });
  }
  while (operations.length < length) operations.push(operation(random));
  return { seed, variant, operations };
}

function operation(random: Prng): Operation {
  const at = random.next();
  if (at < 0.09) return add(random);
  if (at < 0.4) return edit(random);
  if (at < 0.44) return drop(random);
  if (at < 0.6) {
    return {
      op: 'deliver',
      pick: random.below(100),
      count: 1 + random.below(4),
      twice: random.chance(0.2),
      timed: random.chance(0.7),
    };
  }
  if (at < 0.84) return { op: 'run', faults: faults(random) };
  if (at < 0.92) return { op: 'advance', ms: random.pick([0, 1, 2_000, 70_000, 400_000]) };
  if (at < 0.96) return { op: 'resolve', pick: random.below(10), choose: random.below(1_000) };
  if (at < 0.97) {
    return { op: 'policy', winner: random.pick(['app', 'ledger', 'raise']), field: random.below(4) };
  }
  return random.chance(0.5) ? { op: 'replay' } : { op: 'reconnect' };
}

const add = (random: Prng): Operation => ({
  op: 'add',
  side: random.pick(sides),
  kind: random.below(5),
  twin: random.chance(0.15),
  pick: random.below(100),
});

const edit = (random: Prng): Operation => ({
  op: 'edit',
  side: random.pick(sides),
  pick: random.below(100),
  what: random.below(100),
  clear: random.chance(0.15),
  at: random.below(100),
});

const drop = (random: Prng): Operation => ({
  op: 'drop',
  side: random.pick(sides),
  pick: random.below(100),
  state: random.chance(0.7) ? 'deleted' : 'voided',
});

function faults(random: Prng): Fault[] {
  if (random.chance(0.4)) return [];
  return Array.from({ length: 1 + random.below(2) }, () => {
    const at = random.below(random.pick([6, 15, 40]));
    const kind = random.pick([
      'crash_before',
      'crash_after',
      'transient',
      'lost_before',
      'lost_after',
      'lost_after',
      'refused',
      'rate_limit',
      'auth',
      'user',
      'user',
      'user',
    ] as const);
    if (kind !== 'user') return { at, kind };
    return { at, kind, does: random.chance(0.9) ? edit(random) : drop(random) };
  });
}
