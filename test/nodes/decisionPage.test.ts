import { execute as createLink } from '../../nodes/AccountingSync/actions/conflict/createLink.operation';
import { forgetAddress, keepAddress } from '../../nodes/AccountingSyncPages/address';
import { SHOW } from '../../nodes/AccountingSyncPages/properties';
import { servePage } from '../../nodes/AccountingSyncPages/serve';
import type { IDataObject } from 'n8n-workflow';
import type { FieldConflict, Settlement } from '../../shared/ports';
import type { OpenStore } from '../../shared/store';
import { anEvent, claimOne, settled } from '../contract/storeSupport';
import { fakeNode } from './support/fakeNode';
import { connectionOf, useStoreFolder } from './support/storeFolder';

const folder = useStoreFolder();
const PAGE = 'https://n8n.example/webhook/accounting-sync';
const NASTY = '<script>alert(1)</script>';
let store: OpenStore;
let company: string;
let companies = 0;

beforeEach(async () => {
  store = await folder.open();
  company = `c${++companies}`;
  await store.connections.create(connectionOf(company, String(companies)));
  await hook(keepAddress);
});
afterEach(async () => await store.close());

async function hook(method: unknown, patch: object = {}): Promise<void> {
  const context = {
    ...(fakeNode().context as object),
    getActivationMode: () => 'activate',
    getNodeWebhookUrl: () => PAGE,
    ...patch,
  };
  await (method as (this: object) => Promise<boolean>).call(context);
}

const due: FieldConflict = {
  path: 'dueDate',
  label: 'Due Date',
  base: '2026-12-20',
  app: '2027-01-03',
  ledger: '2027-01-06',
  reason: 'both_changed',
};
const memo: FieldConflict = {
  ...due,
  path: 'customerMemo',
  label: 'Message to Customer',
  base: null,
  app: NASTY,
  ledger: '=HYPERLINK("http://x")',
};

/** Opens the conflict on invoice 1001, or has it say something else. */
async function hold(fields: FieldConflict[] = [due, memo]): Promise<string> {
  const now = Date.now();
  const side = (number: string) => ({ state: 'live' as const, fields: { number }, lastChange: null });
  const conflict: Settlement['conflict'] = {
    kind: 'hold',
    title: '1001',
    fields,
    record: { base: { number: '1001' }, app: side('1001'), ledger: side('1001') },
    appVersion: '1',
    ledgerVersion: JSON.stringify(fields),
    policyVersion: 0,
  };
  await store.queue.append([anEvent('1', { connectionId: company })], { now });
  const claim = await claimOne(store, { now, connectionIds: [company] });
  await store.queue.settle(claim, settled({ now, conflict, outcome: { kind: 'held' } }));
  const [open] = await store.conflicts.list({ connectionId: company, limit: 1 });
  return open!.id;
}

async function link(person = 'Jane', more: Record<string, unknown> = {}) {
  const parameters = { connection: company, conflict: { mode: 'name', value: '1001' }, person, ...more };
  const [made] = (await createLink.call(fakeNode({ parameters }).context, 0)) as [Record<string, string>];
  return made;
}

interface Call {
  body?: IDataObject;
  headers?: Record<string, string>;
  options?: object;
}

async function call(url: string, { body, headers = {}, options = {} }: Call = {}) {
  const sent = { status: 0, headers: {} as Record<string, string>, html: '' };
  const response = {
    status: (code: number) => void (sent.status = code),
    setHeader: (name: string, value: string) => void (sent.headers[name] = value),
    end: (text: string) => void (sent.html = text),
  };
  const token = new URL(url).searchParams.get('link') ?? undefined;
  const node = fakeNode({
    parameters: { options },
    request: { query: { link: token }, body, headers, ip: headers['x-ip'] ?? '10.0.0.1' },
    response,
    webhook: body ? 'default' : SHOW,
  });
  const result = await servePage.call(node.context);
  expect(result.noWebhookResponse).toBe(true);
  return { ...sent, items: (result.workflowData ?? []).flat().map(({ json }) => json), lines: node.lines };
}

const seenIn = (text: string) => /name="seen" value="(\d+)"/.exec(text)?.[1] ?? '';
const conflict = async () => (await store.conflicts.list({ connectionId: company, limit: 1 }))[0]!;

