import type { Page } from 'playwright-core';
import {
  Browser,
  DESKTOP,
  openForm,
  PHONE,
  picture,
  scrollsSideways,
  submitForm,
  tabTo,
} from './browser/browser';
import { owner } from './host/api';
import { Stage, tellingOf, until } from './stage';

/** Conflicts are decided in the form of the template, in a real browser. */
const MINUTES = 60_000;
const FORM_PATH = 'accounting-sync-conflict';

let stage: Stage;
let browser: Browser;
const told = tellingOf(() => stage);
let invoice: { appId: string; ledgerId: string; number: string };
let day = 0;

beforeAll(async () => {
  [stage, browser] = await Promise.all([Stage.open(), Browser.start()]);
  await stage.firstImport();
  await stage.goLive();
  const form = await stage.importTemplate('conflict-form.json');
  await stage.api.activate(form.id);
  const [first] = stage.quickBooks.records('Invoice') as { Id: string; DocNumber: string }[];
  const link = await stage.linkOf('invoice', 'ledger', first!.Id);
  invoice = { appId: link!.app.id!, ledgerId: first!.Id, number: first!.DocNumber };
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

const nextDay = () => new Date(Date.UTC(2028, 0, 1 + day++)).toISOString().slice(0, 10);
const shown = (date: string) =>
  `${Number(date.slice(8))} ${new Date(date).toLocaleString('en-GB', { month: 'short', timeZone: 'UTC' })} ${date.slice(0, 4)}`;

/** Changes a field in both places, so that somebody has to decide; what each side says. */
async function conflictOn(field: 'dueDate' | 'customerMemo', ours: string, theirs: string): Promise<void> {
  await stage.quiet();
  stage.mute();
  const patch = field === 'dueDate' ? { DueDate: theirs } : { CustomerMemo: { value: theirs } };
  stage.quickBooks.edit({ entity: 'Invoice', id: invoice.ledgerId, patch });
  await stage.appEdit('invoice', invoice.appId, { [field]: ours });
  await until('the conflict is open', MINUTES, async () => (await openConflict()) !== undefined);
  stage.listen();
}

async function openConflict() {
  const store = await stage.store();
  const { id } = await stage.connection();
  const [open] = await store.conflicts.list({ connectionId: id, status: 'open', limit: 1 });
  return open;
}

/** What both sides say of the due date. */
async function dueDates(): Promise<[unknown, unknown]> {
  const app = await stage.appRecord('invoice', invoice.appId);
  return [app?.fields['dueDate'], stage.inQuickBooks('Invoice', invoice.ledgerId)?.DueDate];
}

const both = async (date: string) =>
  await until(`the due date is ${date} on both sides`, MINUTES, async () =>
    (await dueDates()).every((value) => value === date),
  );

async function openConflictForm(page: Page): Promise<void> {
  await openForm(page, `${stage.n8n.url}/form/${FORM_PATH}?conflict=${invoice.number}`);
  await submitForm(page);
  await page.getByText('Store decision').waitFor();
}

const option = (page: Page, text: string | RegExp) => page.getByLabel(text).first();

describe('the conflict form', () => {
  it(
    'asks in plain words, fits a phone, and what is chosen is on both sides',
    told(async () => {
      const [ours, theirs] = [nextDay(), nextDay()];
      await conflictOn('dueDate', ours, theirs);
      const page = await browser.open(PHONE, stage.api);
      await openConflictForm(page);
      await expect(page.locator('body').innerText()).resolves.toContain(`Invoice ${invoice.number}`);
      await expect(page.locator('body').innerText()).resolves.toContain(shown(theirs));
      expect(await scrollsSideways(page)).toBe(false);
      await picture(page, 'conflict-form-phone');
      expect(await dueDates()).toEqual([ours, theirs]);
      await option(page, `QuickBooks Online: ${shown(theirs)}`).check();
      await submitForm(page);
      await page.getByText('Decided', { exact: true }).waitFor();
      await both(theirs);
      const { id } = await stage.connection();
      const rows = await (
        await stage.store()
      ).audit.list(id, { limit: 20, beforeSeq: Number.MAX_SAFE_INTEGER });
      expect(rows.find(({ kind }) => kind === 'conflict_resolved')?.detail).toMatchObject({
        decidedBy: owner.email,
      });
      await page.context().close();
    }),
    3 * MINUTES,
  );

  it(
    'is filled in by the keyboard alone, with a value of one’s own',
    told(async () => {
      // Read the same whichever comes first, day or month.
      const mine = '2029-03-03';
      await conflictOn('dueDate', nextDay(), nextDay());
      const page = await browser.open(DESKTOP, stage.api);
      await openConflictForm(page);
      await picture(page, 'conflict-form');
      await tabTo(page, 'input[type=date]');
      await page.keyboard.type('03032029');
      await tabTo(page, '#submit-btn');
      await page.keyboard.press('Enter');
      await page.getByText('Decided', { exact: true }).waitFor();
      await both(mine);
      await page.context().close();
    }),
    3 * MINUTES,
  );

  it(
    'comes back with fresh values and the choice kept where a side has changed meanwhile',
    told(async () => {
      const [ours, theirs, later] = [nextDay(), nextDay(), nextDay()];
      await conflictOn('dueDate', ours, theirs);
      const page = await browser.open(DESKTOP, stage.api);
      await openConflictForm(page);
      await option(page, `QuickBooks Online: ${shown(theirs)}`).check();
      const before = await openConflict();
      stage.quickBooks.edit({ entity: 'Invoice', id: invoice.ledgerId, patch: { DueDate: later } });
      await until('the conflict says so', MINUTES, async () => {
        return (await openConflict())?.refreshedAt !== before?.refreshedAt;
      });
      await submitForm(page);
      await page.getByText('has changed since you looked').waitFor();
      expect(await dueDates()).toEqual([ours, later]);
      expect(await option(page, `QuickBooks Online: ${shown(later)}`).isChecked()).toBe(true);
      await picture(page, 'conflict-form-changed');
      await submitForm(page);
      await page.getByText('Decided', { exact: true }).waitFor();
      await both(later);
      await page.context().close();
    }),
    3 * MINUTES,
  );

  it(
    'lets one of two people decide, and tells the other who it was',
    told(async () => {
      const [ours, theirs] = [nextDay(), nextDay()];
      await conflictOn('dueDate', ours, theirs);
      const [one, two] = await Promise.all([
        browser.open(DESKTOP, stage.api),
        browser.open(DESKTOP, stage.api),
      ]);
      await openConflictForm(one);
      await openConflictForm(two);
      await option(one, `Your app: ${shown(ours)}`).check();
      await option(two, `QuickBooks Online: ${shown(theirs)}`).check();
      await submitForm(one);
      await one.getByText('Decided', { exact: true }).waitFor();
      await submitForm(two);
      await two.getByText('Nothing to decide').waitFor();
      await expect(two.locator('body').innerText()).resolves.toContain(`was decided by ${owner.email}`);
      await both(ours);
      await one.context().close();
      await two.context().close();
    }),
    3 * MINUTES,
  );

  it(
    'shows what people wrote as they wrote it, harmless',
    told(async () => {
      const [ours, theirs] = ['<img src=x onerror=alert(1)> {{ $json }}', '=HYPERLINK("http://x.invalid")'];
      await conflictOn('customerMemo', ours, theirs);
      const page = await browser.open(DESKTOP, stage.api);
      const dialogs: string[] = [];
      page.on('dialog', (dialog) => {
        dialogs.push(dialog.message());
        void dialog.dismiss();
      });
      await openConflictForm(page);
      const text = await page.locator('body').innerText();
      expect(text).toContain(ours);
      expect(text).toContain(theirs);
      expect(await page.locator('img[src="x"]').count()).toBe(0);
      await page
        .getByLabel(/^Your app: /)
        .first()
        .check();
      await submitForm(page);
      await page.getByText('Decided', { exact: true }).waitFor();
      expect(dialogs).toEqual([]);
      await until('the memo is in QuickBooks', MINUTES, () => {
        return stage.inQuickBooks('Invoice', invoice.ledgerId)?.CustomerMemo?.value === ours;
      });
      await page.context().close();
    }),
    3 * MINUTES,
  );

  it(
    'says so where there is nothing to decide, and what is open',
    told(async () => {
      await stage.quiet();
      const page = await browser.open(PHONE, stage.api);
      await openForm(page, `${stage.n8n.url}/form/${FORM_PATH}?conflict=no-such-number`);
      await submitForm(page);
      await page.getByText('Not found').waitFor();
      await expect(page.locator('body').innerText()).resolves.toContain('No conflict is open there.');
      await page.context().close();
    }),
    MINUTES,
  );

  it(
    'shows nothing to anybody who is not signed in',
    told(async () => {
      const page = await browser.open(PHONE);
      await page.goto(`${stage.n8n.url}/form/${FORM_PATH}?conflict=${invoice.number}`);
      await page.waitForURL(/signin/);
      await page.context().close();
    }),
    MINUTES,
  );
});
