import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { AppRecords as AppRecordsNode } from '../../nodes/AppRecords/AppRecords.node';
import { AppRecords } from '../../shared/app/records';
import type { Fields } from '../../shared/schema/entity';
import type { OpenStore } from '../../shared/store';
import { systemClock, systemRandom } from '../../shared/system';
import { fakeNode } from '../nodes/support/fakeNode';
import { connectionOf, useStoreFolder } from '../nodes/support/storeFolder';

const folder = useStoreFolder();
let store: OpenStore;
beforeAll(async () => {
  store = await folder.open();
  await store.connections.create(connectionOf('a', '1'));
});
afterAll(() => store.close());

const customer = { entity: 'customer', id: 'c' };
const records = () => new AppRecords({ store, connectionId: 'a', clock: systemClock, random: systemRandom });

interface Refusal {
  error: string;
  details: { field?: string; issues?: unknown[]; moreIssues?: number };
}

/** What the app posts, as the template hands it to the node. */
async function send(body: unknown): Promise<Refusal> {
  const connection = { __rl: true, mode: 'list', value: '' };
  const parameters = { operation: 'upsert', connection, dataMode: 'request' };
  const items = [{ headers: {}, query: {}, body: body as IDataObject }];
  const { context } = fakeNode({ parameters, items, continueOnFail: true });
  const [answers = []]: INodeExecutionData[][] = await new AppRecordsNode().execute.call(context);
  return answers[0]?.json as unknown as Refusal;
}

const post = (edit: Record<string, unknown>) => send({ entity: 'invoice', ...edit });

const counted = async () => [
  (await store.queue.counts('a')).pending,
  (await records().list('invoice', { limit: 10_000 })).length,
  (await records().list('customer', { limit: 10_000 })).length,
];

/** Milliseconds of this process's own work, whatever else the machine does. */
async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const nested = (depth: number): unknown => {
  let value: unknown = 'core';
  for (let level = 0; level < depth; level++) value = [value];
  return value;
};

