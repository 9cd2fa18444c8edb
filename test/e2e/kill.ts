import { playKills, type KillReport } from './killing/kills';
import { Stage } from './stage';

const USAGE = 'Flags: --kills N (25), --seed S (1), --json.';

/** `npm run test:kill`: a real n8n is killed again and again under load; nothing may be lost or doubled. */
async function main(args: string[]): Promise<number> {
  const json = args.includes('--json');
  const valueOf = (flag: string, fallback: number): number => {
    const at = args.indexOf(flag);
    return at < 0 ? fallback : Number(args[at + 1]);
  };
  const [kills, seed] = [valueOf('--kills', 25), valueOf('--seed', 1)];
  if (![kills, seed].every(Number.isSafeInteger) || kills < 1) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  // With --json standard output has the one line of the report.
  const say = (line: string) => void (json ? process.stderr : process.stdout).write(`${line}\n`);
  const stage = await Stage.open({ log: say });
  try {
    await stage.firstImport();
    await stage.goLive();
    const report = await playKills(stage, { kills, seed, say });
    const failures = failuresOf(report);
    for (const line of failures.slice(0, 50)) say(line);
    if (failures.length > 0) say(await stage.diagnose());
    const { lost, doubled, unexpected, ...figures } = report;
    const summary = { ...figures, lost: lost.length, doubled: doubled.length, unexpected: unexpected.length };
    if (json) process.stdout.write(`${JSON.stringify({ seed, ...summary })}\n`);
    else
      say(
        Object.entries(summary)
          .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
          .join('\n'),
      );
    return failures.length > 0 ? 1 : 0;
  } finally {
    await stage.close();
  }
}

function failuresOf({ lost, doubled, unexpected, auditBrokenAt }: KillReport): string[] {
  return [
    ...lost.map((what) => `lost: ${what}`),
    ...doubled.map((what) => `doubled: ${what}`),
    ...unexpected.map((what) => `unexpected: ${what}`),
    ...(auditBrokenAt === null ? [] : [`the audit is broken at ${auditBrokenAt}`]),
  ];
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
