import { createHmac, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ITriggerResponse, IWebhookResponseData } from 'n8n-workflow';
import { execute as getConnection } from '../../nodes/AccountingSync/actions/connection/get.operation';
import { receiveWebhook } from '../../nodes/QuickBooksAccountingTrigger/receive';
import { startTrigger } from '../../nodes/QuickBooksAccountingTrigger/start';
import { QuickBooksAccountingTrigger } from '../../nodes/QuickBooksAccountingTrigger/QuickBooksAccountingTrigger.node';
import { QUICKBOOKS_CREDENTIAL } from '../../nodes/runtime/quickBooks';
import type { WebhookFigures } from '../../shared/intake/figures';
import { fakeNode, type FakeNodeOptions } from './support/fakeNode';
import { connectionOf, useStoreFolder } from './support/storeFolder';

const TOKEN = 'verifier-token-of-the-test';
const folder = useStoreFolder();
const credentials = {
  [QUICKBOOKS_CREDENTIAL]: {
    environment: 'sandbox',
    webhookVerifierToken: `the-old-token-of-the-test, ${TOKEN}`,
    oauthTokenData: { access_token: 'secret', callbackQueryString: { realmId: '1' } },
  },
};

let count = 0;
const event = (realm: string, id: string, entity = 'customer') => ({
  specversion: '1.0',
  id: `event-${++count}`,
  source: 'intuit.x',
  type: `qbo.${entity}.updated.v1`,
  time: '2026-02-03T04:05:06.123456789Z',
  intuitentityid: id,
  intuitaccountid: realm,
});
const sign = (body: string) => createHmac('sha256', TOKEN).update(body).digest('base64');

/** A call as n8n hands it over: its body is still on the wire. */
async function call(
  body: string,
  signature: string | null = sign(body),
  { headers = {}, ...options }: FakeNodeOptions & { headers?: Record<string, string> } = {},
) {
  const request = Object.assign(Readable.from([Buffer.from(body)]), {
    headers: { ...(signature === null ? {} : { 'intuit-signature': signature }), ...headers },
  });
  const node = fakeNode({ credentials, nodeId: randomUUID(), ...options, request });
  const result: IWebhookResponseData = await receiveWebhook.call(node.context);
  const [status] = node.answered;
  const told = node.lines.filter(({ level }) => level !== 'debug');
  return { ...node, result, status, told, request };
}

const pending = async (connectionId: string) => {
  const store = await folder.open();
  const events = await store.queue.list({ connectionId, limit: 100 });
  await store.close();
  return events.map(({ entity, side, recordId, source }) => ({ entity, side, recordId, source }));
};

beforeAll(async () => {
  const store = await folder.open();
  await store.connections.create(connectionOf('a', '1'));
  await store.connections.create(connectionOf('b', '2', { entities: ['invoice'] }));
  await store.close();
});

