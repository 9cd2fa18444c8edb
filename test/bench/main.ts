import { execFileSync } from 'node:child_process';
import type { BenchResult, BenchSuite } from './result';
import { decide } from './suites/decide';
import { diff } from './suites/diff';
import { durable } from './suites/durable';
import { hash } from './suites/hash';
import { intake } from './suites/intake';
import { people } from './suites/people';
import { scale } from './suites/scale';

const suites: BenchSuite[] = [diff, hash, decide, durable, intake, people, scale];

async function main(args: string[]): Promise<number> {
  const json = args.includes('--json');
  const names = args.filter((arg) => !arg.startsWith('--'));
  const unknown = [
    ...names.filter((name) => !suites.some((suite) => suite.name === name)),
    ...args.filter((arg) => arg.startsWith('--') && arg !== '--json'),
  ];
  if (unknown.length > 0) {
    const list = suites.map((suite) => suite.name).join(', ');
    process.stderr.write(`Unknown: ${unknown.join(', ')}. Suites: ${list}. Flag: --json.\n`);
    return 2;
  }
  const commit = commitOf();
  for (const suite of suites.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const results = await suite.run((text) => process.stderr.write(`${suite.name}: ${text}\n`));
    if (json) process.stdout.write(`${JSON.stringify({ suite: suite.name, commit, results })}\n`);
    else process.stdout.write(`\n${suite.name}: ${suite.about}\n${results.map(row).join('')}`);
  }
  return 0;
}

function row(result: BenchResult): string {
  const reference = result.reference
    ? `${result.reference.name} ${result.reference.value} (x ${result.ratio})`
    : '';
  const goal = result.goal ? `${result.met ? 'met' : 'NOT MET'}: ${result.goal}` : '';
  const worst = result.worst === undefined ? '' : ` (worst ${result.worst})`;
  const value = `${result.value} ${result.unit}${worst}`;
  return `  ${result.name.padEnd(38)} ${value.padEnd(22)} ${reference.padEnd(48)} ${goal}\n`;
}

function commitOf(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
