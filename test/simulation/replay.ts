import { play, type Played } from './play';
import type { Schedule } from './schedule/steps';
import { shrink, sizeOf } from './shrink';
import type { StoreFlaw } from './store/flaws';
import type { FoundViolation } from './violation';

export interface Explanation {
  violations: FoundViolation[];
  /** What happened, a line each, after what both sides are like. */
  trace: string[];
  /** The same failure with the few steps that matter; null where nothing failed. */
  shrunk: { steps: number; of: number; trace: string[]; violations: FoundViolation[] } | null;
}

const SHRINK_MS = 15_000;

/** Plays one schedule again, says what happens in it, and finds the few steps that matter. */
export async function explain(
  schedule: Schedule,
  token: string,
  flaws: readonly string[],
): Promise<Explanation> {
  const options = { flaws: new Set(flaws as StoreFlaw[]), traced: true };
  const tell = ({ violations, trace }: Played) => ({
    violations: violations.map((violation) => ({ ...violation, token })),
    trace: [...describe(schedule), ...trace],
  });
  const told = tell(await play(schedule, options));
  const first = told.violations[0];
  if (!first) return { ...told, shrunk: null };
  const shows = async (smaller: Schedule) =>
    (await play(smaller, options)).violations.some(({ invariant }) => invariant === first.invariant);
  const smallest = await shrink(schedule, shows, Date.now() + SHRINK_MS);
  return {
    ...told,
    shrunk: {
      steps: sizeOf(smallest.steps),
      of: sizeOf(schedule.steps),
      ...tell(await play(smallest, options)),
    },
  };
}

/** Both sides' habits, as far as they are not those of the built-in app records. */
function describe({ variant }: Schedule): string[] {
  return (['app', 'ledger'] as const).map((side) => {
    const { entities, name, ...habits } = variant[side];
    const told = Object.entries(habits)
      .filter(([, value]) => value !== false && value !== 0)
      .map(([habit, value]) => (value === true ? habit : `${habit} ${value}`));
    return `${side} (${name}; ${Object.keys(entities).join(', ')}): ${told.join(', ')}`;
  });
}
