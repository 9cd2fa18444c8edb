import * as get from '../../nodes/AccountingSync/actions/conflict/get.operation';
import * as getAll from '../../nodes/AccountingSync/actions/conflict/getAll.operation';
import * as resolve from '../../nodes/AccountingSync/actions/conflict/resolve.operation';
import type { FormField } from '../../nodes/AccountingSync/actions/conflict/formFields';
import type { FieldConflict, Settlement } from '../../shared/ports';
import type { OpenStore } from '../../shared/store';
import { anEvent, claimOne, settled } from '../contract/storeSupport';
import { fakeNode } from './support/fakeNode';
import { connectionOf, useStoreFolder } from './support/storeFolder';

const folder = useStoreFolder();
let store: OpenStore;
/** Each test has a company of its own. */
let company: string;
let companies = 0;
beforeEach(async () => {
  store = await folder.open();
  company = `c${++companies}`;
  await store.connections.create(connectionOf(company, String(companies)));
});
afterEach(async () => await store.close());

const due: FieldConflict = {
  path: 'dueDate',
  label: 'Due Date',
  base: '2026-12-20',
  app: '2027-01-03',
  ledger: '2027-01-06',
  reason: 'both_changed',
};
const memo: FieldConflict = {
  path: 'customerMemo',
  label: 'Message to Customer',
  base: null,
  app: '<script>alert(1)</script>',
  ledger: '=HYPERLINK("http://x")',
  reason: 'both_changed',
};

const sideOf = (fields: Record<string, string>) => ({ state: 'live' as const, fields, lastChange: null });

async function hold(
  number: string,
  { fields = [due], entity = 'invoice', now = Date.now(), recordId = number } = {},
): Promise<string> {
  const conflict: Settlement['conflict'] = {
    kind: 'hold',
    title: number,
    fields,
    record: {
      base: { number },
      app: sideOf({ number }),
      ledger: sideOf({ number, total: '157.4', currency: 'USD' }),
    },
    appVersion: '1',
    ledgerVersion: String(now),
    policyVersion: 0,
  };
  await store.queue.append([{ ...anEvent(recordId), connectionId: company, entity }], { now });
  const claim = await claimOne(store, { now, connectionIds: [company] });
  await store.queue.settle(claim, settled({ now, conflict, outcome: { kind: 'held' } }));
  const [newest] = await store.conflicts.list({
    connectionId: company,
    status: 'open',
    limit: 1,
    text: number,
  });
  return newest!.id;
}

const run = async (operation: { execute: unknown }, parameters: Record<string, unknown>) => {
  const { context } = fakeNode({ parameters: { connection: company, ...parameters } });
  const execute = operation.execute as (this: unknown, index: number) => Promise<Record<string, unknown>[]>;
  return await execute.call(context, 0);
};
const byName = (value: string) => ({ mode: 'name', value });

describe('Conflict: Get Many', () => {
  it('lists the open ones in plain words, the newest first, and narrows them down', async () => {
    await hold('1001');
    await hold('1002', { fields: [memo] });
    await hold('CN-7', { entity: 'credit_note' });
    const all = await run(getAll, { returnAll: true });
    expect(all.map(({ summary }) => summary)).toEqual([
      expect.stringMatching(/^Credit Note CN-7: /),
      expect.stringMatching(/^Invoice 1002: /),
      'Invoice 1001: Due Date is "2027-01-03" in the app and "2027-01-06" in QuickBooks Online (was "2026-12-20")',
    ]);
    const titles = async (filters: object) =>
      (await run(getAll, { returnAll: true, filters })).map(({ title }) => title);
    expect(await titles({ text: ' 10 ' })).toEqual(['1002', '1001']);
    expect(await titles({ text: '%' })).toEqual([]);
    expect(await titles({ entity: 'credit_note' })).toEqual(['CN-7']);
    expect(await titles({ olderThanDays: 1 })).toEqual([]);
    expect(await titles({ status: 'closed' })).toEqual([]);
  });
});

