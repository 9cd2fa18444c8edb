import type { INodeExecutionData } from 'n8n-workflow';
import { AccountingSync } from '../../nodes/AccountingSync/AccountingSync.node';
import { actorOf } from '../../nodes/runtime/actor';
import { logAnchor } from '../../nodes/runtime/anchorLog';
import type { AuditEntry } from '../../shared/ports';
import { anEvent, claimOne, settled } from '../contract/storeSupport';
import { fakeNode, type FakeNodeOptions } from './support/fakeNode';
import { connectionOf, useStoreFolder } from './support/storeFolder';

const folder = useStoreFolder();
const none = { __rl: true, mode: 'list', value: '' };
const DECISION = { path: 'dueDate', from: 'ledger', by: 'policy', before: '2026-01-01', after: '2026-02-01' };

async function run(parameters: Record<string, unknown>, options: FakeNodeOptions = {}) {
  const scope = { resource: 'audit', scope: 'connection', connection: none };
  const { context } = fakeNode({ ...options, parameters: { ...scope, ...parameters } });
  const [items = []]: INodeExecutionData[][] = await new AccountingSync().execute.call(context);
  return items.map(({ json }) => json);
}

beforeAll(async () => {
  const store = await folder.open();
  await store.connections.create(connectionOf('a', '1'), 'user u1');
  const note = async (recordId: string, now: number, ...audit: Omit<AuditEntry, 'linkId'>[]) => {
    await store.queue.append([anEvent(recordId, { connectionId: 'a' })], { now });
    const claim = await claimOne(store, { now, connectionIds: ['a'] });
    const rows = audit.map((entry) => ({ ...entry, linkId: claim.link.id }));
    await store.queue.settle(claim, settled({ now, audit: rows }));
  };
  await note('58', 1_000, { kind: 'synced', detail: { entity: 'invoice', decisions: [DECISION] } });
  await note('59', 2_000, {
    kind: 'dead_letter',
    detail: { entity: 'invoice', error: { message: 'refused' } },
  });
  await store.close();
});

describe('Audit: Get Many', () => {
  it('says when, who, what, which field, before, after and by which rule, the newest first', async () => {
    const [failed, changed, created, ...others] = await run({ operation: 'getAll', returnAll: true });
    expect(others).toEqual([]);
    expect(failed).toMatchObject({ what: 'Failed', entity: 'invoice', details: { message: 'refused' } });
    expect(changed).toMatchObject({
      time: '1970-01-01T00:00:01.000Z',
      who: 'Accounting Sync',
      what: 'Brought in sync',
      field: 'Due Date',
      before: '2026-01-01',
      after: '2026-02-01',
      rule: 'policy, from the accounting tool',
    });
    expect(created).toMatchObject({ who: 'user u1', what: 'Connection created' });
  });

  it('narrows to an entity, a record and a time', async () => {
    const of = { operation: 'getAll', returnAll: true, entity: 'invoice' };
    expect(await run({ ...of, recordId: '58' })).toMatchObject([{ what: 'Brought in sync' }]);
    expect(await run({ ...of, since: '1970-01-01T00:00:02Z' })).toMatchObject([{ what: 'Failed' }]);
    expect(await run({ ...of, entity: 'customer' })).toEqual([]);
    expect(await run({ operation: 'getAll', limit: 1 })).toHaveLength(1);
    await expect(run({ ...of, recordId: '60' })).rejects.toThrow('The sync knows no Invoice 60');
  });

  it('shows what is about the store as a whole', async () => {
    expect(await run({ operation: 'getAll', scope: 'store' })).toMatchObject([
      { what: 'Connection created' },
    ]);
  });
});

describe('Audit: Verify', () => {
  it('says from where to where it holds, what it cannot promise, and compares with an anchor', async () => {
    const [report] = await run({ operation: 'verify' });
    expect(report).toMatchObject({
      holds: true,
      rows: 3,
      from: { row: 1 },
      to: { row: 3, time: '1970-01-01T00:00:02.000Z' },
      firstBrokenRow: null,
      comparison: null,
    });
    expect(report?.['summary']).toContain('3 rows hold, from row 1');
    expect(report?.['notPromised']).toContainEqual(expect.stringContaining('old backup'));
    const [again] = await run({ operation: 'verify', compareWith: report?.['anchor'] });
    expect(again).toMatchObject({ holds: true, comparison: 'contained' });
    await expect(run({ operation: 'verify', compareWith: 'audit1.x.y' })).rejects.toThrow('cannot be used');
  });
});