describe('Conflict: Create Link', () => {
  it('makes a link for one person, with words to send it with', async () => {
    await hold();
    const made = await link(' jane@acme.example\n', { validHours: 5 });
    expect(made['url']).toMatch(/^https:\/\/n8n\.example\/webhook\/accounting-sync\?link=[\w-]{43}$/);
    expect(made).toMatchObject({ person: 'jane@acme.example', entity: 'invoice', title: '1001' });
    const hours = (Date.parse(made['expiresAt'] ?? '') - Date.now()) / 3_600_000;
    expect(hours).toBeCloseTo(5, 1);
    expect(made['message']).toContain('Due Date\n  Before: 20 Dec 2026\n  Your app: 3 Jan 2027');
    expect(/https?:\S+/.exec(made['message'] ?? '')?.[0]).toBe(made['url']);
    const rows = await store.audit.list(company, { limit: 99 });
    expect(rows.at(-1)).toMatchObject({
      kind: 'decision_link_created',
      by: expect.stringMatching(/^workflow/),
    });
    const secret = new URL(made['url'] ?? '').searchParams.get('link') ?? '';
    expect(JSON.stringify(rows)).not.toContain(secret);
  });

  it('refuses nobody, nonsense, and what is over, and says when no page is served', async () => {
    const id = await hold();
    await expect(link('  ')).rejects.toThrow('not said whom');
    await expect(link('Jane', { validHours: 0 })).rejects.toThrow('valid for up to');
    await expect(link('Jane', { options: { pageUrl: 'javascript:alert(1)' } })).rejects.toThrow(
      'no web address',
    );
    const other = await link('Jane', { options: { pageUrl: 'https://other.example/decide?x=1' } });
    expect(other['url']).toMatch(/^https:\/\/other\.example\/decide\?x=1&link=/);
    await hook(forgetAddress);
    await expect(link()).rejects.toThrow('No workflow serves the page');
    await hook(keepAddress, { getMode: () => 'manual' });
    await expect(link()).rejects.toThrow('No workflow serves the page');
    await hook(keepAddress);
    const { refreshedAt } = await conflict();
    const resolution = { choices: {}, by: 'user ann', at: 1, decidedBy: 'Ann' } as const;
    await store.conflicts.resolve(id, resolution, refreshedAt);
    await expect(link('Jane', { conflict: id })).rejects.toThrow('decided by Ann');
  });
});

