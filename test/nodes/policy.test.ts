import * as dryRun from '../../nodes/AccountingSync/actions/policy/dryRun.operation';
import * as getAll from '../../nodes/AccountingSync/actions/policy/getAll.operation';
import * as history from '../../nodes/AccountingSync/actions/policy/history.operation';
import { getRuleFields, searchParties } from '../../nodes/AccountingSync/actions/policy/lists';
import * as remove from '../../nodes/AccountingSync/actions/policy/remove.operation';
import * as set from '../../nodes/AccountingSync/actions/policy/set.operation';
import * as undo from '../../nodes/AccountingSync/actions/policy/undo.operation';
import type { FormField } from '../../nodes/AccountingSync/actions/conflict/formFields';
import type { Settlement } from '../../shared/ports';
import type { Fields } from '../../shared/schema/entity';
import type { OpenStore } from '../../shared/store';
import { anEvent, claimOne, paired, settled } from '../contract/storeSupport';
import { fakeNode } from './support/fakeNode';
import { connectionOf, useStoreFolder } from './support/storeFolder';

const folder = useStoreFolder();
let store: OpenStore;
/** Each test has a company of its own; rules for all companies are taken back by whoever makes them. */
let company: string;
let companies = 0;
beforeEach(async () => {
  store = await folder.open();
  company = `c${++companies}`;
  await store.connections.create({ ...connectionOf(company, String(companies)), name: `Acme ${companies}` });
});
afterEach(async () => await store.close());

const contextOf = (parameters: Record<string, unknown>) =>
  fakeNode({
    parameters: { scope: 'connection', connection: company, entity: 'invoice', field: '', ...parameters },
  }).context;
const run = async (operation: { execute: unknown }, parameters: Record<string, unknown> = {}) => {
  const execute = operation.execute as (this: unknown, index: number) => Promise<Record<string, unknown>[]>;
  return await execute.call(contextOf(parameters), 0);
};
const refusal = (message: RegExp, nextStep: RegExp) =>
  expect.objectContaining({
    message: expect.stringMatching(message) as string,
    details: expect.objectContaining({ nextStep: expect.stringMatching(nextStep) as string }) as object,
  }) as Error;

/** A record that both sides have. */
async function pair(entity: string, id: string, fields: Fields): Promise<string> {
  await store.queue.append([{ ...anEvent(id), connectionId: company, entity }], { now: Date.now() });
  const claim = await claimOne(store, { now: Date.now(), connectionIds: [company] });
  const link = {
    ...paired(claim.link, `app-${id}`, id),
    base: { schemaVersion: 1, state: 'live' as const, fields },
  };
  await store.queue.settle(claim, settled({ now: Date.now(), link }));
  return claim.link.id;
}

async function hold(number: string, customer?: string): Promise<void> {
  const now = Date.now();
  const fields: Fields = {
    number,
    ...(customer === undefined ? {} : { customer: { entity: 'customer', id: customer } }),
  };
  const side = { state: 'live' as const, fields, lastChange: null };
  const conflict: Settlement['conflict'] = {
    kind: 'hold',
    title: number,
    fields: [
      {
        ...{ path: 'dueDate', label: 'Due Date', base: '2026-12-20', reason: 'both_changed' },
        ...{ app: '2027-01-03', ledger: '2027-01-06' },
      },
    ],
    record: { base: fields, app: side, ledger: side },
    ...{ appVersion: '1', ledgerVersion: '2', policyVersion: 0 },
  };
  await store.queue.append([{ ...anEvent(number), connectionId: company }], { now });
  const claim = await claimOne(store, { now, connectionIds: [company] });
  await store.queue.settle(claim, settled({ now, conflict, outcome: { kind: 'held' } }));
}

