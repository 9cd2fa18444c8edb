import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { INodeExecutionData } from 'n8n-workflow';
import { router } from '../../nodes/AccountingSync/actions/router';
import { receiveWebhook } from '../../nodes/QuickBooksAccountingTrigger/receive';
import { startTrigger } from '../../nodes/QuickBooksAccountingTrigger/start';
import { QUICKBOOKS_CREDENTIAL } from '../../nodes/runtime/quickBooks';
import type { Connection, QueuedEvent } from '../../shared/ports';
import type { OpenStore } from '../../shared/store';
import { fakeNode, type FakeNodeOptions } from '../nodes/support/fakeNode';
import { useStoreFolder } from '../nodes/support/storeFolder';
import { startQuickBooksSimulator, type QuickBooksSimulator } from '../simulators/quickbooks';

/** A credential of n8n's, with its id. */
interface Credential {
  id: string;
  data: Record<string, unknown>;
}

const folder = useStoreFolder();
const ANY = { mode: 'list', value: '' };
const BOUND = 'is bound to another credential';
let store: OpenStore;
let books: QuickBooksSimulator;
/** Mallory's own server, which answers whatever she likes. */
let mallorys: Server;
let mallorysStatus = 200;
const received: string[] = [];

beforeAll(async () => {
  store = await folder.open();
  books = await startQuickBooksSimulator({ port: 0, seed: 11, limits: false });
  mallorys = createServer((request, response) => {
    received.push(`${request.method} ${request.url}`);
    response.writeHead(mallorysStatus, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ CompanyInfo: { CompanyName: 'Acme', Id: '1' }, time: new Date() }));
  });
  await new Promise<void>((ready) => mallorys.listen(0, '127.0.0.1', ready));
});
afterAll(async () => {
  await store.close();
  await books.close();
  await new Promise((closed) => mallorys.close(closed));
});

/** Each test has a company of its own in the one store. */
let acme: { connection: Connection; alice: Credential; failed: QueuedEvent };
beforeEach(async () => {
  received.length = 0;
  mallorysStatus = 200;
  const company = books.control.createCompany({ name: 'Acme' });
  const alice = credential({
    access_token: company.accessToken,
    realmId: company.realmId,
    webhookVerifierToken: 'verifier-token-of-acme',
  });
  const [item] = await run(alice, CREATE);
  const connection = (await store.connections.get(String(item?.json['id'])))!;
  await store.queue.append(
    [{ connectionId: connection.id, entity: 'customer', side: 'app', recordId: 'a1', source: 'app' }],
    { now: store.now() },
  );
  const [claim] = await store.queue.claim({
    connectionIds: [connection.id],
    worker: 'w',
    now: store.now(),
    leaseMs: 60_000,
    limit: 1,
  });
  await store.queue.settle(claim!, {
    now: store.now(),
    intents: [],
    audit: [],
    outcome: { kind: 'dead', error: { code: 'validation', message: 'no name' } },
  });
  const [failed] = await store.queue.list({ connectionId: connection.id, limit: 1 });
  await store.queue.append(
    [{ connectionId: connection.id, entity: 'customer', side: 'app', recordId: 'a2', source: 'app' }],
    { now: store.now() },
  );
  acme = { connection, alice, failed: failed! };
});

const CREATE = { resource: 'connection', operation: 'create', name: '', entities: [], dailyReadBudget: 0 };
const PROCESS = { resource: 'event', operation: 'process' };
const IMPORT = { resource: 'import', operation: 'run' };
const TEST = { resource: 'connection', operation: 'test' };
const rebind = ({ id }: Connection) => ({
  resource: 'connection',
  operation: 'rebind',
  connection: { mode: 'id', value: id },
});
const replay = (connection: Connection, eventIds: string) => ({
  resource: 'event',
  operation: 'replay',
  scope: 'events',
  connection: { mode: 'id', value: connection.id },
  eventIds,
});

let ids = 0;
function credential({
  realmId,
  access_token = 'none',
  ...data
}: Record<string, unknown> & { realmId: string }): Credential {
  return {
    id: `credential-${++ids}`,
    data: {
      environment: 'custom',
      customApiBaseUrl: books.descriptor.baseUrl,
      clientId: 'the app',
      clientSecret: 'its secret',
      oauthTokenData: { access_token, callbackQueryString: { realmId } },
      ...data,
    },
  };
}

