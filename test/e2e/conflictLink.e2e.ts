import type { Page } from 'playwright-core';
import { Browser, DESKTOP, PHONE, picture, scrollsSideways, tabTo } from './browser/browser';
import { startSmtpSink, type Mail, type SmtpSink } from './smtpSink';
import { Stage, tellingOf, until } from './stage';

/** Conflicts are decided by people without an account, by a link in a message, in a real browser. */
const MINUTES = 60_000;
const PERSON = 'jane@acme.example';
const PAGE_PATH = 'accounting-sync';

let stage: Stage;
let browser: Browser;
let mail: SmtpSink;
let invoice: { appId: string; ledgerId: string; number: string };
let day = 0;
const told = tellingOf(() => stage);

beforeAll(async () => {
  [stage, browser, mail] = await Promise.all([Stage.open(), Browser.start(), startSmtpSink()]);
  await stage.firstImport();
  await stage.goLive();
  const smtp = await stage.api.createCredential({
    name: 'Sink',
    type: 'smtp',
    data: {
      ...{ user: '', password: '', host: '127.0.0.1', port: mail.port, hostName: '' },
      ...{ secure: false, disableStartTls: true },
    },
  });
  const workflow = await stage.importTemplate('conflict-message.json', {
    credentials: { ...stage.credentials, smtp },
    parameters: {
      'Who Decides': {
        'assignments.assignments': [
          { id: '1', name: 'person', value: PERSON, type: 'string' },
          { id: '2', name: 'sender', value: 'n8n@acme.example', type: 'string' },
        ],
      },
      // A day, for the test.
      'Wait a Day': { amount: 20, unit: 'seconds' },
    },
  });
  await stage.api.activate(workflow.id);
  const [first] = stage.quickBooks.records('Invoice') as { Id: string; DocNumber: string }[];
  const link = await stage.linkOf('invoice', 'ledger', first!.Id);
  invoice = { appId: link!.app.id!, ledgerId: first!.Id, number: first!.DocNumber };
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
  await mail?.close();
});

const nextDay = () => new Date(Date.UTC(2028, 0, 1 + day++)).toISOString().slice(0, 10);
const shown = (date: string) =>
  `${Number(date.slice(8))} ${new Date(date).toLocaleString('en-GB', { month: 'short', timeZone: 'UTC' })} ${date.slice(0, 4)}`;

/** Changes a field in both places; the message that somebody gets for it. */
async function conflictOn(field: 'dueDate' | 'customerMemo', ours: string, theirs: string): Promise<Mail> {
  await stage.quiet();
  stage.mute();
  const before = mail.mails.length;
  const patch = field === 'dueDate' ? { DueDate: theirs } : { CustomerMemo: { value: theirs } };
  stage.quickBooks.edit({ entity: 'Invoice', id: invoice.ledgerId, patch });
  await stage.appEdit('invoice', invoice.appId, { [field]: ours });
  const message = await nextMail(before);
  stage.listen();
  return message;
}

/** The first message after so many that is no reminder. */
async function nextMail(before: number): Promise<Mail> {
  const find = () => mail.mails.slice(before).find(({ subject }) => subject.startsWith('Please decide'));
  await until('the message is there', MINUTES, () => find() !== undefined);
  return find()!;
}

const linkIn = ({ text }: Mail): string => /https?:\/\/\S+/.exec(text)![0];

/** A link for somebody else, as the node makes it. */
async function linkFor(person: string): Promise<string> {
  const execution = await stage.runStep({
    resource: 'conflict',
    operation: 'createLink',
    connection: { __rl: true, mode: 'list', value: '' },
    conflict: { __rl: true, mode: 'name', value: invoice.number },
    person,
    validHours: 1,
  });
  const [item] = execution.data.resultData.runData['Step']![0]!.data!['main']![0]!;
  return String(item!.json['url']);
}

async function conflict() {
  const store = await stage.store();
  const [newest] = await store.conflicts.list({ connectionId: (await stage.connection()).id, limit: 1 });
  return newest!;
}

async function dueDates(): Promise<[unknown, unknown]> {
  const app = await stage.appRecord('invoice', invoice.appId);
  return [app?.fields['dueDate'], stage.inQuickBooks('Invoice', invoice.ledgerId)?.DueDate];
}

const both = async (date: string) =>
  await until(`the due date is ${date} on both sides`, MINUTES, async () =>
    (await dueDates()).every((value) => value === date),
  );