describe('a webhook', () => {
  it('stores the events of several companies before it answers, and starts no execution', async () => {
    const body = JSON.stringify([
      event('1', '11'),
      event('2', '22', 'invoice'),
      event('2', '23', 'customer'),
    ]);
    const { status, result } = await call(body);
    expect(status).toBe(200);
    expect(result).toEqual({ noWebhookResponse: true });
    expect(await pending('a')).toContainEqual({
      entity: 'customer',
      side: 'ledger',
      recordId: '11',
      source: 'webhook',
    });
    expect(await pending('b')).toEqual([
      { entity: 'invoice', side: 'ledger', recordId: '22', source: 'webhook' },
    ]);
  });

  it('takes the older format too', async () => {
    const entity = {
      name: 'Invoice',
      id: '77',
      operation: 'Update',
      lastUpdated: '2026-02-03T04:05:06.000Z',
    };
    const body = JSON.stringify({
      eventNotifications: [{ realmId: '1', dataChangeEvent: { entities: [entity] } }],
    });
    expect((await call(body)).status).toBe(200);
    expect(await pending('a')).toContainEqual({
      entity: 'invoice',
      side: 'ledger',
      recordId: '77',
      source: 'webhook',
    });
  });

  it('stores a repeated notification once', async () => {
    const body = JSON.stringify([event('1', '31')]);
    await call(body);
    expect((await call(body)).status).toBe(200);
    expect((await pending('a')).filter(({ recordId }) => recordId === '31')).toHaveLength(1);
  });

  const valid = JSON.stringify([event('1', '99')]);
  const large = ' '.repeat(1024 * 1024 + 1);
  it.each<[string, string, string | null, number]>([
    ['is forged', valid, sign('something else'), 401],
    ['has no signature', valid, null, 401],
    ['is cut off', valid.slice(0, -5), sign(valid), 401],
    ['is empty', '', 'x', 401],
    ['is not JSON', 'hello', sign('hello'), 400],
    ['is no notification', '{"a":1}', sign('{"a":1}'), 400],
    ['is too large', large, sign(large), 413],
  ])(
    'that %s is refused with one line in the log, without secrets',
    async (_what, body, signature, expected) => {
      const { status, result, told } = await call(body, signature);
      expect(status).toBe(expected);
      expect(result).toEqual({ noWebhookResponse: true });
      expect(told).toMatchObject([{ level: 'warn' }]);
      expect(JSON.stringify(told)).not.toMatch(/-of-the-test|secret/);
      expect(await pending('a')).not.toContainEqual(expect.objectContaining({ recordId: '99' }));
    },
  );

  it('is verified without anybody being connected, and where the setting is wrong with nothing', async () => {
    const body = JSON.stringify([event('1', '51')]);
    const setting = (webhookVerifierToken: string) => ({
      credentials: { [QUICKBOOKS_CREDENTIAL]: { webhookVerifierToken } },
    });
    expect((await call(body, undefined, setting(TOKEN))).status).toBe(200);
    const labelled = `new: ${TOKEN}`;
    const byLabel = createHmac('sha256', 'new:').update(body).digest('base64');
    for (const signature of [sign(body), byLabel]) {
      const { status, told } = await call(body, signature, setting(labelled));
      expect(status).toBe(401);
      expect(told).toMatchObject([{ message: expect.stringContaining('without labels') as string }]);
    }
    expect((await call(body, sign(body), setting(''))).status).toBe(401);
  });

  it('that is repeated is said once, and never as an error', async () => {
    const nodeId = randomUUID();
    const broken = { nodeId, credentials: { [QUICKBOOKS_CREDENTIAL]: {} } };
    const calls = await Promise.all(Array.from({ length: 50 }, () => call('[]', sign('[]'), broken)));
    expect(calls.flatMap(({ told }) => told)).toMatchObject([{ level: 'warn' }]);
  });

  it('of a company without a connection is acknowledged and mentioned', async () => {
    const { status, told } = await call(JSON.stringify([event('3', '1')]));
    expect(status).toBe(200);
    expect(told).toMatchObject([{ level: 'warn', message: expect.stringContaining('1 changes') as string }]);
  });

  it('whose credential cannot be read is answered so that QuickBooks repeats it', async () => {
    const { status, result, told } = await call('[]', sign('[]'), { credentials: {} });
    expect(status).toBe(503);
    expect(result).toEqual({ noWebhookResponse: true });
    expect(told).toMatchObject([
      { level: 'warn', message: expect.stringContaining('not stored (503)') as string },
    ]);
  });

  it('starts the execution with its changes where it is a test', async () => {
    const manual = { mode: 'manual', nodeId: randomUUID() };
    const { result } = await call(JSON.stringify([event('1', '41')]), undefined, manual);
    const [[item]] = result.workflowData as [[{ json: object }]];
    expect(item.json).toMatchObject({
      connectionId: 'a',
      ready: 1,
      changes: [{ entity: 'customer', id: '41' }],
    });

    const test = fakeNode({ credentials, ...manual });
    const trigger: ITriggerResponse = await startTrigger.call(test.context);
    await trigger.manualTriggerFunction?.();
    expect(test.emitted).toEqual([[[item]]]);
  });
});

