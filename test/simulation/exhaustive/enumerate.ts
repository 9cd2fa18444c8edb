import type { Fault } from '../schedule/steps';
import type { Profile } from '../twin/profile';
import { untraced } from '../untraced';
import type { Violation } from '../violation';
import { calmDown, type Ending } from './calm';
import { crashesOf, faultsOf, relapsesOf, type Case } from './faults';
import type { Call } from './listeningWorld';
import { pathsOf } from './paths';
import { canShowThePast, isPossible, playScene, type Scene, type Trouble } from './scene';

/** A case that ended otherwise than it must. */
export interface Failure {
  scene: Scene;
  case: Case;
  complaints: string[];
}

/** What came of one write path on one ledger. */
export interface Enumerated {
  scene: Scene;
  /** Awaits of the run under test. */
  calls: number;
  cases: number;
  failures: Failure[];
  /** What people were asked, or found as a dead letter, that nobody is asked without a fault; and in which cases. */
  asked: Map<string, Case[]>;
}

export interface EnumerateOptions {
  /** Combines every crash with what follows, also those that leave the same behind. */
  isFull?: boolean;
}

/** Plays every write path of a ledger with every fault at every await. */
export async function* enumerate(
  ledger: Profile,
  options: EnumerateOptions = {},
): AsyncGenerator<Enumerated> {
  for (const path of pathsOf(ledger)) {
    const scene = { path, ledger };
    if (await isPossible(scene)) yield await untraced(() => new PathEnumeration(scene).run(options));
  }
}

/** Longer than any run of a path. */
const MANY_CALLS = 200;
/** They do nothing, but show that a call was made. */
const marks: readonly Fault[] = Array.from({ length: MANY_CALLS }, (_, at) => ({
  at,
  kind: 'meanwhile',
  steps: [],
}));

/** Shows every call besides those that a fault strikes. */
const marked = (faults: readonly Fault[]): Fault[] => [
  ...faults,
  ...marks.filter((mark) => !faults.some(({ at }) => at === mark.at)),
];

class PathEnumeration {
  private readonly result: Enumerated;
  private readonly isStalePossible: boolean;

  constructor(private readonly scene: Scene) {
    this.isStalePossible = canShowThePast(scene.ledger);
    this.result = { scene, calls: 0, cases: 0, failures: [], asked: new Map() };
  }

  async run({ isFull = false }: EnumerateOptions): Promise<Enumerated> {
    const faultless = await this.end({ run: marks, recovery: null });
    const { calls, ending } = faultless;
    this.result.calls = calls.length;
    // Where that goes wrong already, everything else would only say so again.
    if (ending.violations.length > 0) {
      this.fail(noFault, ending.violations.map(told));
      return this.result;
    }
    for (const each of faultsOf(calls, this.isStalePossible)) await this.judge(each, ending);
    let changes = 0;
    for (const crash of crashesOf(calls)) {
      const recovered = await this.judge(crash, ending);
      // Before the first change it is as if nobody had come.
      if (crash.changes === changes && !isFull) continue;
      changes = crash.changes;
      for (const each of relapsesOf(crash, recovered, this.isStalePossible)) await this.judge(each, ending);
    }
    return this.result;
  }

  /** Plays one case and compares its ending; the calls of whoever took up the work. */
  private async judge(each: Case, faultless: Ending): Promise<readonly Call[]> {
    const { trouble } = each;
    const { run, recovery } = trouble;
    const { ending, calls, struck } = await this.end(
      recovery?.faults.length === 0 ? { run, recovery: { ...recovery, faults: marks } } : trouble,
    );
    const complaints = complaintsAbout(ending, faultless);
    if (!struck) complaints.push('the fault has not struck');
    this.result.cases++;
    for (const question of surplus(ending.asked, faultless.asked))
      this.result.asked.set(question, [...(this.result.asked.get(question) ?? []), each]);
    if (complaints.length > 0) this.fail(each, complaints);
    return calls;
  }

  private fail(each: Case, complaints: string[]): void {
    this.result.failures.push({ scene: this.scene, case: each, complaints });
  }

  private async end(trouble: Trouble): Promise<{ ending: Ending; calls: readonly Call[]; struck: boolean }> {
    const world = await playScene(this.scene, trouble, false);
    const calls = [...world.struck];
    const ending = await calmDown(world, hasStaleRead(trouble));
    return { ending, calls, struck: calls.length > 0 };
  }
}

const noFault: Case = { label: 'no fault', trouble: { run: [], recovery: null } };
const told = ({ invariant, message }: Violation): string => `${invariant}: ${message}`;

/** What was read too early is found by a reconcile only. */
const hasStaleRead = ({ run, recovery }: Trouble): boolean =>
  [...run, ...(recovery?.faults ?? [])].some(({ kind }) => kind === 'stale_read');

/** Whatever went wrong on the way, both sides end as they do when nothing goes wrong; or somebody is asked. */
function complaintsAbout(ending: Ending, faultless: Ending): string[] {
  const complaints = ending.violations.map(told);
  const missing = surplus(faultless.asked, ending.asked);
  if (missing.length > 0) complaints.push(`nobody is asked about ${missing.join(', ')}`);
  const asked = surplus(ending.asked, faultless.asked);
  const onlyDead = asked.every((question) => question.startsWith('dead '));
  const [is, should] =
    asked.length === 0
      ? [ending.state, faultless.state]
      : onlyDead
        ? [ending.decided, faultless.decided]
        : ['', ''];
  if (is !== should) complaints.push(`ends otherwise than without a fault: ${difference(is, should)}`);
  return complaints;
}

/** What the first has more of. */
function surplus(list: readonly string[], than: readonly string[]): string[] {
  const rest = [...than];
  return list.filter((each) => {
    const at = rest.indexOf(each);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

function difference(is: string, should: string): string {
  const [here, there] = [is.split('\n'), should.split('\n')];
  const [more, less] = [surplus(here, there), surplus(there, here)];
  return `${more.map((line) => `\n    + ${line}`).join('')}${less.map((line) => `\n    - ${line}`).join('')}`;
}

/** The story of a failure, call by call. */
export async function traceOf({ scene, case: { trouble } }: Failure): Promise<string[]> {
  const { run, recovery } = trouble;
  const world = await playScene(
    scene,
    { run: marked(run), recovery: recovery && { ...recovery, faults: marked(recovery.faults) } },
    true,
  );
  await calmDown(world, hasStaleRead(trouble));
  const trace = world.trace ?? [];
  return trace.slice(trace.findIndex((line) => line.endsWith('--- in step')));
}
