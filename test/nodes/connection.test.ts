import * as get from '../../nodes/AccountingSync/actions/connection/get.operation';
import * as pause from '../../nodes/AccountingSync/actions/connection/pause.operation';
import * as resume from '../../nodes/AccountingSync/actions/connection/resume.operation';
import * as update from '../../nodes/AccountingSync/actions/connection/update.operation';
import { webhookStatus } from '../../nodes/AccountingSync/actions/connection/webhookStatus';
import { boundConnection, chosenConnection } from '../../nodes/runtime/connection';
import type { WebhookFigures } from '../../shared/intake/figures';
import type { ConnectionStore } from '../../shared/ports';
import { ERASING, type OpenStore } from '../../shared/store';
import { fakeNode } from './support/fakeNode';
import { connectionOf, useStoreFolder } from './support/storeFolder';

describe('a connection that is not there', () => {
  const connections = { list: async () => [], get: async () => null, bound: async () => null };
  const store = {
    location: 'postgres://db:5432/d (schema books)',
    connections: connections as unknown as ConnectionStore,
  };
  const looked = {
    code: 'not_found',
    message: expect.stringContaining('the store at postgres://db:5432/d (schema books)') as string,
  };

  it('is missed in a store that is named, because it may be the wrong one', async () => {
    await expect(chosenConnection(store, { mode: 'list', value: '' })).rejects.toMatchObject({
      ...looked,
      details: { nextStep: expect.stringContaining('Create one') as string },
    });
    const access = { provider: 'p', tenantId: 't', binding: { credentialId: '1', baseUrl: 'https://x' } };
    await expect(boundConnection(store, access as never)).rejects.toMatchObject({
      message: expect.stringMatching(/^The store at .* \(schema books\) has no connection/) as string,
    });
  });
});

