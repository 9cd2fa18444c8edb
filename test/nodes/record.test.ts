import * as timeline from '../../nodes/AccountingSync/actions/record/timeline.operation';
import { searchRecords } from '../../nodes/runtime/listSearch';
import type { OpenStore } from '../../shared/store';
import { anEvent, claimOne, paired, settled } from '../contract/storeSupport';
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

const decision = (after: string) => ({
  ...{ path: 'customerMemo', from: 'app', by: 'edit', before: 'Thanks', after },
});

/** A record that both sides agree on, after somebody has changed its memo. */
async function sync(id: string, number: string, memo = 'Bye'): Promise<string> {
  const now = Date.now();
  await store.queue.append([{ ...anEvent(id), connectionId: company }], { now });
  const claim = await claimOne(store, { now, connectionIds: [company] });
  const base = { schemaVersion: 1, state: 'live' as const, fields: { number } };
  const detail = { entity: 'invoice', decisions: [decision(memo)], changedBy: { app: 'Jane' } };
  await store.queue.settle(
    claim,
    settled({
      now,
      link: { ...paired(claim.link, `app-${id}`, id), base },
      audit: [
        { kind: 'synced', linkId: claim.link.id, detail: { ...detail, origin: 'workflow w (execution 3)' } },
      ],
    }),
  );
  return claim.link.id;
}

const node = (parameters: Record<string, unknown>) =>
  fakeNode({ parameters: { connection: company, entity: 'invoice', ...parameters } });
const run = async (parameters: Record<string, unknown>) => {
  const execute = timeline.execute as (this: unknown, index: number) => Promise<Record<string, unknown>[]>;
  return await execute.call(node(parameters).context, 0);
};
const byName = (value: string) => ({ record: { mode: 'name', value } });

describe('Record: Get Timeline', () => {
  it('says who changed what, in a sentence and in fields, found by number, by id and by list', async () => {
    const link = await sync('7', 'INV-1');
    const [item] = await run(byName('inv-1'));
    expect(item).toMatchObject({
      field: 'Message to Customer',
      before: 'Thanks',
      after: 'Bye',
      from: 'Your app',
      who: 'Jane',
      rule: 'changed on one side',
      execution: 'workflow w (execution 3)',
      title: 'INV-1',
      ledgerId: '7',
    });
    expect(item!['summary']).toMatch(
      /: Message to Customer Thanks → Bye, from Your app, by Jane \(changed on one side\)$/,
    );
    for (const value of ['7', 'app-7', link]) {
      expect(await run({ record: { mode: 'id', value } })).toMatchObject([{ linkId: link }]);
    }
    const { context } = node({});
    expect((await searchRecords.call(context, 'INV')).results).toEqual([{ name: 'INV-1', value: link }]);
  });

  it('names the nearest records where there is none of that name, and asks which one of two', async () => {
    await sync('7', '1001');
    await sync('8', '1002');
    await expect(run(byName('1009'))).rejects.toMatchObject({
      message: `The sync of "Company ${company}" knows no Invoice 1009`,
      details: { nextStep: 'The nearest are: 1001, 1002.' },
    });
    await expect(run(byName('xyz'))).rejects.toMatchObject({ code: 'not_found' });
    await expect(run(byName(''))).rejects.toMatchObject({ code: 'validation' });
    await expect(run({ ...byName('1001'), entity: 'unicorn' })).rejects.toMatchObject({});
    await sync('9', '1002');
    await expect(run(byName('1002'))).rejects.toMatchObject({
      message: '2 records are called Invoice 1002: ID 8, ID 9',
    });
  });

  it('shows values that are markup or control characters as one line of text', async () => {
    await sync('7', '1001', '<script>\n\u0007=1+1');
    const [item] = await run(byName('1001'));
    expect(item).toMatchObject({ after: '<script> =1+1' });
  });

  it('says so where nothing happened in that time', async () => {
    await sync('7', '1001');
    const { context, hints } = node({ ...byName('1001'), since: '2999-01-01T00:00:00Z' });
    const execute = timeline.execute as (this: unknown, index: number) => Promise<object[]>;
    expect(await execute.call(context, 0)).toEqual([]);
    expect(hints).toEqual(['Nothing has happened to Invoice 1001 in the time that is asked for.']);
  });
});