describe('an app edit', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'of more lines than a record may have',
      { fields: { customer, lines: Array.from({ length: 2001 }, () => ({})) } },
      /^Invoice .*: Lines must not have more than 2000 elements \(it has 2001\)$/,
    ],
    [
      'of 40 000 empty lines',
      { fields: { customer, lines: Array.from({ length: 40_000 }, () => ({})) } },
      /Lines must not have more than 2000 elements|more than 60000 values/,
    ],
    [
      'of a million values',
      { fields: { customer, lines: Array.from({ length: 1_000_000 }, () => 1) } },
      /Fields must not have more than 60000 values in all/,
    ],
    [
      'of a million fields',
      { fields: Object.fromEntries(Array.from({ length: 1_000_000 }, (_, i) => [`f${i}`, 1])) },
      /Fields must not have more than 60000 values in all/,
    ],
    [
      'of 15 megabytes of text',
      { fields: { customer, lines: [], customerMemo: 'x'.repeat(15_000_000) } },
      /Fields must not have more than 2000000 characters in all/,
    ],
    [
      'nested 500 000 deep',
      { fields: { customer, lines: [{ amount: nested(500_000) }] } },
      /Fields must not be nested deeper than 20 levels/,
    ],
    [
      'nested 500 000 deep, as text',
      { fields: `{"lines":${'['.repeat(500_000)}${']'.repeat(500_000)}}` },
      /Fields must not be nested deeper than 20 levels/,
    ],
    [
      'of a prototype',
      {
        entity: 'customer',
        fields: JSON.parse('{"displayName":"A","__proto__":{"polluted":1}}') as unknown,
      },
      /__proto__ is not a field of this entity/,
    ],
    [
      'of a prototype in an address',
      {
        entity: 'customer',
        fields: JSON.parse(
          '{"displayName":"A","billingAddress":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}',
        ) as unknown,
      },
      /Billing Address: (__proto__|constructor) is not a field of this entity/,
    ],
    [
      'with the field of every object',
      { entity: 'customer', fields: { displayName: 'A', constructor: 1, toString: 'x' } },
      /constructor is not a field of this entity/,
    ],
    ['of the entity of every object', { entity: 'constructor', fields: {} }, /no entity "constructor"/],
    ['of the entity __proto__', { entity: '__proto__', fields: {} }, /no entity "__proto__"/],
    [
      'with an infinite amount',
      { fields: { customer, lines: [{ amount: JSON.parse('1e999') as number }] } },
      /Line 1: Amount must be .*Infinity/,
    ],
    [
      'with an amount that is no number',
      { fields: { customer, lines: [{ amount: Number.NaN }] } },
      /Line 1: Amount must be .*NaN/,
    ],
    [
      'with a number of more digits than JSON numbers keep',
      { fields: { customer, lines: [{ amount: JSON.parse('12345678901234567890') as number }] } },
      /Line 1: Amount must be text \(it was 12345678901234567000\)/,
    ],
    ['with a list for the fields', { fields: [] }, /Fields is not an object \(it was a list\)/],
    ['with nothing for the fields', { fields: undefined }, /Fields is not an object/],
    [
      'with a list for the record',
      { fields: { customer: [customer], lines: [] } },
      /Customer must be an object/,
    ],
    [
      'with a list for an address',
      { entity: 'customer', fields: { displayName: 'A', billingAddress: [] } },
      /Billing Address must be an object \(it was a list\)/,
    ],
    ['with an object for the lines', { fields: { customer, lines: {} } }, /Lines must be a list/],
    ['with lists for lines', { fields: { customer, lines: [[]] } }, /Line 1 must be an object/],
    ['with text for lines', { fields: { customer, lines: ['x', null] } }, /Line 1 must be an object/],
    ['with an object for the id', { id: { $ne: null }, fields: { customer, lines: [] } }, /ID must be text/],
    ['with a long id', { id: 'x'.repeat(201), fields: { customer, lines: [] } }, /ID must not be longer/],
    [
      'with a line break in the id',
      { id: 'a\nb', fields: {} },
      /ID has a character .* \(it was "a\\u000ab"\)/,
    ],
    ['with half a character in the id', { id: 'a\ud800', fields: {} }, /ID has a character/],
    [
      'with a control character in the id of a line',
      { fields: { customer, lines: [{ id: 'l\u0000', amount: '1' }] } },
      /Line 1: ID has a control character/,
    ],
    [
      'with a control character in a reference',
      { fields: { customer: { entity: 'customer', id: '\u0007' }, lines: [] } },
      /Customer: ID has a control character/,
    ],
    [
      'with an expected version in words',
      { fields: { customer, lines: [] }, expectedVersion: { $gt: 0 } },
      /Expected Version must be a whole number/,
    ],
    ['with an object for who made it', { fields: { customer, lines: [] }, by: {} }, /By must be text/],
    [
      'with a long name of who made it',
      { fields: { customer, lines: [] }, by: 'x'.repeat(201) },
      /By must not be longer than 200 characters/,
    ],
    [
      'with a line break in who made it',
      { fields: { customer, lines: [] }, by: 'jane\nann' },
      /By has a character .* \(it was "jane\\u000aann"\)/,
    ],
  ])('%s is refused for what it is, and nothing is stored', async (_what, body, reason) => {
    const before = await counted();
    const { error, details } = await post(body);
    expect(error).toMatch(reason);
    expect(details.issues?.length).toBeGreaterThan(0);
    expect(await counted()).toEqual(before);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each<[string, unknown, RegExp]>([
    ['text', 'hello', /Body must be a JSON object/],
    ['a list', [1], /Body must be a JSON object/],
    ['nothing', undefined, /Body must be a JSON object/],
    ['no entity', { fields: {} }, /Entity must be text such as invoice/],
    ['an object for an entity', { entity: { $gt: '' } }, /Entity must be text such as invoice/],
    [
      'a connection of its choice',
      { entity: 'customer', connectionId: 'other', fields: { displayName: 'A' } },
      /connectionId is not part of an edit, which has entity, id, fields, expectedVersion, by/,
    ],
    [
      'fields beside the edit',
      { entity: 'customer', displayName: 'A' },
      /displayName is not part of an edit/,
    ],
    [
      'a prototype',
      JSON.parse('{"__proto__":{"polluted":1},"entity":"customer","fields":{"displayName":"A"}}'),
      /__proto__ is not part of an edit/,
    ],
  ])('whose body is %s is refused for what it is', async (_what, body, reason) => {
    const before = await counted();
    const { error, details } = await send(body);
    expect(error).toMatch(reason);
    expect(details.issues?.length).toBeGreaterThan(0);
    expect(await counted()).toEqual(before);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('that is good is stored in the connection of the workflow', async () => {
    const edit = { entity: 'customer', id: 'good', fields: { displayName: 'Good' }, expectedVersion: null };
    expect(await send(edit)).toMatchObject({ id: 'good', connectionId: 'a', created: true, changed: true });
    expect(await send({ ...edit, expectedVersion: 1 })).toMatchObject({ id: 'good', changed: false });
    expect(await send({ ...edit, id: 7 })).toMatchObject({ id: '7', created: true, updatedBy: null });
    const byJane = { ...edit, id: 8, by: ' jane@example.com ' };
    expect(await send(byJane)).toMatchObject({ id: '8', updatedBy: 'jane@example.com' });
  });

  it('that is refused leaves a short answer, however much is wrong with it', async () => {
    const secret = `${'x'.repeat(90)} and what comes later`;
    const lines = Array.from({ length: 2000 }, () => ({ amount: secret, description: 'd'.repeat(500) }));
    const refusal = await post({ fields: { customer, lines } });
    expect(refusal.details.issues).toHaveLength(20);
    expect(refusal.details.moreIssues).toBe(1980);
    expect(JSON.stringify(refusal).length).toBeLessThan(8_000);
    expect(JSON.stringify(refusal)).not.toContain('what comes later');
  });

  it('of 40 000 lines costs next to nothing, and so do as many lines for a record that has 2000', async () => {
    const lines = Array.from({ length: 2000 }, (_, i) => ({ description: `Line ${i}`, amount: '1' }));
    await records().upsert('invoice', { id: 'long', fields: { customer, lines } });
    const many = Array.from({ length: 40_000 }, () => ({}));
    const refuse = () =>
      records()
        .upsert('invoice', { id: 'long', fields: { lines: many } })
        .catch(() => {});
    await refuse();
    // It took nine seconds to match them first.
    expect(await cpuOf(refuse)).toBeLessThan(300);
  });

  it('of 2000 other lines lets everybody else have their turn while it is read', async () => {
    const lines = (word: string): Fields[] =>
      Array.from({ length: 2000 }, (_, i) => ({
        description: `${word} ${i}`,
        quantity: '2',
        unitPrice: '1.5',
      }));
    await records().upsert('invoice', { id: 'turns', fields: { customer, lines: lines('Old') } });
    let [turns, isDone] = [0, false];
    const others = (async () => {
      for (; !isDone; turns++) await new Promise(setImmediate);
    })();
    const { record } = await records().upsert('invoice', { id: 'turns', fields: { lines: lines('New') } });
    isDone = true;
    await others;
    expect(turns).toBeGreaterThanOrEqual(10);
    expect(record.fields['lines']).toHaveLength(2000);
    expect((record.fields['lines'] as Fields[])[1999]).toMatchObject({
      description: 'New 1999',
      amount: '3',
    });
  });
});
