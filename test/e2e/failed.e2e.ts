import type { Page } from 'playwright-core';
import { Browser, openForm, PHONE, picture, scrollsSideways, submitForm } from './browser/browser';
import { owner, type Workflow } from './host/api';
import { itemsOf } from './host/execution';
import { startMailSink, type MailSink } from './host/mailSink';
import { Stage, tellingOf, until } from './stage';

/** What has failed is reported by mail, and tried again or dismissed in the form of the template. */
const MINUTES = 60_000;
const FORM = 'accounting-sync-failed';

let stage: Stage;
let browser: Browser;
let mail: MailSink;
let daily: Workflow;
const told = tellingOf(() => stage);
let item: { ledgerId: string; appId: string };
let customer: unknown;

beforeAll(async () => {
  [stage, browser, mail] = await Promise.all([Stage.open(), Browser.start(), startMailSink()]);
  await stage.firstImport();
  await stage.goLive();
  const smtp = await stage.api.createCredential({
    name: 'Mail',
    type: 'smtp',
    data: {
      ...{ user: '', password: '', host: '127.0.0.1', port: mail.port },
      ...{ secure: false, disableStartTls: true, hostName: '' },
    },
  });
  daily = await stage.importTemplate('failed-daily.json', {
    credentials: { ...stage.credentials, smtp },
  });
  await stage.api.activate(daily.id);
  const service = stage.quickBooks.records('Item').find(({ Type }) => Type === 'Service') as { Id: string };
  const link = await stage.linkOf('item', 'ledger', service.Id);
  item = { ledgerId: service.Id, appId: link!.app.id! };
  const [invoice] = stage.quickBooks.records('Invoice') as { Id: string }[];
  const known = await stage.linkOf('invoice', 'ledger', invoice!.Id);
  customer = (await stage.appRecord('invoice', known!.app.id!))?.fields['customer'];
});
afterAll(async () => {
  await browser?.close();
  await mail?.close();
  await stage?.close();
});

const failedOf = async () =>
  (await stage.store()).queue.failed({ connectionId: (await stage.connection()).id, limit: 50 });

async function setActive(active: boolean): Promise<void> {
  stage.quickBooks.edit({ entity: 'Item', id: item.ledgerId, patch: { Active: active } });
  await until('the app knows whether the item is active', MINUTES, async () => {
    return (await stage.appRecord('item', item.appId))?.fields['active'] === active;
  });
  await stage.quiet();
}

/** Invoices that QuickBooks refuses, since their item is inactive. */
async function fail(...numbers: string[]): Promise<void> {
  await setActive(false);
  for (const number of numbers) {
    const line = { item: { entity: 'item', id: item.appId }, quantity: '2', unitPrice: '5' };
    const { status } = await stage.appEdit('invoice', undefined, { number, customer, lines: [line] });
    expect(status).toBe(200);
  }
  await until('they have failed', MINUTES, async () => (await failedOf()).length === numbers.length);
}

const runDaily = async () =>
  await stage.api.runWorkflow(daily.id, { trigger: 'Every Morning', items: [{}], timeoutMs: MINUTES });

async function openList(page: Page): Promise<void> {
  await openForm(page, `${stage.n8n.url}/form/${FORM}`);
  await submitForm(page);
}

async function choose(page: Page, record: RegExp, action: string, reason?: string): Promise<void> {
  await page.getByText('What is to be done').first().waitFor();
  const select = page.locator('select').first();
  const labels = await select.locator('option').allInnerTexts();
  await select.selectOption({ label: labels.find((label) => record.test(label)) ?? 'none' });
  await page.getByLabel(action).first().check();
  if (reason !== undefined) await page.locator('textarea').first().fill(reason);
  await submitForm(page);
}