async function open(url: string, size: { width: number; height: number } = DESKTOP): Promise<Page> {
  const page = await browser.open(size);
  await page.goto(url);
  return page;
}

const textOf = async (page: Page) => await page.locator('body').innerText();
const save = async (page: Page) => await page.getByRole('button', { name: 'Save decision' }).click();
const choice = (page: Page, text: string) => page.getByLabel(text, { exact: true });

async function post(url: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), headers });
  return { status: response.status, text: await response.text() };
}

describe('the link in a message', () => {
  it(
    'opens a page that fits a phone, and what is chosen there is on both sides',
    told(async () => {
      const [ours, theirs] = [nextDay(), nextDay()];
      const message = await conflictOn('dueDate', ours, theirs);
      expect(message.to).toBe(PERSON);
      expect(message.subject).toContain(`Invoice ${invoice.number}`);
      expect(message.text).toContain(`Your app: ${shown(ours)}`);
      const page = await open(linkIn(message), PHONE);
      expect(await textOf(page)).toContain(`Invoice ${invoice.number}`);
      expect(await scrollsSideways(page)).toBe(false);
      await picture(page, 'conflict-link-phone');
      expect(await dueDates()).toEqual([ours, theirs]);
      const started = performance.now();
      await choice(page, `QuickBooks Online: ${shown(theirs)}`).check();
      await save(page);
      await page.getByText('Your decision is saved').waitFor();
      await both(theirs);
      process.stdout.write(`from the link to both sides: ${Math.round(performance.now() - started)} ms\n`);
      expect((await conflict()).resolution).toMatchObject({ decidedBy: PERSON });
      await page.reload().catch(() => undefined);
      const again = await open(linkIn(message));
      expect(await textOf(again)).toContain(`${PERSON} decided it with this link`);
      await page.context().close();
      await again.context().close();
    }),
    3 * MINUTES,
  );

  it(
    'is answered by the keyboard alone, with a value of one’s own, without any script',
    told(async () => {
      const message = await conflictOn('dueDate', nextDay(), nextDay());
      const page = await open(linkIn(message));
      const problems: string[] = [];
      page.on('console', (line) => problems.push(line.text()));
      await picture(page, 'conflict-link');
      await tabTo(page, 'input[type=date]');
      await page.keyboard.type('03032029');
      await tabTo(page, 'button');
      await page.keyboard.press('Enter');
      await page.getByText('Your decision is saved').waitFor();
      await both('2029-03-03');
      expect(problems).toEqual([]);
      await page.context().close();
    }),
    3 * MINUTES,
  );

  it(
    'changes nothing when it is opened, and says so when it is no good',
    told(async () => {
      const [ours, theirs] = [nextDay(), nextDay()];
      const url = linkIn(await conflictOn('dueDate', ours, theirs));
      for (let i = 0; i < 3; i++) {
        const response = await fetch(url, { headers: { 'user-agent': 'Mozilla/5.0 (mail scanner)' } });
        expect(response.status).toBe(200);
        expect(response.headers.get('cache-control')).toBe('no-store');
        expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      }
      expect(await dueDates()).toEqual([ours, theirs]);
      expect(await conflict()).toMatchObject({ status: 'open' });
      const answer = { seen: String((await conflict()).refreshedAt), 'answer:dueDate': 'app' };
      const tampered = `${url.slice(0, -1)}${url.endsWith('A') ? 'B' : 'A'}`;
      expect(await post(tampered, answer)).toMatchObject({ status: 404 });
      expect(await post(url, answer, { origin: 'https://evil.example' })).toMatchObject({ status: 403 });
      const store = await stage.store();
      const expired = 'e'.repeat(43);
      await store.decisionLinks.create(
        { token: expired, conflictId: (await conflict()).id, person: 'Eve', expiresAt: Date.now() - 1 },
        { now: Date.now(), by: 'sync' },
      );
      const late = await post(`${stage.n8n.url}/webhook/${PAGE_PATH}?link=${expired}`, answer);
      expect(late.status).toBe(410);
      expect(late.text).toContain('This link has expired');
      const newer = await linkFor(PERSON);
      expect((await post(url, answer)).text).toContain('There is a newer link');
      expect(await dueDates()).toEqual([ours, theirs]);
      expect(await post(newer, answer)).toMatchObject({ status: 200 });
      await both(ours);
    }),
    3 * MINUTES,
  );

  it(
    'shows fresh values and keeps the choice where a side has changed meanwhile',
    told(async () => {
      const [ours, theirs, later] = [nextDay(), nextDay(), nextDay()];
      const url = linkIn(await conflictOn('dueDate', ours, theirs));
      const count = mail.mails.length;
      // As long as the template sends a newer link to the same person, the older one is answered with that.
      const other = await linkFor('bob@acme.example');
      const page = await open(other);
      await choice(page, `QuickBooks Online: ${shown(theirs)}`).check();
      stage.quickBooks.edit({ entity: 'Invoice', id: invoice.ledgerId, patch: { DueDate: later } });
      await nextMail(count);
      await save(page);
      await page.getByText('while you looked').waitFor();
      expect(await textOf(page)).toContain(
        `QuickBooks Online now has Due Date ${shown(later)} (it was ${shown(theirs)}).`,
      );
      expect(await dueDates()).toEqual([ours, later]);
      expect(await choice(page, `QuickBooks Online: ${shown(later)}`).isChecked()).toBe(true);
      await picture(page, 'conflict-link-changed');
      await save(page);
      await page.getByText('Your decision is saved').waitFor();
      await both(later);
      expect((await fetch(url)).status).toBe(410);
      await page.context().close();
    }),
    3 * MINUTES,
  );

  it(
    'lets one of two people decide, and tells the other who it was',
    told(async () => {
      const [ours, theirs] = [nextDay(), nextDay()];
      const jane = await open(linkIn(await conflictOn('dueDate', ours, theirs)));
      const bob = await open(await linkFor('bob@acme.example'));
      await choice(jane, `Your app: ${shown(ours)}`).check();
      await choice(bob, `QuickBooks Online: ${shown(theirs)}`).check();
      await Promise.all([save(jane), save(bob)]);
      const texts = await Promise.all(
        [jane, bob].map(async (page) => {
          await page
            .getByText(/Your decision is saved|is decided/)
            .first()
            .waitFor();
          return await textOf(page);
        }),
      );
      expect(texts.filter((text) => text.includes('Your decision is saved'))).toHaveLength(1);
      const winner = texts[0]!.includes('Your decision is saved') ? PERSON : 'bob@acme.example';
      expect(texts.find((text) => !text.includes('is saved'))).toContain(`${winner} decided it`);
      await both(winner === PERSON ? ours : theirs);
      await jane.context().close();
      await bob.context().close();
    }),
    3 * MINUTES,
  );

  it(
    'shows what people wrote as they wrote it, harmless',
    told(async () => {
      const [ours, theirs] = ['<img src=x onerror=alert(1)> {{ $json }}', '=HYPERLINK("http://x.invalid")'];
      const message = await conflictOn('customerMemo', ours, theirs);
      const page = await open(linkIn(message));
      const dialogs: string[] = [];
      page.on('dialog', (dialog) => {
        dialogs.push(dialog.message());
        void dialog.dismiss();
      });
      const text = await textOf(page);
      expect(text).toContain(ours);
      expect(text).toContain(theirs);
      expect(await page.locator('img').count()).toBe(0);
      await page.getByLabel(/^Your app: /).check();
      await save(page);
      await page.getByText('Your decision is saved').waitFor();
      expect(dialogs).toEqual([]);
      await until('the memo is in QuickBooks', MINUTES, () => {
        return stage.inQuickBooks('Invoice', invoice.ledgerId)?.CustomerMemo?.value === ours;
      });
      await page.context().close();
    }),
    3 * MINUTES,
  );

  it(
    'is sent once more while nobody decides, and leads to the same decision',
    told(async () => {
      const [ours, theirs] = [nextDay(), nextDay()];
      const count = mail.mails.length;
      const message = await conflictOn('dueDate', ours, theirs);
      const find = () => mail.mails.slice(count).find(({ subject }) => subject.startsWith('Reminder'));
      await until('the reminder is there', MINUTES, () => find() !== undefined);
      expect(linkIn(find()!)).toBe(linkIn(message));
      const page = await open(linkIn(find()!));
      await choice(page, `Your app: ${shown(ours)}`).check();
      await save(page);
      await page.getByText('Your decision is saved').waitFor();
      await both(ours);
      await page.context().close();
    }),
    3 * MINUTES,
  );
});
