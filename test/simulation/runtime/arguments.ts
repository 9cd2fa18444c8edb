import { parseArgs } from 'node:util';
import { scheduleNamed } from './kept';
import { CHUNK } from './pool';
import { expected, mutants } from '../mutants';
import type { Mutant } from '../mutants/mutant';

/** What the command line asks for. */
export type Command =
  | { kind: 'help' }
  | {
      kind: 'simulate';
      schedules: number;
      from: number;
      seed: number;
      json: boolean;
      sqlite: boolean;
      goOn: boolean;
    }
  | { kind: 'replay'; token: string; mutant: Mutant | null }
  | { kind: 'mutants'; mutants: readonly Mutant[]; limit: number; seed: number; json: boolean };

/** The command line is wrong; the message says how, in one line. */
export class UsageError extends Error {}

const DEFAULT_SCHEDULES = '20000';

export const usage = `Usage: npm run simulate -- [flags]

Runs seeded fault schedules against the sync engine on all cores; stops at the first violation.
  --schedules N    how many (default ${DEFAULT_SCHEDULES})
  --from N         goes on with number N of them, where a run was interrupted (default 0)
  --go-on          plays on after a violation, and lists all of them
  --seed S         of the run (default 1); the same seed is the same run on every machine
  --sqlite         on the real SQLite store instead of the one in memory
  --json           the result as JSON on the last line

  --replay TOKEN   tells the story of one schedule, and its shortest form when it violates; kept-N for one of
                   those that were kept
  --mutant NAME    with --replay: under this planted bug

  --mutants        plants every bug that has to be noticed and looks how soon it is
  --all            those too that are known to take long, or that something else makes up for
  --only NAME,...  these bugs only
  --limit N        schedules for each bug (default ${DEFAULT_SCHEDULES}); --seed and --json as above

  --help           this text

Exit code: 0 all is well, 1 a violation or a bug that was missed, 2 a wrong command line, 130 interrupted.
`;

const options = {
  schedules: { type: 'string' },
  from: { type: 'string' },
  'go-on': { type: 'boolean' },
  seed: { type: 'string' },
  sqlite: { type: 'boolean' },
  json: { type: 'boolean' },
  replay: { type: 'string' },
  mutant: { type: 'string' },
  mutants: { type: 'boolean' },
  only: { type: 'string' },
  all: { type: 'boolean' },
  limit: { type: 'string' },
  help: { type: 'boolean' },
} as const;

type Flag = keyof typeof options;
type Values = { [F in Flag]?: (typeof options)[F]['type'] extends 'boolean' ? boolean : string };

/** The flags that go with each command; `replay` and `mutants` name theirs. */
const flagsOf: Readonly<Record<'simulate' | 'replay' | 'mutants', readonly Flag[]>> = {
  simulate: ['schedules', 'from', 'go-on', 'seed', 'sqlite', 'json'],
  replay: ['replay', 'mutant'],
  mutants: ['mutants', 'only', 'all', 'limit', 'seed', 'json'],
};

/** Throws UsageError. */
export function parseCommand(args: readonly string[]): Command {
  const values = parseFlags(args);
  if (values.help) return { kind: 'help' };
  const kind = values.replay !== undefined ? 'replay' : values.mutants ? 'mutants' : 'simulate';
  const stray = (Object.keys(values) as Flag[]).find((flag) => !flagsOf[kind].includes(flag));
  if (stray) throw wrong(`--${stray} does not go with ${kind === 'simulate' ? 'a run' : `--${kind}`}`);
  if (kind === 'replay') return replayOf(values);
  const seed = numberOf(values, 'seed', '1', 0);
  const json = values.json ?? false;
  if (kind === 'mutants')
    return {
      kind,
      seed,
      json,
      mutants: chosen(values),
      limit: numberOf(values, 'limit', DEFAULT_SCHEDULES, 1),
    };
  const schedules = numberOf(values, 'schedules', DEFAULT_SCHEDULES, 1);
  const asked = numberOf(values, 'from', '0', 0);
  // Steering begins anew with each chunk: where one begins, a run can be taken up.
  const from = asked - (asked % CHUNK);
  if (from >= schedules) throw wrong(`--from ${from} leaves none of ${schedules} schedules`);
  return {
    kind,
    seed,
    json,
    schedules,
    from,
    sqlite: values.sqlite ?? false,
    goOn: values['go-on'] ?? false,
  };
}

function parseFlags(args: readonly string[]): Values {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // Its first sentence says what is wrong; what follows is advice for other programs.
    const sentence = (error as Error).message.split(/\.(?:\s|$)|\n/)[0] as string;
    throw wrong(sentence.replace('argument is ambiguous', 'needs a value'));
  }
}

function numberOf(
  values: Values,
  flag: 'schedules' | 'from' | 'seed' | 'limit',
  fallback: string,
  least: number,
): number {
  const text = values[flag] ?? fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw wrong(`--${flag} needs a whole number from ${least} up, not "${text}"`);
}

function replayOf({ replay = '', mutant }: Values): Command {
  try {
    scheduleNamed(replay);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  return { kind: 'replay', token: replay, mutant: mutant === undefined ? null : named(mutant) };
}

const chosen = ({ only, all }: Values): readonly Mutant[] =>
  only === undefined ? (all ? mutants : expected) : only.split(',').map((name) => named(name.trim()));

function named(name: string): Mutant {
  const mutant = mutants.find((each) => each.name === name);
  if (mutant) return mutant;
  throw new UsageError(
    `There is no mutant "${name}"; known are ${mutants.map((each) => each.name).join(', ')}.`,
  );
}

const wrong = (message: string): UsageError =>
  new UsageError(
    `${message}. Flags: ${Object.keys(options)
      .map((flag) => `--${flag}`)
      .join(', ')}.`,
  );
