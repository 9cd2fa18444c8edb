import type { Violation } from '../violation';
import type { World } from '../world/world';
import { changesAccountedFor } from './accounts';
import { auditReplays } from './audit';
import { callsBounded, nothingStuck } from './bounds';
import { noEditLost } from './edits';
import { inStep, onlyOnce } from './inStep';
import { moneyConserved } from './money';
import { conflictsCurrent } from './conflicts';
import { askedWithReason } from './questions';
import { removalsKept } from './removals';
import { look, type Panorama } from './sight';

/** What holds whenever nothing moves any more, by name. Fencing and policy are watched while things move. */
const invariants: Readonly<Record<string, (panorama: Panorama) => string[]>> = {
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
};

/** What a world breaks at quiescence; `when` says at which one. */
export async function brokenBy(world: World, when: string): Promise<Violation[]> {
  const panorama = await look(world);
  return Object.entries(invariants).flatMap(([invariant, check]) =>
    check(panorama).map((message) => ({ invariant, message: `${when}: ${message}` })),
  );
}
