import type { SideName } from '../../../shared/ports';
import type { Step } from '../schedule/steps';
import type { EntityInPlay } from '../world/entities';

/** What people do in a write path, as steps of a schedule. Picks count in the order of `entitiesInPlay`. */
const NUMBERS: Readonly<Record<EntityInPlay, number>> = {
  customer: 0,
  invoice: 1,
  payment: 2,
  item: 3,
  credit_note: 4,
};

/** Three lines on a form, and money put against a document: the richest record of each kind. */
const RICH = 5;

export const add = (side: SideName, entity: EntityInPlay, twin = false): Step => ({
  step: 'add',
  side,
  entity: NUMBERS[entity],
  pick: RICH,
  twin,
});

export const edit = (side: SideName, pick: number, field: number, clear = false): Step => ({
  step: 'edit',
  side,
  pick,
  field,
  clear,
});

/** What can be done to the lines of a form, in the order that `People` numbers it. */
export const lineWays = ['added', 'removed', 'moved', 'described', 'given an item', 'priced'] as const;
export type LineWay = (typeof lineWays)[number];

export const line = (side: SideName, way: LineWay, at: number): Step => ({
  step: 'lines',
  side,
  pick: 0,
  way: lineWays.indexOf(way),
  at,
});

/** `state` counts in what the side can do: delete, void or archive. */
export const remove = (side: SideName, state: number): Step => ({ step: 'remove', side, pick: 0, state });

export const merge = (side: SideName): Step => ({ step: 'merge', side, pick: 0, into: 1 });

export const refer = (side: SideName, to: number): Step => ({ step: 'refer', side, pick: 0, to });

/** Takes a payment's money back from its document. */
export const unpay = (side: SideName): Step => ({ step: 'pay', side, pick: 0, part: 0 });

/** Numbers for which `World.resolve` decides every field of one kind for that side, or types a text of its own. */
const DECISIONS = { app: 29, ledger: 10, typed: 7 } as const;

export const decideFor = (winner: keyof typeof DECISIONS): Step => ({
  step: 'decide',
  pick: 0,
  choose: DECISIONS[winner],
  late: false,
});

export const policyFor = (winner: SideName): Step => ({
  step: 'policy',
  winner: winner === 'app' ? 0 : 1,
  field: 0,
  scope: 0,
});

export const hearAll: Step = { step: 'hear', pick: 0, count: 1_000, again: false, shuffled: false };
export const hearAgain: Step = { ...hearAll, again: true };
/** Only the latest news of so many. */
export const hearFrom = (pick: number): Step => ({ ...hearAll, pick, count: 1 });
