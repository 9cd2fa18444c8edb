import { AccountingSync } from '../../nodes/AccountingSync/AccountingSync.node';
import { readyWork } from '../../nodes/runtime/wake';
import { StoreError } from '../../shared/errors';
import type { Settlement } from '../../shared/ports';
import type { OpenStore } from '../../shared/store';
import { anEvent, claimOne, settled, NO_RECORD } from '../contract/storeSupport';
import { fakeNode } from '../nodes/support/fakeNode';
import { connectionOf, useStoreFolder } from '../nodes/support/storeFolder';

const folder = useStoreFolder();
const REALM = '4620816365';

/** One execution of Event: Process; every connection here has nothing due, so that QuickBooks is not asked. */
async function execute() {
  const { context, hints, customData } = fakeNode({
    parameters: { resource: 'event', operation: 'process' },
    credentials: {
      accountingSyncQuickBooksOAuth2Api: {
        environment: 'sandbox',
        oauthTokenData: { callbackQueryString: { realmId: REALM } },
      },
    },
  });
  const [synced = [], conflict = [], failed = []] = await new AccountingSync().execute.call(context);
  const summaries = (items: typeof synced) => items.map(({ json }) => json['summary']);
  return {
    synced: summaries(synced),
    conflict: summaries(conflict),
    failed: summaries(failed),
    hints,
    customData,
  };
}

const hold: Settlement['conflict'] = {
  kind: 'hold',
  title: '1001',
  fields: [
    {
      path: 'dueDate',
      label: 'Due Date',
      base: '2026-01-01',
      app: '2026-01-02',
      ledger: '2026-01-03',
      reason: 'both_changed',
    },
  ],
  record: NO_RECORD,
  appVersion: '1',
  ledgerVersion: '1',
  policyVersion: 0,
};
const HELD =
  'Invoice 1001: Due Date is "2026-01-02" in the app and "2026-01-03" in QuickBooks Online (was "2026-01-01")';

describe('what an execution found and did not put out, because it was killed or failed in the middle', () => {
  let store: OpenStore;

  beforeAll(async () => {
    store = await folder.open();
    await store.connections.create(connectionOf('c1', REALM));
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(async () => await store.close());

  /** As an execution settles it that never gets to its outputs. */
  const settle = async (recordId: string, patch: Partial<Settlement>) => {
    const now = store.now();
    await store.queue.append([anEvent(recordId)], { now });
    const claim = await claimOne(store, { now });
    await store.queue.settle(claim, settled({ now, ...patch }));
  };
  const work = async () => {
    const connections = async () => await store.connections.list();
    return (await readyWork({ store, connections }, store.now())).work;
  };

  it('is put out by the next execution, which the trigger starts for it, and never again', async () => {
    await settle('1', { outcome: { kind: 'held' }, conflict: hold });
    await settle('2', {
      outcome: { kind: 'dead', error: { code: 'validation', message: 'was refused', title: '2002' } },
    });
    expect(await work()).toMatchObject([{ connectionId: 'c1', ready: 0, untold: true }]);
    const first = await execute();
    expect(first).toMatchObject({ conflict: [HELD], failed: ['Invoice 2002: was refused'] });
    expect(Object.fromEntries(first.customData)).toEqual({
      accountingSyncSynced: '0',
      accountingSyncConflicts: '1',
      accountingSyncFailed: '1',
    });
    expect(await work()).toEqual([]);
    const second = await execute();
    expect(second).toMatchObject({ conflict: [], failed: [] });
    expect(second.hints).toEqual(['Nothing was due. 1 record is held by a conflict, 1 record failed.']);
  });

  it('is put out by one of several executions at once', async () => {
    for (let i = 10; i < 20; i++) await settle(String(i), { outcome: { kind: 'held' }, conflict: hold });
    const executions = await Promise.all([execute(), execute(), execute()]);
    expect(executions.flatMap(({ conflict }) => conflict)).toHaveLength(10);
  });

  it('stays to be put out when the store fails before, and what was done is shown with the reason', async () => {
    await settle('3', { outcome: { kind: 'held' }, conflict: hold });
    const down = new StoreError('The store did not answer', { retryable: true });
    jest.spyOn(store.queue, 'claim').mockRejectedValue(down);
    const { conflict, failed, hints } = await execute();
    expect(conflict).toEqual([HELD]);
    expect(failed).toEqual(['Company c1: the execution stopped half-way. The store did not answer']);
    expect(hints.join()).toContain('stopped half-way');
  });

  it('fails the execution where there is nothing else to show', async () => {
    jest.spyOn(store.notices, 'take').mockRejectedValue(new StoreError('The store did not answer'));
    await expect(execute()).rejects.toThrow('The store did not answer');
  });
});
