import { setTimeout as sleep } from 'node:timers/promises';
import type { INodeExecutionData, ITriggerResponse } from 'n8n-workflow';
import { startTrigger } from '../../nodes/AccountingSyncTrigger/start';
import type { Settlement } from '../../shared/ports';
import type { OpenStore } from '../../shared/store';
import { anEvent, claimOne, NO_RECORD, paired, settled } from '../contract/storeSupport';
import { fakeNode, type FakeNodeOptions } from './support/fakeNode';
import { connectionOf, useStoreFolder } from './support/storeFolder';

const folder = useStoreFolder();
let store: OpenStore;

const hold: NonNullable<Settlement['conflict']> = {
  kind: 'hold',
  title: '1001',
  fields: [
    {
      path: 'dueDate',
      label: 'Due Date',
      base: '2027-01-01',
      app: '2027-01-02',
      ledger: '2027-01-03',
      reason: 'both_changed',
    },
  ],
  record: NO_RECORD,
  appVersion: '1',
  ledgerVersion: '1',
  policyVersion: 0,
};

beforeAll(async () => {
  store = await folder.open();
  await store.connections.create(connectionOf('a', '1'));
  await store.connections.create(connectionOf('b', '2'));
});
afterAll(async () => await store.close());

const work = async (connectionId: string, recordId: string, patch: Partial<Settlement>) => {
  const now = Date.now();
  await store.queue.append([anEvent(recordId, { connectionId })], { now });
  const claim = await claimOne(store, { now, connectionIds: [connectionId] });
  const audit = (patch.audit ?? []).map((entry) => ({ ...entry, linkId: claim.link.id }));
  await store.queue.settle(claim, settled({ now, ...patch, audit }));
  return claim;
};

const start = async (parameters: Record<string, unknown>, options: FakeNodeOptions = {}) => {
  const node = fakeNode({ parameters, ...options });
  const response: ITriggerResponse = await startTrigger.call(node.context);
  const items = () => node.emitted.flat(2).map(({ json }: INodeExecutionData) => json);
  return { ...node, response, items, close: async () => await response.closeFunction?.() };
};

const until = async (holds: () => boolean) => {
  for (let i = 0; i < 200 && !holds(); i++) await sleep(10);
  expect(holds()).toBe(true);
};

describe('Accounting Sync Trigger', () => {
  it('starts the workflow for each thing once, with what people need to know', async () => {
    const events = ['conflictOpened', 'conflictSettled', 'connectionPaused', 'recordChanged', 'recordFailed'];
    const trigger = await start({ events }, { nodeId: 'one' });
    await sleep(50);
    const { link } = await work('a', '1', { conflict: hold, outcome: { kind: 'held' } });
    await until(() => trigger.items().length === 1);
    expect(trigger.items()[0]).toMatchObject({
      event: 'conflictOpened',
      summary: expect.stringContaining('Invoice 1001: Due Date is "2027-01-02" in the app') as string,
      connectionName: 'Company a',
      ledgerId: '1',
      linkId: link.id,
    });
    const decisions = [
      { path: 'dueDate', from: 'app', by: 'edit', before: '2027-01-01', after: '2027-01-02' },
    ];
    await work('a', '1', {
      link: {
        ...paired(link, 'a1', '1'),
        base: { schemaVersion: 1, state: 'live', fields: { number: '1001' } },
      },
      conflict: { kind: 'close', reason: 'both sides agree now' },
      audit: [{ kind: 'synced', linkId: null, detail: { entity: 'invoice', wrote: ['ledger'], decisions } }],
    });
    await until(() => trigger.items().length === 3);
    expect(trigger.items().slice(1)).toMatchObject([
      {
        event: 'recordChanged',
        summary: 'Invoice 1001: changed (Due Date)',
        changes: [{ field: 'Due Date', before: '2027-01-01', after: '2027-01-02' }],
        appId: 'a1',
        ledgerId: '1',
      },
      {
        event: 'conflictSettled',
        summary: 'Invoice 1001: the conflict is settled, both sides agree now',
        status: 'closed',
        decidedBy: null,
      },
    ]);
    const error = { code: 'validation', message: 'No such account', title: '1002', entity: 'invoice' };
    await work('a', '2', { outcome: { kind: 'dead', error } });
    const paused = { state: 'paused', pausedReason: 'Reconnect the credential.' } as const;
    await store.connections.update('b', paused, { now: Date.now() });
    await until(() => trigger.items().length === 5);
    expect(trigger.items().slice(3)).toMatchObject([
      { event: 'recordFailed', summary: 'Invoice 1002: No such account' },
      {
        event: 'connectionPaused',
        summary: 'Company b: the sync is paused. Reconnect the credential.',
        pausedBy: 'sync',
      },
    ]);
    await trigger.close();
    await work('a', '3', { conflict: hold, outcome: { kind: 'held' } });
    await sleep(50);
    expect(trigger.items()).toHaveLength(5);
    const again = await start({ events }, { nodeId: 'one' });
    await until(() => again.items().length === 1);
    expect(again.items()).toMatchObject([{ event: 'conflictOpened', ledgerId: '3' }]);
    await again.close();
    expect([...trigger.lines, ...again.lines].filter(({ level }) => level !== 'debug')).toEqual([]);
  });

  it('watches the connection that was chosen, and no other', async () => {
    const connection = { mode: 'name', value: 'Company b' };
    const trigger = await start({ events: ['recordFailed'], connection }, { nodeId: 'two' });
    await work('a', '20', { outcome: { kind: 'dead', error: { code: 'x', message: 'of a' } } });
    await store.connections.update('b', { state: 'active' }, { now: Date.now() });
    await work('b', '21', { outcome: { kind: 'dead', error: { code: 'x', message: 'of b' } } });
    await until(() => trigger.items().length === 1);
    expect(trigger.items()).toMatchObject([{ connectionName: 'Company b', reason: 'of b' }]);
    await trigger.close();
    await expect(start({ events: ['recordFailed'], connection: 'nobody' })).rejects.toThrow('no connection');
    await expect(start({ events: [] })).rejects.toThrow('No event is chosen');
  });

  it('shows the newest example of each in the editor, and tells it once more in earnest', async () => {
    const parameters = { events: ['conflictOpened', 'recordFailed', 'connectionSilent'], connection: 'a' };
    const test = await start(parameters, { mode: 'manual', nodeId: 'three' });
    await test.response.manualTriggerFunction?.();
    expect(test.items()).toMatchObject([
      { event: 'conflictOpened', ledgerId: '3' },
      { event: 'recordFailed', reason: 'of a' },
      { event: 'connectionSilent', heardAt: expect.any(String) as string },
    ]);
    const trigger = await start({ ...parameters, options: { oneByOne: true } }, { nodeId: 'three' });
    await until(() => trigger.items().length >= 3);
    expect(trigger.emitted).toHaveLength(trigger.items().length);
    await trigger.close();
    const nothing = await start({ events: ['connectionPaused'], connection: 'a' }, { mode: 'manual' });
    await expect(nothing.response.manualTriggerFunction?.()).rejects.toThrow('no example yet');
  });
});