describe('Policy: Set', () => {
  it('makes a rule, says so in a sentence, and offers the open conflicts that it would decide', async () => {
    await hold('1001');
    const why = { reason: ' They work in the app ', decidedBy: 'jane@acme.example' };
    const [made] = await run(set, { field: 'dueDate', winner: 'app', ...why });
    expect(made).toMatchObject({
      summary: `Acme ${companies} · Invoices, Due Date: app wins`,
      company: `Acme ${companies}`,
      winner: 'app',
      locked: false,
      reason: 'They work in the app',
      decidedBy: 'jane@acme.example',
      who: 'workflow workflow-1 (execution 1)',
      nextStep: expect.stringMatching(/1 open conflict would be decided by it now, and stays open/) as string,
      openConflicts: [
        {
          summary: 'Invoice 1001: Due Date: Your app wins',
          happened: expect.stringMatching(/^Open since/) as string,
        },
      ],
    });
    expect((await store.policies.load(company)).rules).toEqual([
      { connectionId: company, entity: 'invoice', field: 'dueDate', winner: 'app' },
    ]);
    // Nobody's conflict is settled behind their back.
    expect(await store.conflicts.list({ connectionId: company, status: 'open', limit: 9 })).toHaveLength(1);
    const [told] = await store.audit.list(company, { limit: 1, beforeSeq: Number.MAX_SAFE_INTEGER });
    expect(told).toMatchObject({
      kind: 'policy_set',
      by: 'workflow workflow-1 (execution 1)',
      detail: { note: 'They work in the app', decidedBy: 'jane@acme.example' },
    });
  });

  it('asks for a confirmation where amounts would be overwritten', async () => {
    const rule = { winner: 'ledger' };
    await expect(run(set, rule)).rejects.toEqual(
      refusal(
        /would be overwritten without asking anybody.*QuickBooks Online would win/,
        /Overwrite Amounts/,
      ),
    );
    expect((await store.policies.load(company)).rules).toEqual([]);
    expect(await run(set, { ...rule, confirm: true })).toMatchObject([
      { summary: `Acme ${companies} · Invoices: QuickBooks Online wins` },
    ]);
  });

  it('holds for the documents of one customer, by name, by either ID, or from the list', async () => {
    const link = await pair('customer', '58', { displayName: 'Cool Cars' });
    await pair('customer', '59', { displayName: 'Zoo' });
    await hold('1001', link);
    await hold('1002');
    const rule = { field: 'dueDate', winner: 'app' };
    for (const customer of [
      { mode: 'name', value: 'cool cars' },
      { mode: 'id', value: '58' },
      { mode: 'id', value: 'app-58' },
      { mode: 'list', value: link },
    ]) {
      const [made] = await run(set, { ...rule, customer });
      expect(made).toMatchObject({ customer: 'Cool Cars', customerLinkId: link });
      expect(made?.['openConflicts']).toMatchObject([{ title: '1001' }]);
    }
    await expect(run(set, { ...rule, customer: { mode: 'name', value: 'Cool Cats' } })).rejects.toEqual(
      refusal(/no customer "Cool Cats" that both sides have/, /Did you mean "Cool Cars"/),
    );
    await pair('customer', '60', { displayName: 'cool cars' });
    await expect(run(set, { ...rule, customer: { mode: 'name', value: 'Cool Cars' } })).rejects.toEqual(
      refusal(/2 customers are called/, /58, 60/),
    );
  });

  it.each([
    ['an unknown entity', { entity: 'invoces' }, /no entity "invoces"/, /Invoices/],
    ['an unknown field', { field: 'dueDte' }, /no field "dueDte"/, /Due Date/],
    ['a derived field', { field: 'balance' }, /worked out/, /fill in/],
    ['an unknown winner', { field: 'dueDate', winner: 'me' }, /"me" can be no winner/, /app, ledger, raise/],
    ['a field that is set once', { field: 'currency' }, /Currency cannot be changed/, /other side/],
    ['tax rates that nobody can change', { entity: 'Tax Rates' }, /does not let anybody change/, /person/],
    [
      'a reason without an end',
      { field: 'dueDate', reason: 'x'.repeat(501) },
      /Reason must not be longer/,
      /Shorten/,
    ],
  ])('refuses %s, and says what to do', async (_, parameters, message, nextStep) => {
    await expect(run(set, { winner: 'app', ...parameters })).rejects.toEqual(refusal(message, nextStep));
    expect((await store.policies.load(company)).rules).toEqual([]);
  });

  it('refuses an unknown company with the nearest names', async () => {
    const connection = { mode: 'name', value: `Acne ${companies}` };
    await expect(run(set, { connection, field: 'dueDate', winner: 'app' })).rejects.toEqual(
      refusal(/no connection "Acne/, new RegExp(`Did you mean .*"Acme ${companies}"`)),
    );
  });

  it('may be locked for all companies, and then nothing more specific is taken', async () => {
    const tax = { entity: 'invoice', field: 'lines.taxRate' };
    expect(await run(set, { ...tax, scope: 'all', winner: 'raise', locked: true })).toMatchObject([
      { summary: 'All Companies · Invoices, Lines: Tax Rate: ask (locked)', locked: true },
    ]);
    await expect(run(set, { ...tax, winner: 'app', confirm: true })).rejects.toEqual(
      refusal(/locked rule overrules/, /of all companies first/),
    );
    expect(await run(remove, { ...tax, scope: 'all' })).toMatchObject([
      { summary: 'All Companies · Invoices, Lines: Tax Rate: no rule' },
    ]);
  });
});

describe('Policy: Remove, Undo and History', () => {
  it('take rules away, bring them back, and tell who did what', async () => {
    await run(set, { field: 'dueDate', winner: 'app', reason: 'First' });
    await run(set, { field: 'dueDate', winner: 'ledger', reason: 'Second' });
    expect(await run(undo, { what: 'rule', field: 'dueDate' })).toMatchObject([{ winner: 'app' }]);
    await run(remove, { field: 'dueDate', reason: 'Enough' });
    const [removed] = await run(history, { limit: 1 });
    expect(await run(undo, { what: 'change', change: removed?.['change'] })).toMatchObject([
      { winner: 'app', undoes: removed?.['change'] },
    ]);
    const told = (await run(history, { returnAll: true })).filter(
      ({ connectionId }) => connectionId === company,
    );
    expect(told.map(({ before, after, reason }) => [before, after, reason])).toEqual([
      ['no rule', 'app wins', null],
      ['app wins', 'no rule', 'Enough'],
      ['QuickBooks Online wins', 'app wins', null],
      ['app wins', 'QuickBooks Online wins', 'Second'],
      ['no rule', 'app wins', 'First'],
    ]);
    expect(told[0]).toMatchObject({ summary: `Acme ${companies} · Invoices, Due Date: app wins` });
    const all = await run(history, { scope: 'all', returnAll: true });
    expect(all).toEqual(expect.arrayContaining(told));
    expect(all.length).toBeGreaterThan(told.length);
  });

  it('refuse what is not there', async () => {
    await expect(run(remove, { field: 'dueDate' })).rejects.toEqual(
      refusal(/no rule for Acme .* · Invoices, Due Date/, /there are no rules here/),
    );
    await run(set, { field: 'dueDate', winner: 'app' });
    await expect(run(remove, { field: 'number' })).rejects.toEqual(
      refusal(/no rule for/, /Rules there are: Acme .* · Invoices, Due Date: app wins/),
    );
    await expect(run(undo, { what: 'change', change: 99_999 })).rejects.toThrow('no change 99999');
    await expect(run(undo, { what: 'change', change: 'x' })).rejects.toThrow('"x" is no number');
    await expect(run(undo, { what: 'rule', field: 'number' })).rejects.toThrow('nothing to undo');
  });
});

describe('Policy: Get Many', () => {
  it('lists the rules in force, as rules or as a matrix', async () => {
    await run(set, { field: 'dueDate', winner: 'app' });
    expect(await run(getAll)).toMatchObject([
      { summary: `Acme ${companies} · Invoices, Due Date: app wins` },
    ]);
    const matrix = await run(getAll, { output: 'matrix' });
    expect(matrix.map(({ label }) => label)).toEqual(expect.arrayContaining(['All Entities', 'Due Date']));
    expect(matrix.find(({ label }) => label === 'Due Date')).toMatchObject({
      cells: [
        { company: 'All Companies', text: 'Ask', isInherited: true },
        { company: `Acme ${companies}`, text: 'App wins', isInherited: false },
      ],
    });
  });

  it('makes a page of it, on which names are text', async () => {
    await store.connections.update(company, { name: '<b>Acme</b> & "Co"' }, { now: 1 });
    await pair('customer', '58', { displayName: '<img src=x onerror=alert(1)>' });
    await run(set, { field: 'dueDate', winner: 'app', customer: { mode: 'id', value: '58' } });
    const [page] = await run(getAll, { output: 'form' });
    const fields = page?.['formFields'] as FormField[];
    const html = fields.map((field) => field.html ?? '').join('');
    expect(html).toContain('&#60;b&#62;Acme');
    for (const markup of ['<b>', '<img']) expect(JSON.stringify(fields)).not.toContain(markup);
    expect(fields.map(({ fieldName }) => fieldName)).toEqual([
      ...[undefined, 'company', 'what', 'winner', 'customer', 'locked', 'reason'],
    ]);
    const what = fields.find(({ fieldName }) => fieldName === 'what')?.fieldOptions?.values;
    expect(what).toEqual(
      expect.arrayContaining([{ option: 'All Entities' }, { option: 'Invoices, Due Date' }]),
    );
  });
});

describe('Policy: Dry Run', () => {
  it('says what a rule would do, and what stands against it, and changes nothing', async () => {
    await hold('1001');
    await hold('1002');
    const [tried] = await run(dryRun, { field: 'dueDate', winner: 'app', limit: 1, formFields: true });
    expect(tried).toMatchObject({
      rule: `Acme ${companies} · Invoices, Due Date: app wins`,
      summary: 'Would decide 2 of 2 open conflicts. There are no conflicts of the last 30 days.',
      problem: null,
      open: { conflicts: 2, decided: 2 },
      moreConflicts: 1,
    });
    expect(tried?.['conflicts']).toHaveLength(1);
    const [, question] = tried?.['formFields'] as FormField[];
    expect(question?.fieldOptions?.values.map(({ option }) => option)).toEqual([
      'Leave everything as it is',
      'Set the rule',
    ]);
    expect((await store.policies.load(company)).rules).toEqual([]);
  });

  it.each([
    [
      { field: '' },
      'unconfirmed',
      ['Leave everything as it is', 'Set the rule, and overwrite amounts without asking'],
    ],
    [{ field: 'currency' }, 'impossible', ['Leave everything as it is']],
  ])('asks on its page only for what can be done: %j', async (parameters, kind, options) => {
    const [tried] = await run(dryRun, { winner: 'app', limit: 50, formFields: true, ...parameters });
    expect(tried).toMatchObject({ problem: { kind } });
    const [, question] = tried?.['formFields'] as FormField[];
    expect(question?.fieldOptions?.values.map(({ option }) => option)).toEqual(options);
  });
});

describe('the lists of the editor', () => {
  it('offer the fields of the entity, and the customers that both sides have', async () => {
    const link = await pair('customer', '58', { displayName: 'Cool Cars' });
    await pair('customer', '59', { displayName: 'Zoo' });
    const fields = await getRuleFields.call(contextOf({ entity: 'invoice' }) as never);
    expect(fields).toEqual(expect.arrayContaining([{ name: 'Due Date', value: 'dueDate' }]));
    const found = async (filter?: string) =>
      (await searchParties.call(contextOf({}) as never, filter)).results;
    expect((await found()).map(({ name }) => name)).toEqual(['Cool Cars', 'Zoo']);
    expect(await found('cars')).toEqual([{ name: 'Cool Cars', value: link }]);
    expect(await found('59')).toMatchObject([{ name: 'Zoo' }]);
  });
});
