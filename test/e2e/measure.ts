import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from './stage';
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
