import { noticeItems, syncedItems } from '../../nodes/AccountingSync/actions/outcomes';
import type { Notices } from '../../shared/ports';
import type { Outcome } from '../../shared/sync/outcome';
import { connectionOf } from './support/storeFolder';

const connection = connectionOf('a', '1');
const outcome = (more: Partial<Outcome>): Outcome => ({
  connectionId: 'a',
  linkId: 'l1',
  entity: 'invoice',
  title: '1001',
  appId: 'i1',
  ledgerId: '7',
  result: 'synced',
  action: 'updated',
  wrote: ['app'],
  changes: [],
  conflictFields: [],
  eventIds: ['e1', 'e2'],
  error: null,
  ...more,
});

describe('items of an execution', () => {
  it('show a conflict field by field and in one sentence', () => {
    const fields = [
      {
        path: 'dueDate',
        label: 'Due Date',
        base: '2026-01-01',
        app: '2026-01-05',
        ledger: null,
        reason: 'both_changed' as const,
      },
    ];
    const held: Notices['conflicts'][number] = {
      id: 'k1',
      connectionId: 'a',
      linkId: 'l1',
      entity: 'invoice',
      status: 'open',
      title: '1001',
      fields,
      appVersion: '1',
      ledgerVersion: '2',
      policyVersion: 0,
      openedAt: 1,
      refreshedAt: 1,
      resolution: null,
      record: null,
      closedAt: null,
      closeReason: null,
      appId: 'i1',
      ledgerId: '7',
    };
    const { conflict } = noticeItems({ conflicts: [held], failures: [] }, connection);
    expect(conflict[0]?.json).toMatchObject({
      conflictId: 'k1',
      connectionName: 'Company a',
      appId: 'i1',
      summary:
        'Invoice 1001: Due Date is "2026-01-05" in the app and empty in QuickBooks Online (was "2026-01-01")',
      fields: [{ path: 'dueDate', base: '2026-01-01', app: '2026-01-05', ledger: null }],
    });
  });

  it('say of a failure which record, which field, why, and what to do next', () => {
    const error = {
      code: 'validation/6140',
      message: 'QuickBooks did not update invoice 7: No',
      nextStep: 'Do',
      title: '1001',
      field: 'number',
      requestId: 'tid',
    };
    const record = { connectionId: 'a', linkId: 'l1', entity: 'invoice', appId: 'i1', ledgerId: '7' };
    const failures = [
      { ...record, title: '1001', eventIds: ['e1', 'e2'], error, since: 0, attempts: 1 },
      { ...record, title: '7', eventIds: ['e3'], error: null, since: 0, attempts: 1 },
    ];
    const { failed } = noticeItems({ conflicts: [], failures }, connection);
    expect(failed[0]?.json).toMatchObject({
      summary: 'Invoice 1001: QuickBooks Online does not accept its Number',
      entity: 'invoice',
      id: '7',
      field: 'Number',
      reason: 'QuickBooks Online does not accept its Number',
      said: 'QuickBooks did not update invoice 7: No',
      nextStep: 'Do',
      requestId: 'tid',
      eventIds: 'e1, e2',
    });
    expect(failed[1]?.json).toMatchObject({ summary: 'Invoice 7: It is not known why', eventIds: 'e3' });
  });

  it('sum a synced record up, and start every row with the summary', () => {
    const changes = ['dueDate', 'lines[1].amount', 'lines[2].amount'].map((path) => ({
      path,
      from: 'app' as const,
      by: 'edit' as const,
      before: null,
      after: null,
    }));
    const waiting = { code: 'busy', message: 'Waits for its customer' };
    const synced = syncedItems(
      [
        outcome({ changes, wrote: ['app', 'ledger'] }),
        outcome({ wrote: [], action: 'echo' }),
        outcome({ result: 'waiting', action: 'none', wrote: [], error: waiting }),
      ],
      connection,
      { includeWaiting: true, changesOnly: false },
    );
    expect(synced.map(({ json }) => Object.entries(json)[0])).toEqual([
      ['summary', 'Invoice 1001: updated in the app and QuickBooks Online (Due Date, Lines)'],
      ['summary', 'Invoice 1001: in sync already'],
      ['summary', 'Invoice 1001: waiting. Waits for its customer'],
    ]);
  });

  it('leave out echoes and what waits, unless somebody asks for them', () => {
    const outcomes = [
      outcome({ result: 'waiting' }),
      outcome({ wrote: [], action: 'echo' }),
      outcome({}),
      outcome({ result: 'conflict' }),
      outcome({ result: 'failed' }),
    ];
    const count = (options: object) => syncedItems(outcomes, connection, options).length;
    expect(count({})).toBe(1);
    expect(count({ includeWaiting: true })).toBe(2);
    expect(count({ changesOnly: false })).toBe(2);
  });
});
