import { setTimeout as sleep } from 'node:timers/promises';
import { itemsOf } from './host/execution';
import { until, type Stage } from './stage';

/** One thing the pack promises, done for real. Throws when it does not hold; the result is what to tell. */
export interface Step {
  name: string;
  play(stage: Stage, scene: Scene): Promise<Told>;
}

export interface Told {
  /** One line for people. */
  text: string;
  /** More lines, indented. */
  details?: string[];
  latencyMs?: number;
}

/** What earlier steps leave for later ones. */
export interface Scene {
  invoice: { appId: string; ledgerId: string; number: string };
}

const REFLECT_MS = 20_000;

/** Follow-up days, so that no two edits of the story write the same value. */
let day = 0;
const nextDate = () => new Date(Date.UTC(2027, 0, 1 + day++)).toISOString().slice(0, 10);

const firstImport: Step = {
  name: 'First import of existing records',
  async play(stage, scene) {
    const started = performance.now();
    const entities = (await stage.firstImport()) as {
      entity: string;
      inLedger: number;
      created: number;
      linked: number;
    }[];
    const latencyMs = performance.now() - started;
    const [invoice] = stage.quickBooks.records('Invoice') as { Id: string; DocNumber: string }[];
    if (!invoice) throw new Error('The company has no invoice');
    const link = await stage.linkOf('invoice', 'ledger', invoice.Id);
    if (!link?.app.id) throw new Error('The first invoice was not imported');
    scene.invoice = { appId: link.app.id, ledgerId: invoice.Id, number: invoice.DocNumber };
    const writes = stage.quickBooks.calls().writes;
    if (writes !== 0) throw new Error(`The import wrote ${writes} times to QuickBooks`);
    const read = entities.reduce((sum, entity) => sum + entity.inLedger, 0);
    return {
      text: `${read} records met, nothing overwritten`,
      details: entities.map(
        ({ entity, inLedger, created, linked }) =>
          `${entity}: ${inLedger} in QuickBooks, ${created} created in the app, ${linked} already there`,
      ),
      latencyMs,
    };
  },
};

const publish: Step = {
  name: 'Templates published, webhooks registered',
  async play(stage) {
    await stage.goLive();
    return { text: `webhook-sync.json and app-edits.json run; QuickBooks posts to ${stage.webhookUrl}` };
  },
};

const appEdit: Step = {
  name: 'An app edit reaches QuickBooks',
  async play(stage, { invoice }) {
    const dueDate = nextDate();
    const latencyMs = await editInApp(stage, invoice, dueDate);
    return {
      text: `invoice ${invoice.number}: due date ${dueDate} posted by the app is in QuickBooks`,
      latencyMs,
    };
  },
};

const ledgerEdit: Step = {
  name: 'A QuickBooks edit reaches the app by webhook',
  async play(stage, { invoice }) {
    const memo = `Thank you (${nextDate()})`;
    const latencyMs = await editInQuickBooks(stage, invoice, memo);
    return {
      text: `invoice ${invoice.number}: message "${memo}" typed in QuickBooks is in the app`,
      latencyMs,
    };
  },
};

const disjoint: Step = {
  name: 'Disjoint edits are merged',
  async play(stage, { invoice }) {
    await stage.quiet();
    stage.mute();
    const [dueDate, memo] = [nextDate(), `Merged (${nextDate()})`];
    stage.quickBooks.edit({
      entity: 'Invoice',
      id: invoice.ledgerId,
      patch: { CustomerMemo: { value: memo } },
    });
    const started = performance.now();
    await post(stage, invoice.appId, { dueDate });
    await until('both edits are on both sides', REFLECT_MS, async () => {
      const ledger = stage.inQuickBooks('Invoice', invoice.ledgerId);
      const app = (await stage.appRecord('invoice', invoice.appId))?.fields;
      return (
        ledger?.DueDate === dueDate &&
        ledger.CustomerMemo?.value === memo &&
        app?.['dueDate'] === dueDate &&
        app['customerMemo'] === memo
      );
    });
    const latencyMs = performance.now() - started;
    stage.listen();
    return {
      text: `due date from the app and message from QuickBooks are on both sides`,
      details: [`due date ${dueDate}`, `message "${memo}"`],
      latencyMs,
    };
  },
};

