import { NodeHelpers, type INodeExecutionData, type INodeParameters } from 'n8n-workflow';
import { AccountingSync } from '../../nodes/AccountingSync/AccountingSync.node';
import { router } from '../../nodes/AccountingSync/actions/router';
import { QUICKBOOKS_CREDENTIAL } from '../../nodes/runtime/quickBooks';
import { AppRecords } from '../../shared/app/records';
import type { OpenStore } from '../../shared/store';
import { systemClock, systemRandom } from '../../shared/system';
import { startQuickBooksSimulator, type QuickBooksSimulator } from '../simulators/quickbooks';
import { fakeNode } from './support/fakeNode';
import { useStoreFolder } from './support/storeFolder';

const folder = useStoreFolder();
let store: OpenStore;
let books: QuickBooksSimulator;
/** Each test has a company of its own. */
let company: { realmId: string; accessToken: string };
let records: AppRecords;
let connectionId: string;

beforeAll(async () => {
  store = await folder.open();
  books = await startQuickBooksSimulator({ port: 0, seed: 5, limits: false });
});
afterAll(async () => {
  await store.close();
  await books.close();
});

const { description } = new AccountingSync();
const credentialOfNode = description.credentials!.find(({ name }) => name === QUICKBOOKS_CREDENTIAL)!;

/** n8n gives a node only the credentials that the editor shows for its parameters. */
const isGiven = ({ resource, operation }: Record<string, unknown>) =>
  NodeHelpers.displayParameter(
    { resource, operation } as INodeParameters,
    credentialOfNode,
    { typeVersion: 1 },
    description,
  );

async function execute(parameters: Record<string, unknown>): Promise<INodeExecutionData[][]> {
  const credential = {
    environment: 'custom',
    customApiBaseUrl: books.descriptor.baseUrl,
    clientId: 'the app',
    oauthTokenData: {
      access_token: company.accessToken,
      callbackQueryString: { realmId: company.realmId },
    },
  };
  const { context } = fakeNode({
    parameters,
    credentials: isGiven(parameters) ? { [QUICKBOOKS_CREDENTIAL]: credential } : {},
    credentialIds: { [QUICKBOOKS_CREDENTIAL]: `of-${company.realmId}` },
  });
  return await router.call(context);
}

const one = async (parameters: Record<string, unknown>) =>
  (await execute(parameters))[0]?.[0]?.json as Record<string, unknown>;
const DRY_RUN = { resource: 'import', operation: 'preview', entities: [], formFields: true };
const connection = (operation: string, more: object = {}) => ({ resource: 'connection', operation, ...more });

beforeEach(async () => {
  company = books.control.createCompany({ name: 'Acme <Ltd>' });
  const created = await one(connection('create', { name: '', entities: [], dailyReadBudget: 0 }));
  connectionId = String(created['id']);
  records = new AppRecords({ store, connectionId, clock: systemClock, random: systemRandom });
});

const inQuickBooks = (record: object) =>
  books.control.create({ entity: 'Customer', record, realmId: company.realmId } as never);

describe('Connection: Get Company', () => {
  it('names the company and its connection, and makes nothing', async () => {
    expect(await one(connection('getCompany'))).toMatchObject({
      company: 'Acme <Ltd>',
      tenantId: company.realmId,
      connectionName: 'Acme <Ltd>',
      isBoundToThisCredential: true,
    });
    company = books.control.createCompany({ name: 'Bolt' });
    const before = (await store.connections.list()).length;
    expect(await one(connection('getCompany'))).toMatchObject({
      company: 'Bolt',
      connectionName: null,
      isBoundToThisCredential: null,
    });
    expect(await store.connections.list()).toHaveLength(before);
  });
});

describe('Import: Dry Run', () => {
  it('says in a sentence what the import would do, with what it would ask, and changes nothing', async () => {
    await records.upsert('customer', { fields: { displayName: 'Only here' } });
    await records.upsert('customer', { fields: { displayName: 'In both', notes: '<b>calls</b>' } });
    inQuickBooks({ DisplayName: 'In both', Notes: 'writes' });
    inQuickBooks({ DisplayName: 'Only there' });
    const seq = async () => (await store.audit.list(connectionId, { limit: 100 })).length;
    const before = { audit: await seq(), counts: await store.queue.counts(connectionId) };

    const view = await one(DRY_RUN);

    expect(view['summary']).toMatch(
      /^Would link 0, create \d+ in your app and 1 in QuickBooks Online, and ask about 1\.$/,
    );
    expect(view['questions']).toEqual([
      {
        heading: expect.stringContaining('In both') as string,
        why: expect.any(String) as string,
        fields: 'Notes',
      },
    ]);
    expect(view['readsUsed']).toBeGreaterThan(0);
    expect(view['writesNeeded']).toBe(1);
    expect(JSON.stringify(view['formFields'])).not.toContain('<b>calls</b>');
    expect({ audit: await seq(), counts: await store.queue.counts(connectionId) }).toEqual(before);
    expect(await records.list('customer', { limit: 10 })).toHaveLength(2);

    const [synced, conflict] = await execute({
      resource: 'import',
      operation: 'run',
      entities: [],
      summarize: true,
    });
    expect(synced).toHaveLength(1);
    expect(synced?.[0]?.json).toMatchObject({
      summary: `Linked 0, created ${Number(view['wouldCreateInApp']) + 1}, ask about 1, failed 0, waiting 0.`,
      stoppedBy: null,
    });
    expect(conflict).toHaveLength(1);
  });

  it('says where the daily budget ended it, and what was found by then', async () => {
    await execute(
      connection('update', {
        connection: { mode: 'id', value: connectionId },
        updateFields: { dailyReadBudget: 1 },
      }),
    );
    const view = await one(DRY_RUN);
    expect(view['stoppedBy']).toMatch(/No more reads are allowed for now/);
    expect(view['summary']).toContain('Not everything was looked at');
  });

  it('is refused while the connection is paused', async () => {
    const chosen = { connection: { mode: 'id', value: connectionId } };
    await execute(connection('pause', { ...chosen, reason: 'Year-end' }));
    await expect(execute(DRY_RUN)).rejects.toMatchObject({
      message: expect.stringContaining('is paused (Year-end)') as string,
      description: expect.stringContaining('Connection: Resume') as string,
    });
  });
});
