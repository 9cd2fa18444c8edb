import { sortOutcomes } from '../../nodes/AccountingSync/actions/outcomes';
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

describe('sortOutcomes', () => {
  it('shows a conflict field by field and in one sentence', () => {
    const conflictFields = [
      {
        path: 'dueDate',
        label: 'Due Date',
        base: '2026-01-01',
        app: '2026-01-05',
        ledger: null,
        reason: 'both_changed' as const,
      },
    ];
    const { conflict } = sortOutcomes(
      [outcome({ result: 'conflict', conflictFields })],
      connection,
      new Map([['l1', 'k1']]),
    );
    expect(conflict[0]?.json).toMatchObject({
      conflictId: 'k1',
      connectionName: 'Company a',
      summary:
        'Invoice 1001: Due Date is "2026-01-05" in the app and empty in QuickBooks Online (was "2026-01-01")',
      fields: [{ path: 'dueDate', base: '2026-01-01', app: '2026-01-05', ledger: null }],
    });
  });

  it('says of a failure which record, which field, why, and what to do next', () => {
    const error = {
      code: 'validation/6140',
      message: 'No',
      nextStep: 'Do',
      field: 'number',
      requestId: 'tid',
    };
    const { failed } = sortOutcomes([outcome({ result: 'failed', error })], connection, new Map());
    expect(failed[0]?.json).toMatchObject({
      summary: 'Invoice 1001: No',
      entity: 'invoice',
      id: '7',
      field: 'number',
      reason: 'No',
      nextStep: 'Do',
      requestId: 'tid',
    });
  });

  it('sums a synced record up, and starts every row with the summary', () => {
    const changes = ['dueDate', 'lines[1].amount', 'lines[2].amount'].map((path) => ({
      path,
      from: 'app' as const,
      by: 'edit' as const,
      before: null,
      after: null,
    }));
    const waiting = { code: 'busy', message: 'Waits for its customer' };
    const { synced } = sortOutcomes(
      [
        outcome({ changes, wrote: ['app', 'ledger'] }),
        outcome({ wrote: [], action: 'echo' }),
        outcome({ result: 'waiting', action: 'none', wrote: [], error: waiting }),
      ],
      connection,
      new Map(),
      { includeWaiting: true },
    );
    expect(synced.map(({ json }) => Object.entries(json)[0])).toEqual([
      ['summary', 'Invoice 1001: updated in the app and QuickBooks Online (Due Date, Lines)'],
      ['summary', 'Invoice 1001: in step already'],
      ['summary', 'Invoice 1001: waiting. Waits for its customer'],
    ]);
  });

  it('keeps waiting records and unchanged ones to itself as it is told', () => {
    const outcomes = [outcome({ result: 'waiting' }), outcome({ wrote: [], action: 'echo' }), outcome({})];
    const synced = (options: object) => sortOutcomes(outcomes, connection, new Map(), options).synced.length;
    expect(synced({})).toBe(2);
    expect(synced({ includeWaiting: true })).toBe(3);
    expect(synced({ changesOnly: true })).toBe(1);
  });
});