const optionsOf = ({ id, data }: Credential): FakeNodeOptions => ({
  credentials: { [QUICKBOOKS_CREDENTIAL]: data },
  credentialIds: { [QUICKBOOKS_CREDENTIAL]: id },
});

async function run(who: Credential, parameters: object): Promise<INodeExecutionData[]> {
  const node = fakeNode({ ...optionsOf(who), parameters: parameters as Record<string, unknown> });
  return (await router.call(node.context)).flat();
}

const refusalOf = async (attempt: Promise<unknown>): Promise<string> =>
  await attempt.then(
    () => 'it was let through',
    (error: unknown) => `${(error as Error).message} ${(error as { description?: string }).description}`,
  );

/** All of Acme that somebody could have touched. */
const stateOf = async ({ id }: Connection) => ({
  connection: await store.connections.get(id),
  links: await store.links.list(id, { limit: 100 }),
  events: await store.queue.list({ connectionId: id, limit: 100 }),
  customers: await store.appRecords.list(id, 'customer', { limit: 100 }),
  audit: await store.audit.list(id, { limit: 100 }),
});

/** Says that she is connected to Acme: the realm id comes out of her own browser. */
const mallory = (patch: object = {}) =>
  credential({
    realmId: acme.connection.tenantId,
    customApiBaseUrl: `http://127.0.0.1:${(mallorys.address() as AddressInfo).port}`,
    clientId: "Mallory's app",
    ...patch,
  });

describe("a credential for somebody else's server, with the company's id", () => {
  it.each([
    ['processes no event', PROCESS],
    ['imports nothing', IMPORT],
    ['cannot test or resume the connection', TEST],
  ])('%s, and is sent nothing', async (_, step) => {
    const before = await stateOf(acme.connection);
    expect(await refusalOf(run(mallory(), step))).toContain('has no connection of the company');
    expect(received).toEqual([]);
    expect(await stateOf(acme.connection)).toEqual(before);
  });

  it('cannot pause the company with a 401', async () => {
    mallorysStatus = 401;
    await refusalOf(run(mallory(), PROCESS));
    await refusalOf(run(mallory(), TEST));
    expect(await store.connections.get(acme.connection.id)).toMatchObject({ state: 'active' });
  });

  it('cannot take the connection over', async () => {
    const before = await stateOf(acme.connection);
    expect(await refusalOf(run(mallory(), rebind(acme.connection)))).toContain(
      'Choose a credential that is connected to the company of this connection.',
    );
    expect(received).toEqual([]);
    expect(await stateOf(acme.connection)).toEqual(before);
  });

  it('makes a connection of its own at most, with nothing of the company in it', async () => {
    const before = await stateOf(acme.connection);
    const [item] = await run(mallory(), CREATE);
    expect(item?.json).toMatchObject({ created: true });
    expect(item?.json['id']).not.toBe(acme.connection.id);
    const own = (await store.connections.get(String(item?.json['id'])))!;
    expect(await stateOf(own)).toMatchObject({ links: [], events: [], customers: [] });
    expect(await stateOf(acme.connection)).toEqual(before);
  });

  it('starts no workflow for the events of the company', async () => {
    const who = mallory({ webhookVerifierToken: 'verifier-token-of-mallory' });
    const node = fakeNode({ ...optionsOf(who), parameters: { settings: { pollMs: 100 } } });
    const { closeFunction } = await startTrigger.call(node.context);
    await sleep(300);
    await closeFunction?.();
    expect(node.emitted).toEqual([]);
  });
});

describe('another credential at the same address', () => {
  it.each([
    ['process', PROCESS],
    ['import', IMPORT],
    ['test', TEST],
  ])('is told that the connection is bound, and not to which (%s)', async (_, step) => {
    const before = await stateOf(acme.connection);
    const other = credential({ realmId: acme.connection.tenantId });
    const refusal = await refusalOf(run(other, step));
    expect(refusal).toContain(BOUND);
    expect(refusal).toContain('Connection: Change Credential');
    expect(refusal).not.toContain(acme.alice.id);
    expect(await stateOf(acme.connection)).toEqual(before);
  });

  it('gets the connection neither by Create or Get, whether or not the books open for it', async () => {
    const closed = credential({ realmId: acme.connection.tenantId, access_token: 'nobody gave this out' });
    expect(await refusalOf(run(closed, CREATE))).not.toContain('Acme');
    const token = (acme.alice.data['oauthTokenData'] as { access_token: string }).access_token;
    const open = credential({ realmId: acme.connection.tenantId, access_token: token });
    expect(await refusalOf(run(open, CREATE))).toContain(BOUND);
  });
});

