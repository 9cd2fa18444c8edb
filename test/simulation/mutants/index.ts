import { audit } from './audit';
import { creates } from './creates';
import { dependencies } from './dependencies';
import { echo } from './echo';
import { leases } from './leases';
import { elusive } from './elusive';
import { lines } from './lines';
import { merge } from './merge';
import type { Mutant } from './mutant';
import { policy } from './policy';
import { recovery } from './recovery';
import { removals } from './removals';
import { resolutions } from './resolutions';
import { retries } from './retries';
import { store } from './store';
import { updates } from './updates';

/** Every bug that can be planted. */
export const mutants: readonly Mutant[] = [
  ...creates,
  ...updates,
  ...recovery,
  ...merge,
  ...lines,
  ...removals,
  ...echo,
  ...policy,
  ...resolutions,
  ...retries,
  ...leases,
  ...dependencies,
  ...audit,
  ...store,
];

/** Those that the simulation has to find. */
export const expected: readonly Mutant[] = mutants.filter(({ name }) => !(name in elusive));