describe('what people do with a connection', () => {
  const folder = useStoreFolder();
  let store: OpenStore;
  let company: string;
  let companies = 0;
  beforeEach(async () => {
    store = await folder.open();
    company = `c${++companies}`;
    await store.connections.create(connectionOf(company, String(companies), { entities: ['invoice'] }));
  });
  afterEach(async () => await store.close());

  const run = async (operation: { execute: unknown }, parameters: Record<string, unknown> = {}) => {
    const { context } = fakeNode({ parameters: { connection: company, ...parameters } });
    const execute = operation.execute as (this: unknown, index: number) => Promise<Record<string, unknown>[]>;
    return (await execute.call(context, 0))[0];
  };
  const audited = async () =>
    (await store.audit.list(company, { limit: 20 }))
      .slice(1)
      .map(({ kind, by, detail }) => ({ kind, by, detail }));
  const by = 'workflow workflow-1 (execution 1)';

  it('pauses it with a reason, and resumes it, both on record', async () => {
    expect(await run(pause, { reason: ' Year-end ' })).toMatchObject({
      state: 'paused',
      pausedReason: 'Year-end',
      paused: true,
    });
    expect(await store.connections.get(company)).toMatchObject({ state: 'paused' });
    expect(await run(resume)).toMatchObject({ state: 'active', pausedReason: null, resumed: true });
    expect(await run(resume)).toMatchObject({ state: 'active', resumed: false });
    expect(await audited()).toEqual([
      {
        kind: 'connection_paused',
        by,
        detail: {
          before: { state: 'active', pausedReason: null },
          after: { state: 'paused', pausedReason: 'Year-end' },
        },
      },
      {
        kind: 'connection_resumed',
        by,
        detail: {
          before: { state: 'paused', pausedReason: 'Year-end' },
          after: { state: 'active', pausedReason: null },
        },
      },
    ]);
  });

  it('is not paused without a reason, nor twice', async () => {
    await expect(run(pause, { reason: '  ' })).rejects.toThrow('Reason is empty');
    await run(pause, { reason: 'First' });
    expect(await run(pause, { reason: 'Second' })).toMatchObject({ pausedReason: 'First', paused: false });
  });

  it('is not resumed while its data is being erased', async () => {
    await store.connections.update(company, { state: 'paused', pausedReason: ERASING }, { now: 1 });
    await expect(run(resume)).rejects.toThrow('is being erased');
    expect(await store.connections.get(company)).toMatchObject({ state: 'paused' });
  });

  it('changes what is given, and nothing else', async () => {
    expect(await run(update, { updateFields: { dailyReadBudget: '5000' } })).toMatchObject({
      name: `Company ${company}`,
      entities: ['invoice'],
      dailyReadBudget: 5000,
    });
    // As a form answers: with what it has shown.
    await run(update, { updateFields: { entities: ['Invoices', 'customers'], name: 'Acme' } });
    expect(await store.connections.get(company)).toMatchObject({
      name: 'Acme',
      settings: { entities: ['customer', 'invoice'], dailyReadBudget: 5000 },
    });
    await run(update, { updateFields: { dailyReadBudget: 0 } });
    expect((await store.connections.get(company))?.settings).toEqual({ entities: ['customer', 'invoice'] });
    expect((await audited()).map(({ kind, by: who }) => [kind, who])).toEqual(
      Array.from({ length: 3 }, () => ['connection_changed', by]),
    );
  });

  it.each([
    [{ entities: [] }, /No entity is chosen/],
    [{ entities: ['Unicorns'] }, /There are no "Unicorns" in QuickBooks Online/],
    [{ dailyReadBudget: 'many' }, /The daily read budget is "many"/],
    [{ dailyReadBudget: -5 }, /The daily read budget is "-5"/],
    [{ dailyReadBudget: 1.5 }, /The daily read budget is "1.5"/],
    [{ name: ' ' }, /needs a name/],
  ])('refuses %j and leaves it as it was', async (updateFields, message) => {
    const before = await store.connections.get(company);
    await expect(run(update, { updateFields })).rejects.toThrow(message);
    expect(await store.connections.get(company)).toEqual(before);
  });

  it('asks again on a form page, with what was answered and why it was refused', async () => {
    const answer = { entities: ['Customers', 'Items'], dailyReadBudget: '<b>-5</b>' };
    const again = await run(update, { formFields: true, updateFields: answer });
    expect(again).toMatchObject({
      refused: expect.stringContaining('The daily read budget is "<b>-5</b>"') as string,
      entities: ['invoice'],
    });
    const [why, entities, budget] = again?.['formFields'] as Record<string, string>[];
    expect(why?.['html']).not.toContain('<b>');
    expect([entities?.['defaultValue'], budget?.['defaultValue']]).toEqual(['Customers, Items', '<b>-5</b>']);
    expect(await run(update, { formFields: true, updateFields: { dailyReadBudget: 7 } })).not.toHaveProperty(
      'refused',
    );
  });

  it('shows how its webhooks do', async () => {
    expect(await run(get)).toMatchObject({ webhookStatus: { state: 'waiting' } });
  });
});

describe('the status of webhooks', () => {
  const none: WebhookFigures = {
    lastAcceptedAt: null,
    acceptedToday: 0,
    refusedToday: {},
    lastRefusedAt: null,
    lastRefusedFor: null,
    unreadableToday: 0,
    lastUnreadable: null,
  };
  const webhook = { secretFoundIn: 'the portal' };
  const statusOf = (figures: Partial<WebhookFigures>) =>
    webhookStatus({ ...none, ...figures }, 'QuickBooks Online', webhook, 'UTC');
  const [early, late] = ['2026-11-25T10:00:00.000Z', '2026-11-25T11:00:00.000Z'];

  it('says what came last', () => {
    expect(statusOf({})).toMatchObject({ state: 'waiting' });
    expect(statusOf({ lastAcceptedAt: late })).toMatchObject({
      state: 'received',
      message: expect.stringContaining('its signature is fine') as string,
    });
    expect(
      statusOf({ lastAcceptedAt: late, lastRefusedAt: early, lastRefusedFor: 'signature' }),
    ).toMatchObject({ state: 'received' });
    expect(
      statusOf({ lastAcceptedAt: early, lastRefusedAt: late, lastRefusedFor: 'signature' }),
    ).toMatchObject({
      state: 'refused',
      message: expect.stringContaining('verifier token that is shown in the portal') as string,
    });
  });

  it.each(['too_large', 'encoded', 'malformed', 'slow', 'unavailable'])(
    'says what to do about %s',
    (reason) => {
      const { message } = statusOf({ lastRefusedAt: late, lastRefusedFor: reason });
      expect(message).toMatch(/was refused: .+\. .*Look at|was refused: .+ Turn off/);
    },
  );
});
