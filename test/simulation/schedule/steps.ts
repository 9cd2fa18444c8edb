import type { SideName } from '../../../shared/ports';
import type { Profile } from '../twin/profile';

/** What a call of a worker is, as faults tell them apart. */
export type CallKind = 'store' | 'read' | 'write';

/** What goes wrong, or what somebody does, around a call that a worker makes to its store or a side. */
export type FaultKind =
  | 'crash_before'
  | 'crash_after'
  | 'transient'
  | '5xx_not_applied'
  | '5xx_applied'
  | 'answer_lost'
  | 'answer_late'
  | 'rate_limit'
  | 'refused'
  | 'unstorable'
  | 'store_down'
  | 'stale_read'
  | 'revoked'
  | 'meanwhile';

export interface Fault {
  /** How many calls are left alone first: of kind `on`, or all where it is absent. */
  at: number;
  on?: CallKind;
  kind: FaultKind;
  /** For `meanwhile`, and for what happens while an answer is late. */
  steps?: Step[];
}

/** One step of a schedule. Numbers choose among what is there when the step is taken. */
export type Step =
  /** `early`: it comes before the record that it refers to, which is there once it `arrive`s. */
  | { step: 'add'; side: SideName; entity: number; pick: number; twin: boolean; early?: boolean }
  | { step: 'arrive'; pick: number }
  | { step: 'edit'; side: SideName; pick: number; field: number; clear: boolean; back?: boolean }
  | { step: 'lines'; side: SideName; pick: number; way: number; at: number }
  | { step: 'refer'; side: SideName; pick: number; to: number }
  | { step: 'pay'; side: SideName; pick: number; part: number }
  | { step: 'remove'; side: SideName; pick: number; state: number }
  | { step: 'reopen'; side: SideName; pick: number }
  | { step: 'merge'; side: SideName; pick: number; into: number }
  | { step: 'hear'; pick: number; count: number; again: boolean; shuffled: boolean }
  | { step: 'forge'; side: SideName; pick: number }
  | { step: 'run'; faults: Fault[]; lanes: number; hears?: boolean }
  | { step: 'together'; who: Companion[]; faults: Fault[]; order: number; hears?: boolean }
  | { step: 'sweep'; who: Exclude<Companion, 'worker'> }
  | { step: 'wait'; ms: number }
  | { step: 'decide'; pick: number; choose: number; late: boolean }
  /** `party`: only for the documents of one customer. */
  | { step: 'policy'; winner: number; field: number; scope: number; locked?: boolean; party?: number }
  | { step: 'restore' }
  | { step: 'limit'; side: SideName; ms: number; silent?: boolean }
  | { step: 'budget'; side: SideName; reads: number }
  | { step: 'outage'; side: SideName; ms: number };

/** Who works at the same time as a worker. */
export type Companion = 'worker' | 'poll' | 'reconcile' | 'replay' | 'import';

export interface Variant {
  app: Profile;
  ledger: Profile;
  /** Notifications may get lost: only a reconcile finds what they told. */
  lossy: boolean;
  /** Which fields of each entity people like best here, so that they meet. */
  taste: number;
  /** Values are deeply frozen: whoever writes into what is not his fails at once. */
  frozen: boolean;
}

export interface Schedule {
  token: string;
  variant: Variant;
  steps: Step[];
}
