import * as dismiss from '../../nodes/AccountingSync/actions/failedRecord/dismiss.operation';
import * as getAll from '../../nodes/AccountingSync/actions/failedRecord/getAll.operation';
import * as retry from '../../nodes/AccountingSync/actions/failedRecord/retry.operation';
import type { FormField } from '../../nodes/AccountingSync/actions/conflict/formFields';
import { searchFailedRecords } from '../../nodes/runtime/listSearch';
import type { ErrorReport } from '../../shared/ports';
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

const HOUR = 3_600_000;
const badMail: ErrorReport = {
  code: 'validation/2210',
  message: 'QuickBooks did not create customer: Invalid Email',
  nextStep: 'Correct the e-mail address.',
  field: 'email',
  requestId: 'tid-1',
};

async function fail(
  title: string,
  error: ErrorReport = badMail,
  now = Date.now() - 3 * HOUR,
): Promise<string> {
  const event = {
    ...anEvent(`id-${title}`),
    connectionId: company,
    entity: 'customer',
    side: 'app' as const,
  };
  await store.queue.append([event], { now });
  const claim = await claimOne(store, { now, connectionIds: [company] });
  await store.queue.settle(claim, settled({ now, outcome: { kind: 'dead', error: { ...error, title } } }));
  return claim.link.id;
}

const node = (parameters: Record<string, unknown>) =>
  fakeNode({ parameters: { connection: company, ...parameters } });

const run = async (operation: { execute: unknown }, parameters: Record<string, unknown> = {}) => {
  const execute = operation.execute as (this: unknown, index: number) => Promise<Record<string, unknown>[]>;
  return await execute.call(node(parameters).context, 0);
};
const byName = (value: string) => ({ mode: 'name', value });
const countDead = async () => (await store.queue.counts(company)).dead;

describe('Failed Record: Get Many', () => {
  it('lists records in plain words with what was entered, what failed last first', async () => {
    const fields = { displayName: 'Acme', email: 'acme@' };
    await store.appRecords.write(
      { connectionId: company, entity: 'customer', id: 'id-Acme', state: 'live', schemaVersion: 1, fields },
      { expectedVersion: null, now: 1 },
    );
    await fail('Acme');
    await fail('Bolt', { code: 'internal', message: 'Customer Bolt: out of luck' });
    const [bolt, acme] = await run(getAll);
    expect(bolt).toMatchObject({ summary: 'Customer Bolt: out of luck', said: null, field: null });
    expect(acme).toMatchObject({
      summary: 'Customer Acme: QuickBooks Online does not accept its E-mail',
      field: 'E-mail',
      value: '"acme@"',
      nextStep: 'Correct the e-mail address.',
      age: '3 hours',
      attempts: 1,
      said: badMail.message,
      requestId: 'tid-1',
      appId: 'id-Acme',
    });
    expect(await run(getAll, { filters: { text: 'bo' } })).toHaveLength(1);
    expect(await run(getAll, { filters: { olderThanDays: 1 } })).toEqual([]);
    expect(await run(getAll, { filters: { entity: 'invoice' } })).toEqual([]);
  });

  it('says so when nothing has failed', async () => {
    const { context, hints } = node({ output: 'report' });
    expect(
      await (getAll.execute as (this: unknown, index: number) => Promise<object[]>).call(context, 0),
    ).toEqual([]);
    expect(hints).toEqual([`Nothing in "Company ${company}" has failed.`]);
  });

  it('makes one message and one form of the list, in which markup and control characters do nothing', async () => {
    await fail('<b>Evil</b>\u202e"&\n2. Fake');
    const [report] = await run(getAll, { output: 'report' });
    expect(report).toMatchObject({ summary: `1 record of Company ${company} could not be brought in sync` });
    const { text, formFields } = report as unknown as { text: string; formFields: FormField[] };
    expect(text.split('\n').filter((line) => line.startsWith('2.'))).toEqual([]);
    const html = formFields[0]!.html!;
    expect(html).not.toContain('<b>');
    expect(html).toContain('&#60;b&#62;Evil');
    const words = 'QuickBooks did not create customer: Invalid Email (request id tid-1)';
    for (const told of [text, html]) expect(told).toContain(words);
    expect(JSON.stringify(formFields)).not.toContain('\u202e');
    const labels = formFields.flatMap(({ fieldOptions }) => fieldOptions?.values ?? []);
    expect(labels.every(({ option }) => !/[<>]/.test(option))).toBe(true);
  });
});