describe('the anchor in the log', () => {
  it('is written once a day, by whichever process is first', async () => {
    const store = await folder.open();
    const { context, lines } = fakeNode();
    let now = 86_400_000;
    const at = { ...store, now: () => now };
    for (let times = 0; times < 2; times++) await logAnchor(context, at, { id: 'a', name: 'Acme' });
    expect(lines).toMatchObject([{ level: 'info', message: expect.stringContaining('"Acme"') as string }]);
    const [, anchor] = /(audit1\.\S+)/.exec(lines[0]!.message)!;
    expect(await run({ operation: 'verify', compareWith: anchor })).toMatchObject([
      { comparison: 'contained' },
    ]);
    now += 86_400_000;
    await logAnchor(context, at, { id: 'a', name: 'Acme' });
    expect(lines).toHaveLength(2);
    await jest.isolateModulesAsync(async () => {
      const another = await import('../../nodes/runtime/anchorLog');
      await another.logAnchor(context, at, { id: 'a', name: 'Acme' });
    });
    expect(lines).toHaveLength(2);
    await store.close();
  });
});

describe('Store: Set Retention and Clean Up', () => {
  it('keeps what it is told to for as long, and says what was removed', async () => {
    const [days] = await run({ resource: 'store', operation: 'setRetention', days: { events: 60 } });
    expect(days).toMatchObject({ events: 60, audit: 730 });
    const tooFew = { resource: 'store', operation: 'setRetention', days: { audit: 1 } };
    await expect(run(tooFew)).rejects.toThrow('at least 90');
    const [result] = await run({ resource: 'store', operation: 'cleanUp' });
    expect(result).toMatchObject({ removed: { events: 2, audit: 2 }, connectionsWithBrokenAudit: [] });
    expect(await run({ operation: 'getAll', scope: 'store' })).toMatchObject([
      { what: 'Old data removed', who: 'workflow workflow-1 (execution 1)' },
      { what: 'Settings changed' },
      { what: 'Connection created' },
    ]);
  });
});

describe('Store: Erase', () => {
  const erase = { resource: 'store', operation: 'erase', scope: 'connection' };

  it('says what it would erase, and erases only when the name of the connection was typed', async () => {
    expect(await run(erase)).toMatchObject([
      { erased: false, rows: { links: 2 }, connectionName: 'Company a' },
    ]);
    await expect(run({ ...erase, dryRun: false })).rejects.toThrow('not confirmed');
    await expect(run({ ...erase, dryRun: false, confirmation: 'company a' })).rejects.toThrow(
      'not confirmed',
    );
    expect(await run({ ...erase, dryRun: false, confirmation: 'Company a' })).toMatchObject([
      { erased: true },
    ]);
    expect(await run({ operation: 'getAll', scope: 'store', limit: 2 })).toMatchObject([
      { what: 'Connection erased', who: 'workflow workflow-1 (execution 1)' },
      { what: 'Erasure of a connection begun' },
    ]);
  });

  it('cannot be confirmed, forced or made real by an expression', () => {
    const { properties } = new AccountingSync().description;
    for (const name of ['dryRun', 'force', 'confirmation']) {
      const ofErase = properties.filter(
        (property) =>
          property.name === name && property.displayOptions?.show?.['operation']?.includes('erase'),
      );
      expect(ofErase).toMatchObject([{ noDataExpression: true }]);
    }
  });
});

describe('who does something', () => {
  const contextOf = (mode: string, additionalData?: object) =>
    Object.assign(fakeNode({ mode }).context as object, { additionalData }) as never;

  it('is the person who runs the workflow by hand, else the workflow', () => {
    expect(actorOf(contextOf('manual', { userId: 'b5-7' }))).toBe('user b5-7');
    expect(actorOf(contextOf('trigger', { userId: 'b5-7' }))).toBe('workflow workflow-1 (execution 1)');
  });

  it.each([undefined, {}, { userId: 7 }, { userId: 'x\nuser admin' }])(
    'is the workflow where n8n does not name the person: %j',
    (additionalData) => {
      expect(actorOf(contextOf('manual', additionalData))).toBe('workflow workflow-1 (execution 1)');
    },
  );
});
