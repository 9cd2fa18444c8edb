import type { SeededRandom } from '../../simulation/random';
import type { Stage } from '../stage';

type Rule = Parameters<Stage['quickBooks']['addFaults']>[0];

const WRITES = ['create', 'update'] as const;

/** What a network and a service do to calls: answers dropped, cut off or replaced, some after the write has landed. */
export function randomFault(random: SeededRandom): Rule {
  const operation = random.pick(WRITES);
  const effect = random.pick<Rule['effect']>([
    { kind: 'drop-after-commit' },
    { kind: 'drop-before-commit' },
    { kind: 'truncated-body' },
    { kind: 'status', status: 503, applied: false },
    { kind: 'status', status: 503, applied: true },
    { kind: 'delay', ms: 1_500, when: 'after' },
  ]);
  return { match: { operation }, skip: random.below(3), effect };
}
