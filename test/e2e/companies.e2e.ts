import type { Fields } from '../../shared/schema/entity';
import { itemsOf } from './host/execution';
import type { Workflow } from './host/api';
import {
  APP_EDITS_PATH,
  QUICKBOOKS_CREDENTIAL,
  Stage,
  tellingOf,
  until,
  type QuickBooksRecord,
} from './stage';

interface Company {
  name: string;
  realmId: string;
  connectionId: string;
  workflow: Workflow;
  /** Where its app posts: the connection is chosen in the workflow behind it. */
  editsPath: string;
  /** An invoice that both sides have; all companies use one of the same id. */
  invoice: { appId: string; ledgerId: string };
}

const REFLECT_MS = 20_000;

let stage: Stage;
const told = tellingOf(() => stage);
let first: Company;
let second: Company;

beforeAll(async () => {
  stage = await Stage.open();
  await stage.firstImport();
  const { tenantId: realmId } = stage.descriptor;
  first = await companyOf('Demo company', realmId, stage.workflows.sync);
  second = await addCompany('Second company');
  // Webhooks of both go to the trigger of the first, and one notification may speak of both.
  await stage.goLive();
  await stage.api.activate(second.workflow.id);
  stage.listen({ windowMs: 150, mixRealms: true });
});
afterAll(() => stage?.close());

/** What a person does for another company: a credential, a connection, an import, a workflow with another path. */
async function addCompany(name: string): Promise<Company> {
  const { realmId } = stage.quickBooks.createCompany({ name, sampleRecords: true });
  const credential = await stage.createCredential(name);
  stage.quickBooks.setConsent({ realmId });
  await stage.api.connectOAuth2(credential.id);
  const credentials = { [QUICKBOOKS_CREDENTIAL]: credential };
  const create = { resource: 'connection', operation: 'create', provider: 'quickbooks', name };
  for (const step of [create, { resource: 'import', operation: 'run' }]) {
    expect(await stage.runStep(step, credentials)).toMatchObject({ status: 'success' });
  }
  const parameters = { 'QuickBooks Accounting Trigger': { path: 'quickbooks-second' } };
  return companyOf(
    name,
    realmId,
    await stage.importTemplate('webhook-sync.json', { credentials, parameters }),
  );
}

async function companyOf(name: string, realmId: string, workflow: Workflow): Promise<Company> {
  const { id: connectionId } = await stage.connection(realmId);
  const [invoice] = stage.quickBooks.records('Invoice', realmId) as QuickBooksRecord[];
  const ledgerId = invoice?.Id ?? '';
  const links = await (await stage.store()).links.bySide(connectionId, 'invoice', 'ledger', [ledgerId]);
  const appId = links.get(ledgerId)?.app.id ?? '';
  const editsPath = `${APP_EDITS_PATH}-${realmId}`;
  const edits = await stage.importTemplate('app-edits.json', {
    parameters: {
      'App Edit': { path: editsPath },
      'Store Edit': { connection: { __rl: true, mode: 'id', value: connectionId } },
    },
  });
  await stage.api.activate(edits.id);
  return { name, realmId, connectionId, workflow, editsPath, invoice: { appId, ledgerId } };
}

const companies = () => [first, second];

function inQuickBooks({ realmId, invoice }: Company): QuickBooksRecord | undefined {
  const records = stage.quickBooks.records('Invoice', realmId) as QuickBooksRecord[];
  return records.find(({ Id }) => Id === invoice.ledgerId);
}

async function inApp({ connectionId, invoice }: Company): Promise<Fields | undefined> {
  const { appRecords } = await stage.store();
  return (await appRecords.get(connectionId, 'invoice', invoice.appId))?.fields;
}

/** As a person in QuickBooks would. */
function type({ realmId, invoice }: Company, memo: string): void {
  const patch = { CustomerMemo: { value: memo } };
  stage.quickBooks.edit({ realmId, entity: 'Invoice', id: invoice.ledgerId, patch });
}

const post = ({ invoice, editsPath }: Company, fields: object, id: string | undefined = invoice.appId) =>
  stage.postEdit({ entity: 'invoice', id, fields }, { path: editsPath });

async function quiet(): Promise<void> {
  const { queue } = await stage.store();
  await until('both queues are empty', REFLECT_MS, async () => {
    const counts = await Promise.all(companies().map(({ connectionId }) => queue.counts(connectionId)));
    return counts.every(({ pending, waiting }) => pending + waiting === 0);
  });
}

