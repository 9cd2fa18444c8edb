import { setTimeout as sleep } from 'node:timers/promises';
import { Stage, tellingOf, until } from './stage';
import { editInApp, editInQuickBooks, newScene, story, type Scene } from './story';

let stage: Stage;
const told = tellingOf(() => stage);
const scene = newScene();

beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage?.close());

describe('the main job in a real n8n', () => {
  it.each(story.map((step) => [step.name, step] as const))(
    '%s',
    told(async (_name, step) => {
      await step.play(stage, scene);
    }),
  );
});

/** An invoice that no step has left in conflict. */
async function freshInvoice(): Promise<Scene['invoice']> {
  const created = stage.quickBooks.create({
    entity: 'Invoice',
    record: {
      CustomerRef: (stage.inQuickBooks('Invoice', scene.invoice.ledgerId) as { CustomerRef: object })
        .CustomerRef,
      Line: [
        { Amount: 10, DetailType: 'SalesItemLineDetail', SalesItemLineDetail: { ItemRef: await anyItem() } },
      ],
    },
  }) as { Id: string; DocNumber: string };
  let appId = '';
  await until('the new invoice is in the app', 20_000, async () => {
    appId = (await stage.linkOf('invoice', 'ledger', created.Id))?.app.id ?? '';
    return appId !== '';
  });
  await stage.quiet();
  return { appId, ledgerId: created.Id, number: created.DocNumber };
}

async function anyItem(): Promise<{ value: string }> {
  const items = stage.quickBooks.records('Item') as { Id: string; Type: string }[];
  return { value: (items.find((item) => item.Type === 'Service') as { Id: string }).Id };
}

const invoicesInQuickBooks = () => stage.quickBooks.records('Invoice').length;
async function invoicesInApp(): Promise<number> {
  const { id } = await stage.connection();
  return (await (await stage.store()).appRecords.list(id, 'invoice', { limit: 10_000 })).length;
}

describe('nothing is lost and nothing is doubled', () => {
  it(
    'when n8n is killed in the middle of a sync',
    told(async () => {
      const invoices = [await freshInvoice(), await freshInvoice(), await freshInvoice()];
      const before = [invoicesInQuickBooks(), await invoicesInApp()];
      // The write lands while n8n waits for its answer, and then n8n is gone.
      stage.quickBooks.addFaults({
        match: { operation: 'update', entity: 'Invoice' },
        effect: { kind: 'delay', ms: 8_000, when: 'after' },
      });
      for (const [i, invoice] of invoices.entries()) {
        const answer = await stage.appEdit('invoice', invoice.appId, { dueDate: `2031-01-0${i + 1}` });
        expect(answer.status).toBe(200);
      }
      await until('a write has reached QuickBooks', 20_000, () =>
        invoices.some((invoice) =>
          String(stage.inQuickBooks('Invoice', invoice.ledgerId)?.['DueDate']).startsWith('2031'),
        ),
      );
      await stage.n8n.kill();
      stage.quickBooks.edit({
        entity: 'Invoice',
        id: (invoices[0] as Scene['invoice']).ledgerId,
        patch: { CustomerMemo: { value: 'Typed while n8n was down' } },
      });
      await stage.n8n.restart();
      await until(
        'all edits are in QuickBooks and in the app',
        150_000,
        async () => {
          const there = await Promise.all(
            invoices.map(async (invoice, i) => {
              const ledger = stage.inQuickBooks('Invoice', invoice.ledgerId);
              const app = await stage.appRecord('invoice', invoice.appId);
              return (
                ledger?.['DueDate'] === `2031-01-0${i + 1}` && app?.fields['dueDate'] === `2031-01-0${i + 1}`
              );
            }),
          );
          return there.every(Boolean);
        },
        50,
      );
      await stage.quickBooks.flushWebhooks();
      await until(
        'what was typed meanwhile is in the app',
        60_000,
        async () => {
          const app = await stage.appRecord('invoice', (invoices[0] as Scene['invoice']).appId);
          return app?.fields['customerMemo'] === 'Typed while n8n was down';
        },
        50,
      );
      expect([invoicesInQuickBooks(), await invoicesInApp()]).toEqual(before);
    }),
  );

  it(
    'when the answer to a create is dropped after it landed',
    told(async () => {
      const customer = (await stage.appRecord('invoice', scene.invoice.appId))?.fields['customer'];
      const before = invoicesInQuickBooks();
      stage.quickBooks.addFaults({
        match: { operation: 'create', entity: 'Invoice' },
        effect: { kind: 'drop-after-commit' },
      });
      const answer = await stage.appEdit('invoice', undefined, {
        number: 'LOST-1',
        customer,
        lines: [{ description: 'Once', amount: '12.34' }],
      });
      expect(answer.status).toBe(200);
      const { id: appId } = answer.json as { id: string };
      await until(
        'the app knows its invoice in QuickBooks',
        60_000,
        async () => ((await stage.linkOf('invoice', 'app', appId))?.ledger.id ?? null) !== null,
        50,
      );
      await stage.quiet();
      expect(invoicesInQuickBooks()).toBe(before + 1);
      expect((await stage.appRecord('invoice', appId))?.fields).toMatchObject({
        number: 'LOST-1',
        total: '12.34',
      });
    }),
  );

  it(
    'when the access token expires in mid-run',
    told(async () => {
      const invoice = await freshInvoice();
      stage.quickBooks.expireTokens('access');
      await editInApp(stage, invoice, '2031-02-02');
      stage.quickBooks.expireTokens('access');
      await editInQuickBooks(stage, invoice, 'After the token expired');
      expect(await stage.connection()).toMatchObject({ state: 'active' });
    }),
  );

  it(
    'when 200 webhooks come doubled and shuffled',
    told(async () => {
      const invoice = await freshInvoice();
      for (let i = 0; i < 10; i++) {
        stage.quickBooks.edit({
          entity: 'Invoice',
          id: invoice.ledgerId,
          patch: { CustomerMemo: { value: `Edit ${i}` } },
        });
        await sleep(30);
      }
      await until(
        'the last edit is in the app',
        20_000,
        async () => (await stage.appRecord('invoice', invoice.appId))?.fields['customerMemo'] === 'Edit 9',
      );
      await stage.quiet();
      const before = {
        quickBooks: invoicesInQuickBooks(),
        app: await invoicesInApp(),
        writes: stage.quickBooks.calls().writes,
        version: (await stage.appRecord('invoice', invoice.appId))?.version,
      };
      let sent = 0;
      while (sent < 200)
        sent += await stage.quickBooks.redeliverWebhooks({ count: 50, shuffle: true, duplicate: true });
      await stage.quiet();
      await sleep(1_500);
      await stage.quiet();
      expect(sent).toBeGreaterThanOrEqual(200);
      expect({
        quickBooks: invoicesInQuickBooks(),
        app: await invoicesInApp(),
        writes: stage.quickBooks.calls().writes,
        version: (await stage.appRecord('invoice', invoice.appId))?.version,
      }).toEqual(before);
      const { brokenAt } = await (
        await stage.store()
      ).audit.verify((await stage.connection()).id, { now: Date.now() });
      expect(brokenAt).toBeNull();
    }),
  );
});