describe('the own credential', () => {
  it('no longer reaches the connection once its environment or its company is another', async () => {
    const moved = { ...acme.alice, data: { ...acme.alice.data, ...mallory().data } };
    expect(await refusalOf(run(moved, PROCESS))).toContain('was made for company');
    expect(received).toEqual([]);
    const another = credential({ realmId: '4711' }).data;
    expect(await refusalOf(run({ ...acme.alice, data: another }, PROCESS))).toContain('was made for company');
  });

  it('reaches it however the address is spelt', async () => {
    const spelt = { ...acme.alice.data, customApiBaseUrl: `${books.descriptor.baseUrl.toUpperCase()}/` };
    const [item] = await run({ ...acme.alice, data: spelt }, TEST);
    expect(item?.json).toMatchObject({ id: acme.connection.id, company: 'Acme' });
  });

  it('gets one connection, however often and at once it asks', async () => {
    const company = books.control.createCompany({ name: 'Bolt' });
    const bob = credential({ access_token: company.accessToken, realmId: company.realmId });
    const answers = (await Promise.all(Array.from({ length: 8 }, () => run(bob, CREATE)))).flat();
    expect(answers.filter(({ json }) => json['created'])).toHaveLength(1);
    expect(new Set(answers.map(({ json }) => json['id'])).size).toBe(1);
    expect((await run(bob, CREATE))[0]?.json).toMatchObject({ created: false, name: 'Bolt' });
  });

  it('is what Get shows, without a secret', async () => {
    const get = { ...rebind(acme.connection), operation: 'get' };
    const [item] = await run(acme.alice, get);
    expect(item?.json).toMatchObject({ environment: 'custom', credentialId: acme.alice.id });
    const shown = JSON.stringify(item);
    expect(shown).not.toContain('its secret');
    expect(shown).not.toContain(acme.connection.binding.app);
  });
});

describe('Change Credential', () => {
  const successor = () => {
    const { access_token } = acme.alice.data['oauthTokenData'] as { access_token: string };
    return credential({ realmId: acme.connection.tenantId, access_token, clientId: 'the new app' });
  };

  it('hands the connection over to a credential that opens the same books, and the audit says so', async () => {
    const bob = successor();
    const [item] = await run(bob, rebind(acme.connection));
    expect(item?.json).toMatchObject({
      id: acme.connection.id,
      credentialId: bob.id,
      previousCredentialId: acme.alice.id,
    });
    expect((await run(bob, TEST))[0]?.json).toMatchObject({ id: acme.connection.id });
    expect(await refusalOf(run(acme.alice, TEST))).toContain(BOUND);
    const rows = await store.audit.list(acme.connection.id, { limit: 100 });
    expect(rows.at(-1)).toMatchObject({
      kind: 'connection_rebound',
      by: expect.stringMatching(/^workflow /) as string,
      detail: { before: { credentialId: acme.alice.id }, after: { credentialId: bob.id } },
    });
    expect(JSON.stringify(rows)).not.toContain('its secret');
  });

  it('is refused where the company does not answer the new credential', async () => {
    const stranger = credential({ realmId: acme.connection.tenantId, access_token: 'nobody gave this out' });
    expect(await refusalOf(run(stranger, rebind(acme.connection)))).not.toBe('it was let through');
    expect(await store.connections.get(acme.connection.id)).toEqual(acme.connection);
  });

  it('is refused for a credential that opens the books of another company', async () => {
    const company = books.control.createCompany({ name: 'Bolt' });
    const bob = credential({ access_token: company.accessToken, realmId: company.realmId });
    expect(await refusalOf(run(bob, rebind(acme.connection)))).toContain(
      `"Acme" is the company ${acme.connection.tenantId}`,
    );
    expect(await store.connections.get(acme.connection.id)).toEqual(acme.connection);
  });
});