describe('two companies on one webhook address', () => {
  it(
    'have records of the same ids in QuickBooks, which only the company tells apart',
    told(async () => {
      expect(first.realmId).not.toBe(second.realmId);
      expect(first.invoice.ledgerId).toBe(second.invoice.ledgerId);
      expect(first.invoice.appId).not.toBe(second.invoice.appId);
    }),
  );

  it.each(['cloudevents', 'legacy'] as const)(
    'get what was typed in each of them, out of one notification (%s)',
    told(async (format) => {
      await quiet();
      stage.listen({ windowMs: 150, mixRealms: true, format });
      for (const company of companies()) type(company, `${company.name}, ${format}`);
      await stage.quickBooks.flushWebhooks();
      const realms = stage.quickBooks.deliveries().map(({ events }) => new Set(events.map((e) => e.realmId)));
      expect(realms.at(-1)).toEqual(new Set([first.realmId, second.realmId]));
      await until('each app has its own text', REFLECT_MS, async () => {
        const [one, two] = await Promise.all(companies().map(inApp));
        return (
          one?.['customerMemo'] === `Demo company, ${format}` &&
          two?.['customerMemo'] === `Second company, ${format}`
        );
      });
    }),
  );

  it(
    'get each the edits of their own app',
    told(async () => {
      await quiet();
      const [one, two] = await Promise.all([
        post(first, { dueDate: '2035-01-01' }),
        post(second, { dueDate: '2035-02-02' }),
      ]);
      expect([one?.status, two?.status]).toEqual([200, 200]);
      await until('each QuickBooks has its own date', REFLECT_MS, () => {
        return (
          inQuickBooks(first)?.DueDate === '2035-01-01' && inQuickBooks(second)?.DueDate === '2035-02-02'
        );
      });
      await quiet();
      expect(companies().map((company) => inQuickBooks(company)?.DueDate)).toEqual([
        '2035-01-01',
        '2035-02-02',
      ]);
      const inApps = await Promise.all(companies().map(inApp));
      expect(inApps.map((fields) => [fields?.['dueDate'], fields?.['customerMemo']])).toEqual([
        ['2035-01-01', 'Demo company, legacy'],
        ['2035-02-02', 'Second company, legacy'],
      ]);
    }),
  );

  it(
    'get each the new invoices of their own app, even of the same number',
    told(async () => {
      await quiet();
      for (const company of companies()) {
        const customer = (await inApp(company))?.['customer'];
        const lines = [{ description: company.name, amount: company === first ? '11.00' : '22.00' }];
        const body = { entity: 'invoice', fields: { number: 'SAME-1', customer, lines } };
        expect(await stage.postEdit(body, { path: company.editsPath })).toMatchObject({ status: 200 });
      }
      const amounts = () =>
        companies().map(({ realmId }) => {
          const records = stage.quickBooks.records('Invoice', realmId);
          return records
            .filter(({ DocNumber }) => DocNumber === 'SAME-1')
            .map(({ TotalAmt }) => Number(TotalAmt));
        });
      await until('each company has one', REFLECT_MS, () => amounts().flat().length === 2);
      await quiet();
      expect(amounts()).toEqual([[11], [22]]);
    }),
  );

  it(
    'are worked off each by its own workflow',
    told(async () => {
      await quiet();
      for (const { workflow, connectionId } of companies()) {
        const finished = await stage.api.listExecutions({ workflowId: workflow.id, status: 'success' });
        expect(finished.length).toBeGreaterThan(0);
        for (const { id } of finished) {
          const execution = await stage.api.waitForExecution(id);
          const items = [0, 1, 2].flatMap((output) => itemsOf(execution, 'Process Due Events', { output }));
          expect(items.filter((item) => item['connectionId'] !== connectionId)).toEqual([]);
        }
      }
    }),
  );

  it(
    'do not know each other, whatever an app posts',
    told(async () => {
      const before = await inApp(second);
      // The id of the second company's invoice, in the first: an unknown id, and so a new invoice without a customer.
      expect(await post(first, { dueDate: '2036-01-01' }, second.invoice.appId)).toMatchObject({
        status: 422,
      });
      // Where no connection was chosen, the app is told neither of them.
      const edit = { entity: 'invoice', id: second.invoice.appId, fields: { dueDate: '2036-01-01' } };
      const open = await stage.postEdit(edit);
      expect([open.status, open.json]).toEqual([500, expect.objectContaining({ code: 'internal' })]);
      expect(open.text).not.toMatch(/company/i);
      // No body can name a connection, at whatever address.
      expect((await stage.postEdit({ ...edit, connectionId: second.connectionId })).status).toBe(422);
      const other = { ...edit, connectionId: second.connectionId, connection: second.name };
      expect((await stage.postEdit(other, { path: first.editsPath })).status).toBe(422);
      expect(await inApp(second)).toEqual(before);
      expect(inQuickBooks(first)?.DueDate).toBe('2035-01-01');
    }),
  );

  it(
    'do not stop each other: one is paused, the other goes on',
    told(async () => {
      await quiet();
      stage.quickBooks.revokeGrant(second.realmId);
      for (const company of companies()) type(company, `${company.name}, one revoked`);
      await until('the second is paused', REFLECT_MS, async () => {
        return (await stage.connection(second.realmId)).state === 'paused';
      });
      await until('the first has its text', REFLECT_MS, async () => {
        return (await inApp(first))?.['customerMemo'] === 'Demo company, one revoked';
      });
      expect(await stage.connection(first.realmId)).toMatchObject({ state: 'active' });
      const { pausedReason } = await stage.connection(second.realmId);
      expect(pausedReason).toContain('Open the credential "Second company" in n8n and reconnect it.');
      expect((await inApp(second))?.['customerMemo']).toBe('Second company, legacy');
    }),
  );

  it(
    'leave an unbroken audit trail each',
    told(async () => {
      const { audit } = await stage.store();
      for (const { connectionId } of companies()) {
        const { rows, brokenAt } = await audit.verify(connectionId, { now: Date.now() });
        expect([rows > 0, brokenAt]).toEqual([true, null]);
      }
    }),
  );
});
