import { coverageReport } from '../coverage';
import type { Command } from './arguments';
import { bundleFor, type Bundle } from './bundle';
import { plain } from './output';
import { emptyTally, perSecondPerCore, runOnAllCores, type RunRequest, type Tally } from './pool';
import { withProgress } from './progress';
import { commitOf } from './project';
import { grouped, replayCommand, sentence, shortStory } from './story';
import { SimulationWorker } from './worker';

/** Runs the schedules, says what was found; the exit code. */
export async function simulate({
  schedules,
  from,
  seed,
  json,
  sqlite,
  goOn,
}: Extract<Command, { kind: 'simulate' }>): Promise<number> {
  const bundle = bundleFor(null);
  const tally = emptyTally();
  const request: RunRequest = { seed, schedules, from, flaws: [], sqlite, stopAtFirst: !goOn };
  const startedAt = performance.now();
  const line = () => {
    const last = tally.violations.at(-1);
    return (
      `${grouped(from + tally.schedules)} of ${grouped(schedules)} schedules, ` +
      `${grouped(perSecondPerCore(tally))} per second and core, ${tally.violations.length} violations` +
      (last ? `, the last in ${last.token}` : '')
    );
  };
  const soFar = () => {
    const text = summary(tally, request, (performance.now() - startedAt) / 1000);
    return json ? `${text}${JSON.stringify(resultOf(tally, seed))}\n` : text;
  };
  await withProgress({ line, soFar }, () => runOnAllCores(bundle, request, tally));
  const found = soFar();
  if (tally.violations.length > 0) await tellViolations(bundle, tally, sqlite);
  plain.out(found);
  return tally.violations.length > 0 ? 1 : 0;
}

/** All that the first violating schedule violates, its shortest form, and how to replay any others. */
async function tellViolations(bundle: Bundle, { violations }: Tally, sqlite: boolean): Promise<void> {
  const token = violations[0]?.token ?? '';
  const own = violations.filter((violation) => violation.token === token);
  plain.out(`VIOLATION in schedule ${token}\n${own.map(sentence).join('')}\n`);
  plain.error('Shrinking it ...\n');
  const worker = new SimulationWorker(bundle);
  try {
    const explanation = await worker.explain(token, []);
    if (explanation.violations.length > 0) plain.out(`${shortStory(explanation)}\n`);
    else plain.out(`Replayed ${sqlite ? 'on the store in memory' : 'by itself'}, it violates nothing.\n\n`);
  } finally {
    await worker.close();
  }
  plain.out(`Replay: ${replayCommand(token)}\n\n`);
  const others = Map.groupBy(violations, (violation) => violation.token);
  others.delete(token);
  for (const [each, [first]] of others) if (first) plain.out(`${replayCommand(each)}\n  ${sentence(first)}`);
}

/** By name: the order in which threads answer means nothing. */
const reportOf = ({ coverage }: Tally) =>
  coverageReport(Object.fromEntries(Object.entries(coverage).sort(([a], [b]) => (a < b ? -1 : 1))));

function summary(tally: Tally, { seed, schedules, from, sqlite }: RunRequest, seconds: number): string {
  const { reached, unreached } = reportOf(tally);
  const width = Math.max(0, ...Object.keys(reached).map((name) => name.length));
  const rows = Object.entries(reached).map(([name, times]) => `  ${name.padEnd(width)}  ${grouped(times)}\n`);
  return [
    `${grouped(tally.schedules)} of ${grouped(schedules - from)} schedules of seed ${seed}`,
    from > 0 ? `, from number ${grouped(from)} on,` : '',
    ` on the ${sqlite ? 'SQLite store' : 'store in memory'} in ${seconds.toFixed(1)} s,`,
    ` ${grouped(perSecondPerCore(tally))} per second and core, ${tally.violations.length} violations\n`,
    `Reached:\n${rows.join('')}`,
    `Never reached: ${unreached.length === 0 ? 'nothing' : unreached.join(', ')}\n`,
  ].join('');
}

const resultOf = (tally: Tally, seed: number) => ({
  schedules: tally.schedules,
  violations: tally.violations.length,
  perSecondPerCore: perSecondPerCore(tally),
  seed,
  commit: commitOf(),
  coverage: reportOf(tally),
});