describe('Conflict: Get', () => {
  it('finds it by number or name, and puts the question', async () => {
    await hold('1001');
    const [found] = await run(get, { conflict: byName('1001') });
    expect(found).toMatchObject({
      heading: 'Invoice 1001 · 157.40 USD',
      status: 'open',
      fields: [{ label: 'Due Date', app: '3 Jan 2027', ledger: '6 Jan 2027' }],
      unchanged: expect.arrayContaining([{ label: 'Total', value: '157.40' }]) as unknown,
    });
  });

  it.each([
    ['1003', /No open conflict of "Company c\d+" is about "1003"/, /Open are: Invoice 1001/],
    ['100', /No open conflict/, /Open are: Invoice 1001/],
    ['', /No conflict is chosen/, /number or name/],
  ])('says what is open where there is none called "%s"', async (value, message, nextStep) => {
    await hold('1001');
    await expect(run(get, { conflict: byName(value) })).rejects.toMatchObject({
      message: expect.stringMatching(message) as string,
      details: { nextStep: expect.stringMatching(nextStep) as string },
    });
  });

  it('asks which one is meant where two records have one number', async () => {
    await hold('1001');
    await hold('1001', { entity: 'credit_note', recordId: '9' });
    await expect(run(get, { conflict: byName('1001') })).rejects.toThrow(
      /2 open conflicts are about "1001": Credit Note 1001, Invoice 1001/,
    );
  });

  it('says how one has ended that is over', async () => {
    const id = await hold('1001');
    const { refreshedAt } = (await store.conflicts.get(id))!;
    await store.conflicts.resolve(
      id,
      {
        choices: { dueDate: { winner: 'app' } },
        by: 'workflow w',
        at: Date.UTC(2026, 10, 25, 10),
        decidedBy: 'Jane',
      },
      refreshedAt,
    );
    const [found] = await run(get, { conflict: { mode: 'id', value: id } });
    expect(found).toMatchObject({
      heading: 'Invoice 1001 was decided by Jane on 25 Nov 2026, 10:00 already. Nothing was changed now.',
      status: 'decided',
    });
  });

  it('shows markup and formulas as they are, harmless, on a form', async () => {
    await hold('1001', { fields: [memo] });
    const [found] = await run(get, { conflict: byName('1001'), formFields: true });
    const fields = found!['formFields'] as FormField[];
    const html = fields.map((field) => field.html ?? '').join('');
    expect(html).not.toContain('<script>');
    expect(html).toContain('&#60;script&#62;alert(1)&#60;/script&#62;');
    const texts = fields.flatMap(({ fieldLabel, fieldOptions }) => [
      fieldLabel ?? '',
      ...(fieldOptions?.values.map(({ option }) => option) ?? []),
    ]);
    expect(texts.join()).not.toMatch(/[<>]/);
  });
});

