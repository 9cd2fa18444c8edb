import { availableParallelism } from 'node:os';
import { elusive } from '../mutants/elusive';
import type { Command } from './arguments';
import { plain } from './output';
import { requireFresh } from './patch';
import { withProgress } from './progress';
import { grouped, replayCommand } from './story';
import { Bench, tryOne, type Trial } from './trial';

type Request = Extract<Command, { kind: 'mutants' }>;

/** Plants every bug and waits until it is noticed; the exit code. */
export async function tryMutants(request: Request): Promise<number> {
  requireFresh(request.mutants);
  const waiting = [...request.mutants];
  const trials: Trial[] = [];
  const lane = async () => {
    const bench = new Bench();
    try {
      for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
        const trial = await tryOne(mutant, request, bench);
        trials.push(trial);
        plain.error(`${verdictOf(trial)}\n`);
      }
    } finally {
      await bench.close();
    }
  };
  const line = () => `${trials.length} of ${request.mutants.length} mutants done`;
  const soFar = () => report(request, trials);
  await withProgress({ line, soFar }, async () => {
    await Promise.all(Array.from({ length: availableParallelism() }, lane));
  });
  plain.out(soFar());
  return trials.some(({ caughtBy }) => caughtBy === null) ? 1 : 0;
}

function verdictOf({ mutant, schedules, caughtBy, token }: Trial): string {
  if (caughtBy === null) {
    const why = elusive[mutant.name];
    return `MISSED ${mutant.name}: ${grouped(schedules)} schedules noticed nothing${why ? ` (${why})` : ''}`;
  }
  const again = token === null ? '' : ` (${replayCommand(token, mutant.name)})`;
  return `caught ${mutant.name} after ${grouped(schedules)} by ${caughtBy}${again}`;
}

function report({ mutants, json }: Request, trials: readonly Trial[]): string {
  const inOrder = mutants.flatMap((mutant) => trials.filter((trial) => trial.mutant === mutant));
  return `${table(inOrder)}${json ? `${JSON.stringify(resultOf(inOrder))}\n` : ''}`;
}

function table(trials: readonly Trial[]): string {
  const rows = trials.map(({ mutant, schedules, caughtBy }) => [
    mutant.name,
    caughtBy === null ? 'MISSED' : grouped(schedules),
    caughtBy ?? '',
    mutant.breaks,
  ]);
  const lines = [['mutant', 'caught after', 'by', 'what it breaks'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => `${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}\n`).join('');
}

function resultOf(trials: readonly Trial[]) {
  const caught = trials.filter(({ caughtBy }) => caughtBy !== null);
  return {
    mutants: trials.length,
    caught: caught.length,
    medianSchedules: median(caught.map(({ schedules }) => schedules)),
    missed: trials.filter(({ caughtBy }) => caughtBy === null).map(({ mutant }) => mutant.name),
  };
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return null;
  return ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2;
}