describe('the trigger', () => {
  it('emits one item per connection of its company, and stops when it is told to', async () => {
    const store = await folder.open();
    const node = fakeNode({ credentials, parameters: { settings: { pollMs: 10 } } });
    const { closeFunction }: ITriggerResponse = await startTrigger.call(node.context);
    await sleep(80);
    await closeFunction?.();
    const emits = node.emitted.length;
    expect(node.emitted[0]).toMatchObject([[{ json: { connectionId: 'a', connectionName: 'Company a' } }]]);
    await store.queue.append(
      [{ connectionId: 'a', entity: 'customer', side: 'app', recordId: 'x', source: 'app' }],
      { now: Date.now() },
    );
    await sleep(40);
    expect(node.emitted).toHaveLength(emits);
    await store.close();
  });

  it('says what to do when the credential is not connected', async () => {
    const node = fakeNode({ credentials: { [QUICKBOOKS_CREDENTIAL]: {} } });
    await expect(startTrigger.call(node.context)).rejects.toMatchObject({
      description: expect.stringContaining('choose Connect') as string,
    });
  });

  it.each([
    ['missing', ''],
    ['short', 'fifteen-letters'],
    ['labelled', `new: ${TOKEN}`],
    ['labelled without a blank', `new:${TOKEN}`],
    ['short beside a good one', `${TOKEN}, x`],
    ['one of very many', Array.from({ length: 6 }, (_, index) => `${TOKEN}-${index}`).join(',')],
  ])('is not published where the verifier token is %s, and says where it is found', async (_what, token) => {
    const company = { ...credentials[QUICKBOOKS_CREDENTIAL], webhookVerifierToken: token };
    const node = fakeNode({ credentials: { [QUICKBOOKS_CREDENTIAL]: company } });
    await expect(startTrigger.call(node.context)).rejects.toMatchObject({
      name: 'NodeOperationError',
      message: expect.stringContaining('Webhook Verifier Token is not usable') as string,
      description: expect.stringContaining('Intuit developer portal') as string,
    });
  });

  it('writes down what came of its calls, for people to see', async () => {
    const nodeId = randomUUID();
    const trigger: ITriggerResponse = await startTrigger.call(fakeNode({ credentials, nodeId }).context);
    const before = await figures();
    const body = JSON.stringify([event('1', '61'), null]);
    await call(body, undefined, { nodeId });
    await call(body, 'forged', { nodeId });
    await call(body, null, { nodeId });
    await call(body, sign(body), { nodeId, headers: { 'content-encoding': 'gzip' } });
    await trigger.closeFunction?.();
    const after = await figures();
    expect(after).toMatchObject({
      acceptedToday: before.acceptedToday + 1,
      unreadableToday: before.unreadableToday + 1,
      lastUnreadable: { reason: 'it has no type' },
      lastRefusedFor: expect.stringMatching(/signature|encoded/) as string,
    });
    expect(after.refusedToday['signature']).toBe((before.refusedToday['signature'] ?? 0) + 2);
    expect(after.refusedToday['encoded']).toBe((before.refusedToday['encoded'] ?? 0) + 1);
    expect(after.lastAcceptedAt).toMatch(/^20/);
  });

  async function figures(): Promise<WebhookFigures> {
    const parameters = { connection: { mode: 'id', value: 'a' } };
    const [shown] = (await getConnection.call(fakeNode({ credentials, parameters }).context, 0)) as [
      { webhooks: WebhookFigures },
    ];
    return shown.webhooks;
  }

  it('has the life cycle of a webhook that is registered by hand', async () => {
    const { checkExists, create, delete: remove } = new QuickBooksAccountingTrigger().webhookMethods.default;
    const node = fakeNode().context;
    expect([await checkExists.call(node), await create.call(node), await remove.call(node)]).toEqual([
      true,
      true,
      true,
    ]);
  });
});