describe('the decision page', () => {
  it('changes nothing when it is opened, however often and by whomever', async () => {
    await hold();
    const { url = '' } = await link();
    const before = await store.audit.heads([company]);
    for (let i = 0; i < 5; i++) {
      const { status, items, html, headers } = await call(url);
      expect([status, items]).toEqual([200, []]);
      expect(html).toContain('<legend>Due Date</legend>');
      expect(html).toContain('&#60;script&#62;');
      expect(html).not.toContain(NASTY);
      expect(headers['Content-Security-Policy']).toContain("default-src 'none'");
    }
    expect(await store.audit.heads([company])).toEqual(before);
    expect(await conflict()).toMatchObject({ status: 'open' });
  });

  it('takes a decision once, in the name of its person, and starts the workflow with it', async () => {
    const id = await hold();
    const { url = '' } = await link();
    const seen = seenIn((await call(url)).html);
    const body = {
      seen,
      'answer:dueDate': 'ledger',
      'answer:customerMemo': '',
      'value:customerMemo': 'Thanks',
      'always:dueDate': 'yes',
      'always:customerMemo': 'yes',
      note: 'As agreed',
    };
    const { status, html, items } = await call(url, { body, headers: { origin: 'https://n8n.example' } });
    expect(status).toBe(200);
    expect(html).toContain('Your decision is saved');
    expect(html).toContain('From now on, QuickBooks Online wins for Due Date of invoices.');
    expect(html).toContain('No rule was made for Message to Customer');
    expect((await store.policies.history(company, 9))[0]).toMatchObject({
      entity: 'invoice',
      field: 'dueDate',
      winner: 'ledger',
      by: 'trigger workflow-1',
      decidedBy: 'Jane',
    });
    expect(items).toMatchObject([
      {
        summary: expect.stringContaining('Due Date: QuickBooks Online: 6 Jan 2027') as string,
        decidedBy: 'Jane',
        note: 'As agreed',
        rules: [expect.stringContaining('wins for Due Date'), expect.stringContaining('No rule')] as unknown,
        conflictId: id,
        connectionName: `Company ${company}`,
      },
    ]);
    expect(await conflict()).toMatchObject({
      status: 'resolved',
      resolution: {
        choices: { dueDate: { winner: 'ledger' }, customerMemo: { value: 'Thanks' } },
        by: 'trigger workflow-1',
        decidedBy: 'Jane',
        note: 'As agreed',
      },
    });
    const again = await call(url, { body });
    expect([again.status, again.items]).toEqual([410, []]);
    expect(again.html).toContain('Jane decided it with this link');
    expect((await call(url)).html).toContain('Invoice 1001 is decided');
  });

  it('shows it again with what is wrong, or new, and keeps the choices', async () => {
    await hold();
    const { url = '' } = await link();
    const seen = seenIn((await call(url)).html);
    const wrong = await call(url, {
      body: { seen, 'answer:dueDate': 'value', 'value:dueDate': '31.3.', note: 'N' },
    });
    expect(wrong.status).toBe(422);
    expect(wrong.html).toMatch(/Due Date: .*31\.3\./);
    expect(wrong.html).toContain('value="31.3."');
    const nothing = await call(url, { body: { seen } });
    expect(nothing.status).toBe(422);
    expect(nothing.html).toContain('Nothing is decided yet');
    await hold([{ ...due, ledger: '2027-01-08' }, memo]);
    const shown = { 'app:dueDate': '3 Jan 2027', 'ledger:dueDate': '6 Jan 2027' };
    const stale = await call(url, { body: { seen, ...shown, 'answer:dueDate': 'ledger', note: 'N' } });
    expect([stale.status, stale.items]).toEqual([409, []]);
    expect(stale.html).toContain('while you looked');
    expect(stale.html).toContain('QuickBooks Online now has Due Date 8 Jan 2027 (it was 6 Jan 2027).');
    expect(stale.html).toContain('name="answer:dueDate" value="ledger" checked');
    expect((await call(url)).html).toContain('since this link was made');
    expect(await conflict()).toMatchObject({ status: 'open' });
    const now = seenIn(stale.html);
    expect((await call(url, { body: { seen: now, 'answer:dueDate': 'ledger' } })).status).toBe(200);
  });

  it('tells the second of two deciders who was faster', async () => {
    await hold();
    const [jane, bob] = [await link('Jane'), await link('Bob')];
    const seen = seenIn((await call(jane['url'] ?? '')).html);
    const body = { seen, 'answer:dueDate': 'app' };
    const answers = await Promise.all([jane, bob].map(async ({ url = '' }) => await call(url, { body })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 410]);
    expect(answers.flatMap(({ items }) => items)).toHaveLength(1);
    const winner = answers[0]?.status === 200 ? 'Jane' : 'Bob';
    const loser = answers.find(({ status }) => status === 410);
    expect(loser?.html).toContain(`${winner} decided it`);
  });

  it('says of each link that is no good what is the matter', async () => {
    const id = await hold();
    const old = await link('Jane');
    const { url = '' } = await link('Jane');
    const tampered = `${url.slice(0, -1)}${url.endsWith('A') ? 'B' : 'A'}`;
    expect(await call(tampered)).toMatchObject({ status: 404 });
    expect((await call(`${PAGE}?link=1`)).html).toContain('leads nowhere');
    expect((await call(PAGE)).status).toBe(404);
    expect((await call(old['url'] ?? '')).html).toContain('There is a newer link');
    const token = 'a'.repeat(43);
    await store.decisionLinks.create(
      { token, conflictId: id, person: 'Eve', expiresAt: Date.now() - 1 },
      { now: Date.now(), by: 'user ann' },
    );
    const expired = await call(`${PAGE}?link=${token}`, { body: { seen: '1', 'answer:dueDate': 'app' } });
    expect(expired.html).toContain('This link has expired');
    await store.queue.append([anEvent('1', { connectionId: company })], { now: Date.now() });
    const claim = await claimOne(store, { now: Date.now(), connectionIds: [company] });
    const close = { kind: 'close', reason: 'both sides agree now' } as const;
    await store.queue.settle(claim, settled({ now: Date.now(), conflict: close }));
    const over = await call(url, { body: { seen: '1', 'answer:dueDate': 'app' } });
    expect([over.status, over.items]).toEqual([410, []]);
    expect(over.html).toContain('both sides agree now');
  });

  it('lets only the person in whom a proxy in front of it names, where it is told to', async () => {
    await hold();
    const { url = '' } = await link('jane@acme.example');
    const options = { personHeader: 'X-Auth-Email' };
    const as = async (email?: string) =>
      await call(url, { options, headers: email === undefined ? {} : { 'x-auth-email': email } });
    expect((await as('Jane@Acme.example')).status).toBe(200);
    const other = await as('bob@acme.example');
    expect(other.status).toBe(403);
    expect(other.html).toContain('made for jane@acme.example, and you are signed in as bob@acme.example');
    expect((await as()).html).toContain('nobody is signed in');
    const posted = await call(url, {
      options,
      headers: { 'x-auth-email': 'bob@acme.example' },
      body: { seen: '1', 'answer:dueDate': 'app' },
    });
    expect([posted.status, (await conflict()).status]).toEqual([403, 'open']);
  });

  it('takes no form of another site, and does not let anybody guess for long', async () => {
    await hold();
    const { url = '' } = await link();
    const body = { seen: seenIn((await call(url)).html), 'answer:dueDate': 'app' };
    const foreign = await call(url, { body, headers: { origin: 'https://evil.example' } });
    expect([foreign.status, foreign.items, (await conflict()).status]).toEqual([403, [], 'open']);
    const headers = { 'x-ip': '10.9.9.9' };
    const tries: number[] = [];
    for (let i = 0; i < 25; i++)
      tries.push((await call(`${PAGE}?link=${'x'.repeat(43)}`, { headers })).status);
    expect(tries.filter((status) => status === 404)).toHaveLength(20);
    expect(tries.at(-1)).toBe(429);
    expect((await call(url)).status).toBe(200);
  });
});
