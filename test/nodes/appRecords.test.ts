import type { INodeExecutionData } from 'n8n-workflow';
import { AppRecords } from '../../nodes/AppRecords/AppRecords.node';
import { searchConnections } from '../../nodes/runtime/listSearch';
import { fakeNode, type FakeNodeOptions } from './support/fakeNode';
import { connectionOf, useStoreFolder } from './support/storeFolder';

const folder = useStoreFolder();
const none = { __rl: true, mode: 'list', value: '' };

async function run(parameters: Record<string, unknown>, options: FakeNodeOptions = {}) {
  const { context } = fakeNode({ ...options, parameters: { connection: none, ...parameters } });
  const [items = []]: INodeExecutionData[][] = await new AppRecords().execute.call(context);
  return items;
}

beforeAll(async () => {
  const store = await folder.open();
  await store.connections.create(connectionOf('a', '1'));
  await store.close();
});

describe('App Records', () => {
  it('creates, changes and reads a record, with the only connection as the default', async () => {
    const upsert = { operation: 'upsert', entity: 'customer', recordId: 'c1', dataMode: 'define' };
    const [created] = await run({ ...upsert, fields: { displayName: 'Acme', email: 'a@acme.example' } });
    expect(created).toMatchObject({ json: { id: 'c1', version: 1, created: true }, pairedItem: { item: 0 } });
    const [changed] = await run({ ...upsert, fields: { email: '' } });
    expect(changed?.json).toMatchObject({ version: 2, fields: { displayName: 'Acme', email: null } });
    const [read] = await run({ operation: 'get', entity: 'customer', record: { mode: 'id', value: 'c1' } });
    expect(read?.json).toMatchObject({ version: 2, state: 'live' });
  });

  it('takes the fields of the input items, in either form', async () => {
    const items = [
      { id: 'c2', fields: { displayName: 'Two' } },
      { id: 'c3', displayName: 'Three' },
    ];
    await run({ operation: 'upsert', entity: 'customer', dataMode: 'input' }, { items });
    const all = await run({ operation: 'getAll', entity: 'customer', returnAll: true });
    expect(all.map(({ json }) => json['id'])).toEqual(['c1', 'c2', 'c3']);
  });

  it('names entity, id, field and reason of a record that is refused, and goes on with the next', async () => {
    const items = [
      { id: 'c4', displayNam: 'typo' },
      { id: 'c5', displayName: 'Five' },
    ];
    const parameters = { operation: 'upsert', entity: 'customer', dataMode: 'input' };
    const [refused, stored] = await run(parameters, { items, continueOnFail: true });
    expect(refused?.json['details']).toMatchObject({
      code: 'validation',
      entity: 'customer',
      recordId: 'c4',
      field: 'displayName',
    });
    expect(stored?.json).toMatchObject({ id: 'c5' });
    await expect(run(parameters, { items })).rejects.toThrow(/^Customer c4: Display Name is required/);
  });

  it('refuses an edit of a version that is no longer current', async () => {
    const parameters = { operation: 'upsert', entity: 'customer', dataMode: 'json', recordId: 'c1' };
    const stale = { ...parameters, json: '{"notes":"x"}', options: { expectedVersion: 1 } };
    await expect(run(stale)).rejects.toThrow('has changed since version 1');
    await expect(run({ ...parameters, json: 'nonsense' })).rejects.toThrow('Fields is not an object');
  });

  it('deletes a record and leaves it readable', async () => {
    const record = { mode: 'id', value: 'c2' };
    const [gone] = await run({ operation: 'delete', entity: 'customer', record });
    expect(gone?.json).toMatchObject({ id: 'c2', state: 'deleted' });
    await expect(run({ operation: 'void', entity: 'customer', record })).rejects.toThrow('cannot be voided');
  });

  it('lists connections, and asks for one as soon as there are two', async () => {
    const store = await folder.open();
    await store.connections.create(connectionOf('b', '2'));
    await store.close();
    const { results } = await searchConnections.call(fakeNode().context, 'company');
    expect(results).toEqual([
      { name: 'Company a', value: 'a' },
      { name: 'Company b', value: 'b' },
    ]);
    const get = { operation: 'getAll', entity: 'customer', limit: 1 };
    await expect(run(get)).rejects.toMatchObject({ description: 'Choose one of: Company a, Company b.' });
    const byName = await run({ ...get, connection: { mode: 'name', value: 'Company a' } });
    expect(byName).toHaveLength(1);
  });
});