describe('failed records', () => {
  it(
    'are none: nothing is sent, and the form says so',
    told(async () => {
      expect((await runDaily()).status).toBe('success');
      expect(mail.messages).toEqual([]);
      const page = await browser.open(PHONE, stage.api);
      await openList(page);
      await page.getByText('Nothing has failed').first().waitFor();
      await page.context().close();
    }),
    3 * MINUTES,
  );

  it(
    'are reported in one message, in plain words, with the way to the form',
    told(async () => {
      await fail('FAIL-1', 'FAIL-2');
      expect((await runDaily()).status).toBe('success');
      await until('the message is there', MINUTES, () => mail.messages.length > 0);
      expect(mail.messages).toHaveLength(1);
      const [message] = mail.messages;
      expect(message).toContain('2 records of Demo company could not be brought in sync');
      for (const number of ['FAIL-1', 'FAIL-2']) expect(message).toContain(`Invoice ${number}: `);
      expect(message).toContain(`${stage.n8n.url}/form/${FORM}?company=Demo%20company`);
    }),
    3 * MINUTES,
  );

  it(
    'are dismissed for a reason only, by somebody whom the audit names',
    told(async () => {
      const page = await browser.open(PHONE, stage.api);
      await openList(page);
      await choose(page, /FAIL-2/, 'Dismiss this record');
      await page.getByText('Reason is required').first().waitFor();
      expect(await failedOf()).toHaveLength(2);
      await openList(page);
      await page.getByText('What is to be done').first().waitFor();
      await expect(page.locator('body').innerText()).resolves.toContain('Invoice FAIL-2');
      await picture(page, 'failed-form-phone');
      expect(await scrollsSideways(page)).toBe(false);
      await choose(page, /FAIL-2/, 'Dismiss this record', 'Entered twice');
      await page.getByText('Invoice FAIL-2 is dismissed').first().waitFor();
      expect((await failedOf()).map(({ title }) => title)).toEqual(['FAIL-1']);
      const { id } = await stage.connection();
      const [newest] = await (await stage.store()).audit.list(id, { beforeSeq: 1e9, limit: 1 });
      expect(newest).toMatchObject({
        kind: 'events_dismissed',
        detail: { note: 'Entered twice', decidedBy: owner.email },
      });
      await page.context().close();
    }),
    3 * MINUTES,
  );

  it(
    'are tried again after a page that says what it takes, and not without it',
    told(async () => {
      await setActive(true);
      const page = await browser.open(PHONE, stage.api);
      await openList(page);
      await choose(page, /FAIL-1/, 'Retry this record');
      await page.getByText('about 2 calls to QuickBooks Online').first().waitFor();
      expect(await failedOf()).toHaveLength(1);
      await page.getByLabel('No, leave it as it is').first().check();
      await submitForm(page);
      await page.getByText('Left as it is').first().waitFor();
      expect(await failedOf()).toHaveLength(1);
      await openList(page);
      await choose(page, /FAIL-1/, 'Retry this record');
      await page.getByLabel('Yes, try again').first().check();
      await submitForm(page);
      await page.getByText('Tried again now').first().waitFor();
      await until('the invoice is in QuickBooks', MINUTES, () =>
        stage.quickBooks.records('Invoice').some(({ DocNumber }) => DocNumber === 'FAIL-1'),
      );
      await stage.quiet();
      expect(await failedOf()).toEqual([]);
      await page.context().close();
    }),
    3 * MINUTES,
  );

  it(
    'tell their story: what was refused, who tried it again, what came of it; and both sides',
    told(async () => {
      const named = (operation: string) => ({
        ...{ resource: 'record', operation, entity: 'invoice' },
        record: { __rl: true, mode: 'name', value: 'FAIL-1' },
        connection: { __rl: true, mode: 'list', value: '' },
      });
      const timeline = itemsOf(await stage.runStep(named('timeline')), 'Step');
      const what = timeline.map((entry) => (entry as { what: string }).what);
      expect(what).toEqual(
        expect.arrayContaining(['Failed', 'Failed events tried again', 'Brought in sync']),
      );
      expect(timeline.find((entry) => (entry as { what: string }).what === 'Brought in sync')).toMatchObject({
        execution: expect.stringMatching(/^workflow \S+ \(execution \d+\)$/) as string,
      });
      const [sides] = itemsOf(await stage.runStep(named('getSides')), 'Step');
      expect(sides).toMatchObject({ summary: 'Both sides say the same', title: 'FAIL-1' });
    }),
    3 * MINUTES,
  );
});