describe('Replay', () => {
  it('takes no event of another connection, and none that never was', async () => {
    const [other] = await run(mallory(), CREATE);
    const own = (await store.connections.get(String(other?.json['id'])))!;
    const nobody: Credential = { id: 'none', data: {} };
    for (const eventId of [acme.failed.id, 'nonsense']) {
      expect(await refusalOf(run(nobody, replay(own, eventId)))).toContain(
        `"${eventId}" is not a failed event of this connection; nothing was replayed`,
      );
    }
    const mixed = replay(acme.connection, `${acme.failed.id}, nonsense`);
    expect(await refusalOf(run(nobody, mixed))).toContain('"nonsense"');
    expect(await store.queue.counts(acme.connection.id)).toMatchObject({ dead: 1 });
  });

  it('does not take an empty list for all of them', async () => {
    expect(await refusalOf(run(acme.alice, replay(acme.connection, ' , ')))).toContain('No event is named');
    expect(await store.queue.counts(acme.connection.id)).toMatchObject({ dead: 1 });
  });

  it('lists what is tried again', async () => {
    const items = await run(acme.alice, replay(acme.connection, acme.failed.id));
    expect(items.map(({ json }) => json)).toEqual([
      {
        entity: 'customer',
        title: null,
        side: 'app',
        recordId: 'a1',
        connectionName: 'Acme',
        id: acme.failed.id,
        connectionId: acme.connection.id,
      },
    ]);
    expect(await store.queue.counts(acme.connection.id)).toMatchObject({ dead: 0 });
    expect(await run(acme.alice, { ...replay(acme.connection, ''), scope: 'connection' })).toEqual([]);
  });
});

describe('a webhook', () => {
  let events = 0;
  async function notify(who: Credential): Promise<void> {
    const body = Buffer.from(
      JSON.stringify([
        {
          specversion: '1.0',
          id: `notification-${++events}`,
          source: 'intuit.x',
          type: 'qbo.customer.updated.v1',
          time: '2026-02-03T04:05:06.000000000Z',
          intuitentityid: '58',
          intuitaccountid: acme.connection.tenantId,
        },
      ]),
    );
    const signature = createHmac('sha256', String(who.data['webhookVerifierToken']))
      .update(body)
      .digest('base64');
    const headers = { 'intuit-signature': signature, 'content-length': String(body.length) };
    const request = Object.assign(Readable.from([body]), { headers });
    const node = fakeNode({ ...optionsOf(who), request });
    await receiveWebhook.call(node.context);
    expect(node.answered).toEqual([200]);
  }
  const stored = async () =>
    (await store.queue.list({ connectionId: acme.connection.id, limit: 100 })).filter(
      ({ source }) => source === 'webhook',
    ).length;
  const token = { webhookVerifierToken: 'verifier-token-of-another' };

  it.each<[string, () => Credential]>([
    ['for another server', () => mallory(token)],
    ['for another app', () => credential({ realmId: '4711', clientSecret: 'another', ...token })],
    [
      'of which nobody knows the app',
      () => credential({ realmId: '4711', clientId: '', clientSecret: '', ...token }),
    ],
    [
      'for the same app at another address',
      () => mallory({ clientId: 'the app', clientSecret: 'its secret', ...token }),
    ],
  ])('that is signed for a credential %s brings the company no event', async (_, who) => {
    await notify(who());
    expect(await stored()).toBe(0);
  });

  it('that is signed for its own credential does, and so does one for another company of its app', async () => {
    await notify(acme.alice);
    expect(await stored()).toBe(1);
    await notify(credential({ realmId: '4711', ...token }));
    expect(await stored()).toBe(2);
  });
});

describe('a credential without a usable address', () => {
  it.each([
    [{ customApiBaseUrl: undefined }, 'The API Base URL of the credential'],
    [{ customApiBaseUrl: 'http://books.example' }, 'does not begin with https://'],
    [{ environment: 'constructor' }, 'is not one of the choices'],
  ])('is refused before any event is claimed (%o)', async (patch, why) => {
    const broken = { ...acme.alice, data: { ...acme.alice.data, ...patch } };
    const before = await stateOf(acme.connection);
    for (const step of [PROCESS, IMPORT, TEST, CREATE]) {
      expect(await refusalOf(run(broken, step))).toContain(why);
    }
    expect(await stateOf(acme.connection)).toEqual(before);
  });

  it('is refused where the node names no credential of n8n', async () => {
    expect(await refusalOf(run({ ...acme.alice, id: '' }, PROCESS))).toContain('stored in n8n');
  });
});

it('shows nobody the way round: a locator left empty is no connection where there are several', async () => {
  const step = { ...replay(acme.connection, acme.failed.id), connection: ANY };
  expect(await refusalOf(run(acme.alice, step))).toContain('none is chosen');
});