describe('Failed Record: Retry', () => {
  it('says before what it would take, and changes nothing then', async () => {
    await fail('Acme');
    await fail('Bolt');
    const [preview] = await run(retry, { scope: 'all', options: { preview: true } });
    expect(preview).toMatchObject({ result: 'preview', records: 2, readsAbout: 2, writesAbout: 2 });
    expect(preview!['summary']).toBe(
      `Would be tried again: 2 records, about 4 calls to QuickBooks Online. Company ${company}.`,
    );
    expect(await countDead()).toBe(2);
  });

  it('tries one record, those that failed alike, or all of them', async () => {
    await fail('Acme');
    await fail('Bolt');
    await fail('Coil', { code: 'internal', message: 'x' });
    await fail('Dent');
    const names = async (parameters: object) =>
      (await run(retry, parameters as Record<string, unknown>))[0]!['names'];
    expect(await names({ scope: 'record', failedRecord: byName('acme') })).toEqual(['Customer Acme']);
    expect(await names({ scope: 'alike', failedRecord: byName('customer bolt') })).toEqual([
      'Customer Dent',
      'Customer Bolt',
    ]);
    expect(await names({ scope: 'all' })).toEqual(['Customer Coil']);
    expect((await run(retry, { scope: 'all' }))[0]).toMatchObject({ result: 'nothing', records: 0 });
  });

  it('is refused a second time, and for a record that is not there, with the nearest names', async () => {
    await fail('Acme');
    await fail('Bolt');
    await run(retry, { scope: 'record', failedRecord: byName('Acme'), options: { decidedBy: 'ann@x' } });
    await expect(run(retry, { scope: 'record', failedRecord: byName('Acme') })).rejects.toMatchObject({
      message: `No failed record of "Company ${company}" is called "Acme"`,
      details: { nextStep: 'Failed are: Customer Bolt.' },
    });
    await expect(run(retry, { scope: 'record', failedRecord: byName('bol') })).rejects.toMatchObject({
      details: { nextStep: 'The nearest are: Customer Bolt.' },
    });
    await expect(run(retry, { scope: 'record', failedRecord: byName('') })).rejects.toMatchObject({
      code: 'validation',
    });
    const [told] = await store.audit.list(company, { beforeSeq: 1e9, limit: 1 });
    expect(told).toMatchObject({ kind: 'events_replayed', detail: { decidedBy: 'ann@x' } });
  });

  it('finds a record by its id or link, and asks which one of two', async () => {
    const link = await fail('Acme');
    await fail('Twin');
    await store.queue.append([{ ...anEvent('t2'), connectionId: company }], { now: 1 });
    const claim = await claimOne(store, { now: Date.now(), connectionIds: [company] });
    const error = { ...badMail, title: 'Twin' };
    await store.queue.settle(claim, settled({ outcome: { kind: 'dead', error } }));
    await expect(run(retry, { scope: 'record', failedRecord: byName('twin') })).rejects.toMatchObject({
      message: '2 failed records are called "twin": Invoice Twin, Customer Twin',
    });
    for (const value of [link, 'id-Twin'])
      expect((await run(retry, { scope: 'record', failedRecord: { mode: 'id', value } }))[0]).toMatchObject({
        result: 'retried',
      });
  });
});

describe('Failed Record: Dismiss', () => {
  it('takes a record off the list, with who, when and why in the audit', async () => {
    await fail('Acme');
    const [item] = await run(dismiss, {
      failedRecord: byName('Acme'),
      reason: ' entered twice ',
      options: { decidedBy: 'ann@x' },
    });
    expect(item).toMatchObject({ result: 'dismissed', title: 'Acme', reason: 'entered twice' });
    expect(await countDead()).toBe(0);
    const [told] = await store.audit.list(company, { beforeSeq: 1e9, limit: 1 });
    expect(told).toMatchObject({
      kind: 'events_dismissed',
      by: 'workflow workflow-1 (execution 1)',
      detail: { note: 'entered twice', decidedBy: 'ann@x' },
    });
  });

  it('is refused without a reason, and with one that is too long or cannot be stored', async () => {
    await fail('Acme');
    for (const reason of ['', '  ', 'x'.repeat(501), 'a\u0000b', { no: 'text' }]) {
      await expect(run(dismiss, { failedRecord: byName('Acme'), reason })).rejects.toMatchObject({
        code: 'validation',
        details: { field: 'reason' },
      });
    }
    expect(await countDead()).toBe(1);
  });
});

describe('the list to choose from', () => {
  it('shows failed records with what is wrong, and finds them by text', async () => {
    const link = await fail('Acme');
    await fail('Bolt');
    const { context } = node({});
    const all = await searchFailedRecords.call(context);
    expect(all.results.map(({ name }) => name)).toEqual(['Customer Bolt · E-mail', 'Customer Acme · E-mail']);
    expect((await searchFailedRecords.call(context, 'acm')).results).toEqual([
      { name: 'Customer Acme · E-mail', value: link },
    ]);
  });
});
