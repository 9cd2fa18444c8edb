import type { Page } from 'playwright-core';
import { entities } from '../../shared/schema/entities';
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
import type { Credential } from './host/api';
import { QUICKBOOKS_CREDENTIAL, Stage, tellingOf, until } from './stage';

/** A company is set up by the form of the template, in a real browser. */
const MINUTES = 60_000;
const FORM_PATH = 'accounting-sync-setup';

let stage: Stage;
let browser: Browser;
const told = tellingOf(() => stage);

beforeAll(async () => {
  [stage, browser] = await Promise.all([Stage.open(), Browser.start()]);
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

/** The wizard for the company that a credential opens, at an address of its own. */
async function wizardFor(credential: Credential, path = FORM_PATH): Promise<string> {
  const options = { path, appendAttribution: false, buttonLabel: 'Look up the company' };
  const workflow = await stage.importTemplate('set-up-wizard.json', {
    credentials: { [QUICKBOOKS_CREDENTIAL]: credential },
    parameters: { 'Set Up a Company': { options } },
  });
  await stage.api.activate(workflow.id);
  return `${stage.n8n.url}/form/${path}`;
}

/** Waits until the page says this; tells what it says instead. */
async function shows(page: Page, text: string | RegExp): Promise<void> {
  try {
    await page.getByText(text).first().waitFor({ timeout: MINUTES });
  } catch (error) {
    throw new Error(`The page does not say ${String(text)} but: ${await textOf(page)}`, { cause: error });
  }
}

const textOf = async (page: Page) => await page.locator('body').innerText();

/** Nobody has to push the page to and fro, and it can be kept as a picture. */
async function lookAt(page: Page, name: string): Promise<void> {
  expect(await scrollsSideways(page)).toBe(false);
  await picture(page, name);
}

async function sendByKeyboard(page: Page): Promise<void> {
  await tabTo(page, '#submit-btn');
  await page.keyboard.press('Enter');
}

async function tickByKeyboard(page: Page, option: string): Promise<void> {
  await tabTo(page, `input[value="${option}"]`);
  await page.keyboard.press('Space');
}

async function typeBudget(page: Page, budget: string): Promise<void> {
  await tabTo(page, 'input[type=number]');
  await page.keyboard.press('Control+A');
  await page.keyboard.type(budget);
}

async function appRecords(): Promise<number> {
  const store = await stage.store();
  const { id } = await stage.connection();
  const lists = await Promise.all(
    entities.map(({ name }) => store.appRecords.list(id, name, { limit: 10_000 })),
  );
  return lists.flat().length;
}

describe('the set-up wizard', () => {
  it(
    'goes all the way on a phone and by the keyboard alone',
    told(async () => {
      const page = await browser.open(PHONE, stage.api);
      await openForm(page, await wizardFor(stage.credential));
      await sendByKeyboard(page);

      await shows(page, '1 of 5');
      expect(await textOf(page)).toContain(stage.descriptor.tenantId);
      await lookAt(page, 'wizard-1-company');
      await tickByKeyboard(page, 'Yes, set it up');
      await sendByKeyboard(page);

      await shows(page, '2 of 5');
      await lookAt(page, 'wizard-2-entities');
      expect(await page.getByLabel('Invoices').isChecked()).toBe(true);
      await typeBudget(page, '-5');
      await sendByKeyboard(page);
      await shows(page, 'The daily read budget is "-5"');
      expect(await page.getByLabel('Invoices').isChecked()).toBe(true);
      expect((await stage.connection()).settings.dailyReadBudget).toBeUndefined();
      await typeBudget(page, '5000');
      await sendByKeyboard(page);

      await shows(page, '3 of 5');
      const [, planned] =
        /create (\d+) in your app and 0 in QuickBooks Online/.exec(await textOf(page)) ?? [];
      expect(Number(planned)).toBeGreaterThan(0);
      await lookAt(page, 'wizard-3-dry-run');
      expect(await appRecords()).toBe(0);
      expect((await stage.connection()).settings.dailyReadBudget).toBe(5000);
      await tickByKeyboard(page, 'Start the import');
      await sendByKeyboard(page);

      await shows(page, '4 of 5');
      expect(await textOf(page)).toContain(`created ${planned}`);
      await lookAt(page, 'wizard-4-import');
      expect(await appRecords()).toBe(Number(planned));
      await sendByKeyboard(page);

      await shows(page, 'Waiting for the first webhook');
      expect(await page.locator('input[type=text]').inputValue()).toBe(stage.webhookUrl);
      await lookAt(page, 'wizard-5-webhook');

      await stage.goLive();
      stage.mute();
      await stage.api.callWebhook('quickbooks-accounting', {
        body: [],
        headers: { 'intuit-signature': 'no' },
      });
      await checkAgainUntil(page, /its signature does not fit/);
      expect(await textOf(page)).toContain('verifier token');

      stage.listen();
      const [customer] = stage.quickBooks.records('Customer') as { Id: string }[];
      stage.quickBooks.edit({ entity: 'Customer', id: customer!.Id, patch: { Notes: 'Rings twice' } });
      await checkAgainUntil(page, 'All set');
      expect(await textOf(page)).toContain('its signature is fine');
      await lookAt(page, 'wizard-6-done');
      await page.context().close();
    }),
    5 * MINUTES,
  );

  it(
    'makes no connection for a company that is not the right one',
    told(async () => {
      const { realmId } = stage.quickBooks.createCompany({ name: 'Not <b>ours</b>' });
      const credential = await stage.createCredential('Other books');
      stage.quickBooks.setConsent({ realmId });
      await stage.api.connectOAuth2(credential.id);
      const page = await browser.open(DESKTOP, stage.api);
      await openForm(page, await wizardFor(credential, 'setup-other'));
      await submitForm(page);
      await shows(page, '1 of 5');
      expect(await textOf(page)).toContain('Not <b>ours</b>');
      expect(await textOf(page)).toContain('None yet');
      await page.getByLabel('No, stop here').check();
      await submitForm(page);
      await shows(page, 'Nothing was imported');
      await expect(stage.connection(realmId)).rejects.toThrow('There is no connection');
      await page.context().close();
    }),
    2 * MINUTES,
  );

  it(
    'says what to do when the credential is not connected',
    told(async () => {
      const credential = await stage.createCredential('Never connected');
      const page = await browser.open(DESKTOP, stage.api);
      await openForm(page, await wizardFor(credential, 'setup-unconnected'));
      await submitForm(page);
      await shows(page, 'That did not work');
      const text = await textOf(page);
      expect(text).toContain('is not connected to a company yet');
      expect(text).toContain('choose Connect');
      await page.context().close();
    }),
    2 * MINUTES,
  );
});

/** Figures of webhooks are written every few seconds. */
async function checkAgainUntil(page: Page, text: string | RegExp): Promise<void> {
  await until(
    `the form says ${String(text)}`,
    MINUTES,
    async () => {
      if (await page.getByText(text).first().isVisible()) return true;
      await tabTo(page, '#submit-btn');
      await Promise.all([page.waitForEvent('domcontentloaded'), page.keyboard.press('Enter')]);
      return false;
    },
    500,
  );
}
