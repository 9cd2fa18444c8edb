import type { Page } from 'playwright-core';
import { Browser, DESKTOP, openForm, PHONE, picture, scrollsSideways, submitForm } from './browser/browser';
import { owner } from './host/api';
import { itemsOf } from './host/execution';
import { Stage, tellingOf, until } from './stage';

/** Rules are set in the form of the template, in a real browser, and count from the next change on. */
const MINUTES = 60_000;
const FORM_PATH = 'accounting-sync-rules';
/** What n8n does to such a name on its way to a page and back must not matter. */
const COMPANY = 'Smith & Sons "Ltd"';

let stage: Stage;
let browser: Browser;
const told = tellingOf(() => stage);
let invoice: { appId: string; ledgerId: string; number: string };
let day = 0;

beforeAll(async () => {
  [stage, browser] = await Promise.all([Stage.open(), Browser.start()]);
  await stage.firstImport();
  await stage.goLive();
  const form = await stage.importTemplate('set-policy.json');
  await stage.api.activate(form.id);
  const store = await stage.store();
  const { id } = await stage.connection();
  await store.connections.update(id, { name: COMPANY }, { now: Date.now(), by: 'user test' });
  const [first] = stage.quickBooks.records('Invoice') as { Id: string; DocNumber: string }[];
  const link = await stage.linkOf('invoice', 'ledger', first!.Id);
  invoice = { appId: link!.app.id!, ledgerId: first!.Id, number: first!.DocNumber };
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

const nextDay = () => new Date(Date.UTC(2028, 0, 1 + day++)).toISOString().slice(0, 10);

async function openConflicts() {
  const store = await stage.store();
  const { id } = await stage.connection();
  return await store.conflicts.list({ connectionId: id, status: 'open', limit: 9 });
}

/** Changes the due date in both places at once. */
async function changeBoth(ours: string, theirs: string): Promise<void> {
  await stage.quiet();
  stage.mute();
  stage.quickBooks.edit({ entity: 'Invoice', id: invoice.ledgerId, patch: { DueDate: theirs } });
  await stage.appEdit('invoice', invoice.appId, { dueDate: ours });
}

const rules = async () => await (await stage.store()).policies.inForce();

interface Choice {
  what: string;
  winner: string;
  customer?: string;
  reason?: string;
}

/** Up to the page that says what the rule would do. */
async function tryRule(page: Page, { what, winner, customer = '', reason = '' }: Choice): Promise<void> {
  await openForm(page, `${stage.n8n.url}/form/${FORM_PATH}`);
  await submitForm(page);
  await page.getByText('Who wins where both sides have changed the same field?').waitFor();
  const [company, target] = [page.locator('select').nth(0), page.locator('select').nth(1)];
  await company.selectOption({ label: COMPANY });
  await target.selectOption({ label: what });
  await page.getByLabel(winner).first().check();
  await page.getByPlaceholder('Name or ID').fill(customer);
  await page.getByPlaceholder('Why, for whoever').fill(reason);
}

async function toNextPage(page: Page, text: string | RegExp): Promise<string> {
  await submitForm(page);
  await page.getByText(text).first().waitFor();
  return await page.locator('body').innerText();
}

describe('the form for rules', () => {
  it(
    'shows the rules, says what a new one would do, and sets it when that is confirmed',
    told(async () => {
      await changeBoth(nextDay(), nextDay());
      await until('the conflict is open', MINUTES, async () => (await openConflicts()).length === 1);
      stage.listen();
      const page = await browser.open(PHONE, stage.api);
      await tryRule(page, {
        what: 'Invoices, Due Date',
        winner: 'The app wins',
        reason: 'Dates are agreed in the app',
      });
      expect(await scrollsSideways(page)).toBe(false);
      await picture(page, 'policy-form-phone');
      const tried = await toNextPage(page, 'Set this rule?');
      expect(tried).toContain(`${COMPANY} · Invoices, Due Date: app wins`);
      expect(tried).toContain('Would decide 1 of 1 open conflict');
      expect(tried).toContain(`Invoice ${invoice.number}: Due Date: Your app wins`);
      expect(await scrollsSideways(page)).toBe(false);
      await picture(page, 'policy-dry-run-phone');
      expect(await rules()).toEqual([]);
      await page.getByLabel('Set the rule', { exact: true }).check();
      expect(await toNextPage(page, 'The rule is set')).toContain(
        '1 open conflict would be decided by it now',
      );
      expect(await rules()).toMatchObject([
        {
          ...{ entity: 'invoice', field: 'dueDate', winner: 'app' },
          ...{ decidedBy: owner.email, reason: 'Dates are agreed in the app' },
        },
      ]);
      // What waits for a person stays theirs until its record is looked at again.
      expect(await openConflicts()).toHaveLength(1);
      await page.context().close();
    }),
    3 * MINUTES,
  );

  it(
    'has made a rule that counts from the next change on',
    told(async () => {
      const [ours, theirs] = [nextDay(), nextDay()];
      await changeBoth(ours, theirs);
      await until('the app has won', MINUTES, () => {
        return stage.inQuickBooks('Invoice', invoice.ledgerId)?.DueDate === ours;
      });
      stage.listen();
      await stage.quiet();
      expect(await openConflicts()).toEqual([]);
    }),
    2 * MINUTES,
  );

  it(
    'asks for more where amounts would be overwritten, and sets nothing that nobody has confirmed',
    told(async () => {
      const before = await rules();
      const page = await browser.open(DESKTOP, stage.api);
      await tryRule(page, { what: 'Invoices', winner: 'The accounting tool wins' });
      await picture(page, 'policy-form');
      const tried = await toNextPage(page, 'Set this rule?');
      expect(tried).toContain('would be overwritten without asking anybody');
      expect(tried).toContain('Set the rule, and overwrite amounts without asking');
      await picture(page, 'policy-dry-run');
      await toNextPage(page, 'Nothing was set');
      expect(await rules()).toEqual(before);
      await page.context().close();
    }),
    2 * MINUTES,
  );

  it(
    'lets nobody confirm what cannot work, and says why',
    told(async () => {
      const page = await browser.open(DESKTOP, stage.api);
      await tryRule(page, { what: 'Tax Rates', winner: 'The app wins' });
      const tried = await toNextPage(page, 'Set this rule?');
      expect(tried).toContain('QuickBooks Online does not let anybody change tax rates');
      expect(tried).not.toContain('Set the rule');
      await tryRule(page, { what: 'Invoices, Due Date', winner: 'The app wins', customer: 'Nobody <b>' });
      const refused = await toNextPage(page, 'That is not possible');
      expect(refused).toContain('no customer "Nobody <b>" that both sides have');
      await page.context().close();
    }),
    2 * MINUTES,
  );

  it(
    'shows nothing to anybody who is not signed in',
    told(async () => {
      const page = await browser.open(PHONE);
      await page.goto(`${stage.n8n.url}/form/${FORM_PATH}`);
      await page.waitForURL(/signin/);
      await page.context().close();
    }),
    MINUTES,
  );
});

describe('the resource Policy in the editor', () => {
  const step = async (parameters: object) => {
    const execution = await stage.runStep({ resource: 'policy', ...parameters });
    expect(execution.status).toBe('success');
    return itemsOf(execution, 'Step');
  };

  it(
    'tells who changed what, and takes it back',
    told(async () => {
      const [last] = await step({ operation: 'history', scope: 'all', limit: 1 });
      expect(last).toMatchObject({
        ...{ before: 'no rule', after: 'app wins', decidedBy: owner.email },
        reason: 'Dates are agreed in the app',
      });
      const [undone] = await step({ operation: 'undo', what: 'change', change: last?.['change'] });
      expect(undone).toMatchObject({ winner: null, who: expect.stringMatching(/^user /) as string });
      expect(await step({ operation: 'getAll', scope: 'all' })).toEqual([]);
    }),
    2 * MINUTES,
  );
});
