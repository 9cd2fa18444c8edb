import { owner } from './host/api';
import { measureDecisions, measureEdits, type EditFigures, type Latencies } from './measure';
import { Stage } from './stage';
import { newScene, story } from './story';

const FLAGS = ['--once', '--json', '--port'];
const EDITS = 30;
const DECISIONS = 10;

interface PlayedStep {
  name: string;
  passed: boolean;
  latencyMs: number | null;
  text: string;
}

/** `npm run demo`: the main job in a real n8n, told as it happens. */
async function main(args: string[]): Promise<number> {
  const unknown = args.filter((arg, i) => !FLAGS.includes(arg) && args[i - 1] !== '--port');
  if (unknown.length > 0) {
    process.stderr.write(`Unknown: ${unknown.join(', ')}. Flags: --once, --json, --port N.\n`);
    return 2;
  }
  const [once, json] = [args.includes('--once'), args.includes('--json')];
  const port = Number(args[args.indexOf('--port') + 1] ?? 0) || 0;
  // With --json the last line on standard output is the summary; the story goes to standard error.
  const say = (line: string) => void (json ? process.stderr : process.stdout).write(`${line}\n`);

  const stage = await Stage.open({
    log: (line) => say(`  ${line}`),
    port: args.includes('--port') ? port : 0,
  });
  let closing: Promise<void> | null = null;
  const close = () => (closing ??= stage.close());
  try {
    const steps = await playAll(stage, say);
    const form = await publishConflictForm(stage);
    const figures = await measure(stage, say);
    const failed = steps.filter((step) => !step.passed).length + (figures ? 0 : 1);
    const passed = steps.length + 1 - failed;
    say(`\n${passed} passed, ${failed} failed`);
    if (json) {
      process.stdout.write(`${JSON.stringify({ steps, passed, failed, ...figures })}\n`);
    }
    if (once) return failed > 0 ? 1 : 0;
    say(`\nDecide the conflict that is open, also on a phone:\n  ${form}`);
    say(
      `\nThe editor is at ${stage.n8n.url}\n  e-mail    ${owner.email}\n  password  ${owner.password}\nCtrl+C ends it.`,
    );
    await new Promise<void>((resolve) => {
      process.once('SIGINT', () => resolve());
      process.once('SIGTERM', () => resolve());
    });
    return 0;
  } finally {
    await close();
  }
}

async function playAll(stage: Stage, say: (line: string) => void): Promise<PlayedStep[]> {
  const scene = newScene();
  const steps: PlayedStep[] = [];
  for (const step of story) {
    say(`\n${step.name}`);
    try {
      const told = await step.play(stage, scene);
      const latencyMs = told.latencyMs === undefined ? null : Math.round(told.latencyMs);
      say(`  ok   ${told.text}${latencyMs === null ? '' : `  (${latencyMs} ms)`}`);
      for (const detail of told.details ?? []) say(`       ${detail}`);
      steps.push({ name: step.name, passed: true, latencyMs, text: told.text });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      say(`  FAILED  ${text}`);
      steps.push({ name: step.name, passed: false, latencyMs: null, text });
    }
  }
  return steps;
}

/** Where the conflict that the story leaves is decided. */
async function publishConflictForm(stage: Stage): Promise<string> {
  const { id } = await stage.importTemplate('conflict-form.json');
  await stage.api.activate(id);
  const { id: connectionId } = await stage.connection();
  const [open] = await (await stage.store()).conflicts.list({ connectionId, status: 'open', limit: 1 });
  const address = `${stage.n8n.url}/form/accounting-sync-conflict`;
  return open ? `${address}?conflict=${encodeURIComponent(open.title)}` : address;
}

type Figures = EditFigures & { decisionToBothSidesMs: Latencies };

async function measure(stage: Stage, say: (line: string) => void): Promise<Figures | null> {
  say(`\nFrom edit to reflection, ${EDITS} edits each way`);
  try {
    const figures = await measureEdits(stage, EDITS, (done) => {
      if (done % 10 === 0) say(`  ${done} of ${EDITS}`);
    });
    const line = ({ p50, p95 }: { p50: number; p95: number }) => `p50 ${p50} ms, p95 ${p95} ms`;
    say(`  app -> QuickBooks  ${line(figures.editToReflectMs.appToQuickBooks)}`);
    say(`  QuickBooks -> app  ${line(figures.editToReflectMs.quickBooksToApp)}`);
    say(`  metered reads per edit  ${figures.meteredReadsPerEdit}`);
    say(`  webhooks acknowledged   ${line(figures.webhookAnswerMs)} (QuickBooks allows 3000)`);
    say(`\nFrom a decision on its page to both sides, ${DECISIONS} decisions`);
    const decisionToBothSidesMs = await measureDecisions(stage, DECISIONS, () => {});
    say(`  ${line(decisionToBothSidesMs)}`);
    return { ...figures, decisionToBothSidesMs };
  } catch (error) {
    say(`  FAILED  ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