const conflict: Step = {
  name: 'The same field edited on both sides is held as a conflict',
  async play(stage, { invoice }) {
    await stage.quiet();
    stage.mute();
    const [ours, theirs] = [nextDate(), nextDate()];
    stage.quickBooks.edit({ entity: 'Invoice', id: invoice.ledgerId, patch: { DueDate: theirs } });
    const [latest] = await stage.api.listExecutions({ workflowId: stage.workflows.sync.id });
    const started = performance.now();
    await post(stage, invoice.appId, { dueDate: ours });
    const store = await stage.store();
    const ofCompany = { connectionId: (await stage.connection()).id, status: 'open' as const };
    await until(
      'a conflict is open',
      REFLECT_MS,
      async () => (await store.conflicts.list({ ...ofCompany, limit: 1 })).length > 0,
    );
    const latencyMs = performance.now() - started;
    const [held] = await store.conflicts.list({ ...ofCompany, limit: 10 });
    const item = await conflictItem(stage, latest?.id);
    await sleep(300);
    const ledger = stage.inQuickBooks('Invoice', invoice.ledgerId)?.DueDate;
    const app = (await stage.appRecord('invoice', invoice.appId))?.fields['dueDate'];
    if (ledger !== theirs || app !== ours)
      throw new Error(`Somebody was overwritten: app ${String(app)}, QuickBooks ${String(ledger)}`);
    stage.listen();
    return {
      text: `${held?.entity} ${held?.title} is held; neither side was written to`,
      details: [
        ...(held?.fields ?? []).map(
          (field) =>
            `${field.label}: agreed ${String(field.base)}, app ${String(field.app)}, QuickBooks ${String(field.ledger)}`,
        ),
        `item on the Conflict output: ${JSON.stringify(item['summary'] ?? item)}`,
      ],
      latencyMs,
    };
  },
};

const duplicates: Step = {
  name: 'A duplicate and an out-of-order webhook do nothing',
  async play(stage) {
    await stage.quiet();
    const before = await fingerprint(stage);
    const started = performance.now();
    let sent = 0;
    while (sent < 20) {
      sent += await stage.quickBooks.redeliverWebhooks({ count: 20, shuffle: true, duplicate: true });
    }
    await stage.quiet();
    await sleep(1_500);
    await stage.quiet();
    const latencyMs = performance.now() - started;
    const after = await fingerprint(stage);
    if (before !== after) throw new Error(`Something changed: ${before} became ${after}`);
    return {
      text: `${sent} old notifications came again, shuffled and doubled: no write, no new record`,
      latencyMs,
    };
  },
};

export const story: readonly Step[] = [
  firstImport,
  publish,
  appEdit,
  ledgerEdit,
  disjoint,
  conflict,
  duplicates,
];

export const newScene = (): Scene => ({ invoice: { appId: '', ledgerId: '', number: '' } });

/** From posting to seeing it in QuickBooks, in ms. */
export async function editInApp(stage: Stage, invoice: Scene['invoice'], dueDate: string): Promise<number> {
  const started = performance.now();
  await post(stage, invoice.appId, { dueDate });
  await until(`invoice ${invoice.number} is due ${dueDate} in QuickBooks`, REFLECT_MS, () => {
    return stage.inQuickBooks('Invoice', invoice.ledgerId)?.DueDate === dueDate;
  });
  return performance.now() - started;
}

/** From the edit in QuickBooks to seeing it in the app's records, in ms. */
export async function editInQuickBooks(
  stage: Stage,
  invoice: Scene['invoice'],
  memo: string,
): Promise<number> {
  const started = performance.now();
  stage.quickBooks.edit({
    entity: 'Invoice',
    id: invoice.ledgerId,
    patch: { CustomerMemo: { value: memo } },
  });
  await until(`invoice ${invoice.number} says "${memo}" in the app`, REFLECT_MS, async () => {
    return (await stage.appRecord('invoice', invoice.appId))?.fields['customerMemo'] === memo;
  });
  return performance.now() - started;
}

async function post(stage: Stage, id: string, fields: object): Promise<void> {
  const answer = await stage.appEdit('invoice', id, fields);
  if (answer.status !== 200) throw new Error(`The app's edit was answered ${answer.status}: ${answer.text}`);
}

async function conflictItem(stage: Stage, afterId: string | undefined): Promise<Record<string, unknown>> {
  for (let tries = 0; tries < 5; tries++) {
    const execution = await stage.api.waitForNextExecution(stage.workflows.sync.id, afterId, REFLECT_MS);
    const [item] = itemsOf(execution, 'Process Due Events', { output: 1 });
    if (item) return item as Record<string, unknown>;
    afterId = execution.id;
  }
  throw new Error('No execution put an item on the Conflict output');
}

/** All that a needless sync would change. */
async function fingerprint(stage: Stage): Promise<string> {
  const store = await stage.store();
  const { id } = await stage.connection();
  const invoices = await store.appRecords.list(id, 'invoice', { limit: 1_000 });
  const versions = invoices.map((record) => record.version).join(',');
  const conflicts = await store.conflicts.list({ connectionId: id, limit: 1_000 });
  return `writes ${stage.quickBooks.calls().writes}, app versions ${versions}, conflicts ${conflicts.length}`;
}