describe('Conflict: Resolve', () => {
  const form = async (answers: (fields: FormField[]) => Record<string, unknown>) => {
    const [found] = await run(get, { conflict: byName('1001'), formFields: true });
    const fields = found!['formFields'] as FormField[];
    const hidden = fields
      .filter(({ fieldType }) => fieldType === 'hiddenField')
      .map(({ fieldName, fieldValue }) => [fieldName, fieldValue]);
    return { ...Object.fromEntries(hidden), ...answers(fields) } as Record<string, unknown>;
  };
  const optionsOf = (fields: FormField[], name: string) =>
    fields.find(({ fieldName }) => fieldName === name)!.fieldOptions!.values.map(({ option }) => option);
  const choicesOf = async (id: string) => (await store.conflicts.get(id))!.resolution?.choices;

  it('takes everything from one side', async () => {
    const id = await hold('1001', { fields: [due, memo] });
    const [done] = await run(resolve, { conflict: byName('1001'), decision: 'ledger' });
    expect(done).toMatchObject({
      result: 'decided',
      summary: expect.stringContaining('Invoice 1001') as string,
    });
    expect(await choicesOf(id)).toEqual({
      dueDate: { winner: 'ledger' },
      customerMemo: { winner: 'ledger' },
    });
  });

  it('takes field by field, by label or key, with who, why and which workflow', async () => {
    const id = await hold('1001', { fields: [due, memo] });
    await run(resolve, {
      conflict: byName('1001'),
      decision: 'fields',
      fields: {
        values: [
          { field: 'due date', answer: 'value', value: '2027-02-01' },
          { field: 'customerMemo', answer: 'app' },
        ],
      },
      options: { decidedBy: 'jane@acme.example', note: 'As agreed on the phone' },
    });
    expect((await store.conflicts.get(id))!.resolution).toMatchObject({
      choices: { dueDate: { value: '2027-02-01' }, customerMemo: { winner: 'app' } },
      by: 'workflow workflow-1 (execution 1)',
      decidedBy: 'jane@acme.example',
      note: 'As agreed on the phone',
    });
  });

  it('takes what a form has answered, whatever n8n has made of its texts', async () => {
    const id = await hold('1001', { fields: [due, memo] });
    const answers = await form((fields) => ({
      answer_0: optionsOf(fields, 'answer_0')[0],
      answer_1: [optionsOf(fields, 'answer_1')[1]!.replace(/"/g, '&quot;')],
      note: 'fine',
    }));
    await run(resolve, { conflict: byName('1001'), decision: 'form', form: JSON.stringify(answers) });
    expect(await choicesOf(id)).toEqual({ dueDate: { winner: 'app' }, customerMemo: { winner: 'ledger' } });
    expect((await store.conflicts.get(id))!.resolution).toMatchObject({ note: 'fine' });
  });

  it('makes a rule of a decision where that was ticked', async () => {
    await hold('1001');
    const answers = await form((fields) => ({
      answer_0: optionsOf(fields, 'answer_0')[0],
      always_0: 'Yes',
    }));
    const [done] = await run(resolve, { conflict: byName('1001'), decision: 'form', form: answers });
    expect(done!['summary']).toContain('From now on, Your app wins for Due Date of invoices.');
    expect((await store.policies.load(company)).rules).toMatchObject([{ field: 'dueDate', winner: 'app' }]);
  });

  it('takes a typed value for chosen where nothing is chosen', async () => {
    const id = await hold('1001');
    const answers = await form(() => ({ answer_0: '', value_0: '2027-05-01' }));
    await run(resolve, { conflict: byName('1001'), decision: 'form', form: answers });
    expect(await choicesOf(id)).toEqual({ dueDate: { value: '2027-05-01' } });
  });

  it('refuses an answer that breaks the schema, at its field, and hands the form back with the choices kept', async () => {
    await hold('1001');
    const answers = await form((fields) => ({
      answer_0: optionsOf(fields, 'answer_0')[2],
      value_0: '31.2.2027',
    }));
    const parameters = { conflict: byName('1001'), decision: 'form', form: answers };
    await expect(run(resolve, parameters)).rejects.toThrow(/Due Date must be a calendar date.*"31\.2\.2027"/);
    const [refused] = await run(resolve, { ...parameters, options: { outputRefusals: true } });
    expect(refused).toMatchObject({ result: 'refused', issues: [{ label: 'Due Date' }] });
    const fields = refused!['formFields'] as FormField[];
    expect(fields[0]!.html).toContain('Due Date must be a calendar date');
    expect(fields.find(({ fieldName }) => fieldName === 'answer_0')).toMatchObject({
      defaultValue: 'Another value',
    });
    expect(fields.find(({ fieldName }) => fieldName === 'value_0')).toMatchObject({
      defaultValue: '31.2.2027',
    });
  });

  it('refuses a decision on what has changed since, and hands back fresh values with the choices kept', async () => {
    await hold('1001');
    const answers = await form((fields) => ({ answer_0: optionsOf(fields, 'answer_0')[1] }));
    await hold('1001', { fields: [{ ...due, ledger: '2027-01-08' }], now: Date.now() + 5 });
    const parameters = { conflict: byName('1001'), decision: 'form', form: answers };
    await expect(run(resolve, parameters)).rejects.toMatchObject({ code: 'stale_version' });
    const [changed] = await run(resolve, { ...parameters, options: { outputRefusals: true } });
    expect(changed).toMatchObject({ result: 'changed', fields: [{ ledger: '8 Jan 2027' }] });
    const fields = changed!['formFields'] as FormField[];
    expect(fields.find(({ fieldName }) => fieldName === 'answer_0')).toMatchObject({
      defaultValue: 'QuickBooks Online: 8 Jan 2027',
    });
  });

  it('refuses the answers of a stale tab, a second decision, and nonsense', async () => {
    const id = await hold('1001');
    await hold('1002');
    const stale = await form((fields) => ({ answer_0: optionsOf(fields, 'answer_0')[0] }));
    await expect(run(resolve, { conflict: byName('1002'), decision: 'form', form: stale })).rejects.toThrow(
      'another conflict',
    );
    for (const form of ['nonsense', [], null, 7])
      await expect(run(resolve, { conflict: byName('1001'), decision: 'form', form })).rejects.toThrow(
        /no JSON object/,
      );
    await expect(
      run(resolve, { conflict: byName('1001'), decision: 'app', version: 'x1' }),
    ).rejects.toMatchObject({ code: 'stale_version' });
    await run(resolve, { conflict: byName('1001'), decision: 'app' });
    const again = { conflict: { mode: 'id', value: id }, decision: 'ledger' };
    await expect(run(resolve, again)).rejects.toThrow(/was decided .*already/);
    expect(await run(resolve, { ...again, options: { outputRefusals: true } })).toMatchObject([
      { result: 'over' },
    ]);
    expect(await choicesOf(id)).toEqual({ dueDate: { winner: 'app' } });
  });
});
