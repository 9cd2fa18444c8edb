import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from './stage';
import { newToken } from '../../shared/system';
import { until } from './stage';
import { editInApp, editInQuickBooks, type Scene } from './story';

export interface Latencies {
  count: number;
  p50: number;
  p95: number;
}

export interface EditFigures {
  editToReflectMs: { appToQuickBooks: Latencies; quickBooksToApp: Latencies };
  meteredReadsPerEdit: number;
  /** How long QuickBooks waited for its webhooks to be acknowledged; it allows 3 000 ms. */
  webhookAnswerMs: Latencies;
}

/** QuickBooks allows ten calls a second; faster edits than these would wait for that, and not for us. */
const PAUSE_MS = 350;

/** From edit to reflection, one edit at a time, both ways in turn, on an invoice of its own. */
export async function measureEdits(
  stage: Stage,
  edits: number,
  progress: (done: number) => void,
): Promise<EditFigures> {
  const invoice = await spareInvoice(stage);
  await stage.quiet();
  const readsBefore = stage.quickBooks.calls().meteredReads;
  const toQuickBooks: number[] = [];
  const toApp: number[] = [];
  for (let i = 0; i < edits; i++) {
    const dueDate = new Date(Date.UTC(2030, 0, 1 + i)).toISOString().slice(0, 10);
    toQuickBooks.push(await editInApp(stage, invoice, dueDate));
    await sleep(PAUSE_MS);
    toApp.push(await editInQuickBooks(stage, invoice, `Edit ${i + 1} in QuickBooks`));
    await sleep(PAUSE_MS);
    progress(i + 1);
  }
  await stage.quiet();
  const reads = stage.quickBooks.calls().meteredReads - readsBefore;
  return {
    editToReflectMs: { appToQuickBooks: latencies(toQuickBooks), quickBooksToApp: latencies(toApp) },
    webhookAnswerMs: latencies(answerTimes(stage)),
    meteredReadsPerEdit: Number((reads / (2 * edits)).toFixed(2)),
  };
}

/** Where the page for decisions is, once a workflow that serves it is published. */
const PAGE_PATH = 'accounting-sync';
const CONFLICT_MS = 30_000;
const HOUR_MS = 3_600_000;

/** From saving a decision on the page of a link until both sides say what was chosen, one after the other. */
export async function measureDecisions(
  stage: Stage,
  decisions: number,
  progress: (done: number) => void,
): Promise<Latencies> {
  const invoice = await spareInvoice(stage);
  const { id } = await stage.api.importWorkflow({
    name: 'Decision pages',
    nodes: [
      {
        name: 'Pages',
        type: 'n8n-nodes-accounting-sync.accountingSyncPages',
        typeVersion: 1,
        parameters: { path: PAGE_PATH, options: {} },
        webhookId: 'decision-pages',
      },
    ],
    connections: {},
  });
  await stage.api.activate(id);
  const times: number[] = [];
  for (let i = 0; i < decisions; i++) {
    const [ours, theirs] = [2 * i, 2 * i + 1].map((days) =>
      new Date(Date.UTC(2034, 0, 1 + days)).toISOString().slice(0, 10),
    ) as [string, string];
    const url = await linkToConflict(stage, invoice, ours, theirs);
    const started = performance.now();
    await decideByLink(url);
    await until('both sides say what was chosen', CONFLICT_MS, async () => {
      const app = await stage.appRecord('invoice', invoice.appId);
      const ledger = stage.inQuickBooks('Invoice', invoice.ledgerId);
      return app?.fields['dueDate'] === theirs && ledger?.DueDate === theirs;
    });
    times.push(performance.now() - started);
    progress(i + 1);
  }
  await stage.api.deactivate(id);
  return latencies(times);
}

/** Two people change the due date, each on their side; the link of somebody who decides. */
async function linkToConflict(
  stage: Stage,
  { appId, ledgerId }: Scene['invoice'],
  ours: string,
  theirs: string,
): Promise<string> {
  await stage.quiet();
  stage.mute();
  stage.quickBooks.edit({ entity: 'Invoice', id: ledgerId, patch: { DueDate: theirs } });
  await stage.appEdit('invoice', appId, { dueDate: ours });
  const conflict = await openConflict(stage, appId);
  stage.listen();
  const token = newToken();
  const expiresAt = Date.now() + HOUR_MS;
  const store = await stage.store();
  await store.decisionLinks.create(
    { token, conflictId: conflict.id, person: 'Jane', expiresAt },
    { now: Date.now(), by: 'sync' },
  );
  return `${stage.n8n.url}/webhook/${PAGE_PATH}?link=${token}&seen=${conflict.refreshedAt}`;
}

async function openConflict(stage: Stage, appId: string): Promise<{ id: string; refreshedAt: number }> {
  const store = await stage.store();
  const { id: connectionId } = await stage.connection();
  const link = await stage.linkOf('invoice', 'app', appId);
  const find = async () => {
    const open = await store.conflicts.list({ connectionId, status: 'open', limit: 10 });
    return open.find(({ linkId }) => linkId === link?.id);
  };
  await until('the conflict is open', CONFLICT_MS, async () => (await find()) !== undefined);
  return (await find())!;
}

async function decideByLink(url: string): Promise<void> {
  const seen = new URL(url).searchParams.get('seen') ?? '';
  const body = new URLSearchParams({ seen, 'answer:dueDate': 'ledger' });
  const answer = await fetch(url, { method: 'POST', body });
  if (answer.status !== 200) throw new Error(`The page answered ${answer.status}: ${await answer.text()}`);
}

/** Not the one that the story leaves in conflict. */
async function spareInvoice(stage: Stage): Promise<Scene['invoice']> {
  const [, invoice] = stage.quickBooks.records('Invoice') as { Id: string; DocNumber: string }[];
  const link = invoice && (await stage.linkOf('invoice', 'ledger', invoice.Id));
  if (!invoice || !link?.app.id) throw new Error('The company has no second invoice');
  return { appId: link.app.id, ledgerId: invoice.Id, number: invoice.DocNumber };
}

const answerTimes = (stage: Stage): number[] =>
  stage.quickBooks.deliveries().flatMap(({ attempts }) => attempts.map((attempt) => attempt.latencyMs));

function latencies(times: number[]): Latencies {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { count: times.length, p50: at(0.5), p95: at(0.95) };
}
