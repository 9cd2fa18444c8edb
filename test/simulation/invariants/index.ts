import type { Violation } from '../violation';
import type { World } from '../world/world';
import { changesAccountedFor } from './accounts';
import { auditReplays } from './audit';
import { callsBounded, nothingStuck } from './bounds';
import { noEditLost } from './edits';
import { failuresCurrent } from './failures';
import { inStep, onlyOnce } from './inStep';
import { moneyConserved } from './money';
import { conflictsCurrent } from './conflicts';
import { askedWithReason } from './questions';
import { namesRenewed } from './references';
import { removalsKept } from './removals';
import { look, type Panorama } from './sight';
import { toldOnce } from './told';

/** Checks by name. */
type Invariants = Readonly<Record<string, (panorama: Panorama) => string[]>>;

/** What holds whenever nothing moves any more. Fencing and policy are watched while things move. */
export const invariants: Invariants = {
  'in step': inStep,
  'no edit lost': noEditLost,
  'only once': onlyOnce,
  'removals kept': removalsKept,
  'conflicts current': conflictsCurrent,
  'asked with reason': askedWithReason,
  'audit replays': auditReplays,
  'changes accounted for': changesAccountedFor,
  'money conserved': moneyConserved,
  'nothing stuck': nothingStuck,
  'calls bounded': callsBounded,
  'told once': toldOnce,
  'failures current': failuresCurrent,
};

/** What holds besides when everything has been looked at since it last moved. */
export const onceLookedAtAgain: Invariants = { 'names renewed': namesRenewed };

/** What a world breaks at quiescence; `when` says at which one. */
export async function brokenBy(world: World, when: string, checks = invariants): Promise<Violation[]> {
  const panorama = await look(world);
  return Object.entries(checks).flatMap(([invariant, check]) =>
    check(panorama).map((message) => ({ invariant, message: `${when}: ${message}` })),
  );
}
