import type { Fields } from '../../shared/schema/entity';
import { quickBooksBench } from '../support/quickBooksBench';

let bench: Awaited<ReturnType<typeof quickBooksBench>>;
beforeEach(async () => {
  bench = await quickBooksBench();
});
afterEach(() => bench.close());

async function importedInvoice() {
  await bench.firstImport();
  const [invoice] = bench.control.records('Invoice') as { Id: string; DocNumber: string }[];
  const link = await bench.linkOf('invoice', 'ledger', invoice?.Id as string);
  return { ledgerId: invoice?.Id as string, appId: link?.app.id as string };
}
interface QuickBooksInvoice {
  Id: string;
  SyncToken: string;
  DueDate: string;
  Balance: number;
  CustomerRef: { value: string };
  Line: [{ Id: string }, ...{ Id: string }[]];
}
const invoices = () => bench.control.records('Invoice') as unknown as QuickBooksInvoice[];
const inQuickBooks = (id: string) => invoices().find((record) => record.Id === id) as QuickBooksInvoice;

describe('a QuickBooks company and built-in records', () => {
  it('imports every record once, without a write to QuickBooks', async () => {
    const report = await bench.firstImport();
    expect(report.attention).toEqual([]);
    for (const { inLedger, inApp, created, failed, conflicts, waiting } of report.entities) {
      expect([failed, conflicts, waiting]).toEqual([0, 0, 0]);
      expect([created, inApp]).toEqual([inLedger, 0]);
    }
    expect(bench.calls.write).toBe(0);
    const again = await bench.firstImport();
    expect(again.entities.every(({ created }) => created === 0)).toBe(true);
    expect(await bench.store.queue.counts('c1')).toMatchObject({ pending: 0, waiting: 0, held: 0, dead: 0 });
  });

  it('carries an edit of one line to QuickBooks with the other lines untouched', async () => {
    const { ledgerId, appId } = await importedInvoice();
    const before = inQuickBooks(ledgerId);
    const record = await bench.records.get('invoice', appId);
    const lines = structuredClone(record?.fields['lines']) as Fields[];
    Object.assign(lines[0] as Fields, { description: 'Changed in the app' });
    await bench.records.upsert('invoice', { id: appId, fields: { lines } });
    expect(await bench.settle()).toMatchObject([{ result: 'synced', wrote: ['ledger'] }]);
    const after = inQuickBooks(ledgerId);
    expect(after.Line[0]).toMatchObject({ Id: before.Line[0].Id, Description: 'Changed in the app' });
    expect(after.Line.slice(1)).toEqual(before.Line.slice(1));
    expect(Number(after.SyncToken)).toBe(Number(before.SyncToken) + 1);
  });

  it('creates an invoice with its new customer, and the app learns number and totals', async () => {
    await bench.firstImport();
    const customer = await bench.records.upsert('customer', { fields: { displayName: 'Brand New Ltd' } });
    const item = (await bench.records.list('item', { limit: 50 })).find(
      (i) => i.fields['type'] === 'service',
    );
    const { record } = await bench.records.upsert('invoice', {
      fields: {
        number: 'APP-1',
        customer: { entity: 'customer', id: customer.record.id },
        date: '2026-11-20',
        lines: [
          {
            description: 'Work',
            item: { entity: 'item', id: item?.id as string },
            quantity: '2',
            unitPrice: '12.5',
          },
        ] as Fields[],
      },
    });
    const outcomes = await bench.settle();
    expect(outcomes.at(-1)).toMatchObject({ entity: 'invoice', result: 'synced', action: 'created' });
    const stored = await bench.records.get('invoice', record.id);
    expect(stored?.fields).toMatchObject({ number: 'APP-1', total: '25', balance: '25', status: 'open' });
    const link = await bench.linkOf('invoice', 'app', record.id);
    expect(inQuickBooks(link?.ledger.id as string)).toMatchObject({ DocNumber: 'APP-1' });
    expect(
      bench.control
        .records('Customer')
        .filter((record) => (record as { DisplayName?: string }).DisplayName === 'Brand New Ltd'),
    ).toHaveLength(1);
  });

  it('merges disjoint edits, holds the same field edited twice', async () => {
    const { ledgerId, appId } = await importedInvoice();
    await bench.records.upsert('invoice', { id: appId, fields: { dueDate: '2027-03-01' } });
    bench.control.edit({ entity: 'Invoice', id: ledgerId, patch: { CustomerMemo: { value: 'Thanks!' } } });
    await bench.notify('invoice', ledgerId);
    await bench.settle();
    expect(inQuickBooks(ledgerId)).toMatchObject({
      DueDate: '2027-03-01',
      CustomerMemo: { value: 'Thanks!' },
    });
    expect((await bench.records.get('invoice', appId))?.fields).toMatchObject({
      customerMemo: 'Thanks!',
      dueDate: '2027-03-01',
    });

    await bench.records.upsert('invoice', { id: appId, fields: { dueDate: '2027-04-01' } });
    bench.control.edit({ entity: 'Invoice', id: ledgerId, patch: { DueDate: '2027-05-01' } });
    await bench.notify('invoice', ledgerId);
    expect(await bench.settle()).toMatchObject([
      { result: 'conflict', conflictFields: [{ path: 'dueDate', app: '2027-04-01', ledger: '2027-05-01' }] },
    ]);
    expect(inQuickBooks(ledgerId).DueDate).toBe('2027-05-01');
  });

  it('adopts an invoice whose answer was dropped after it landed', async () => {
    await bench.firstImport();
    const [customer] = await bench.records.list('customer', { limit: 1 });
    bench.control.addFaults({
      match: { operation: 'create', entity: 'Invoice' },
      effect: { kind: 'drop-after-commit' },
    });
    const before = bench.control.records('Invoice').length;
    await bench.records.upsert('invoice', {
      fields: {
        customer: { entity: 'customer', id: customer?.id as string },
        lines: [{ description: 'x', amount: '5' }],
      },
    });
    expect(await bench.settle()).toMatchObject([{ result: 'waiting', error: { code: 'uncertain_write' } }]);
    expect(bench.control.records('Invoice')).toHaveLength(before + 1);
    bench.clock.advance(30_000);
    expect(await bench.settle()).toMatchObject([{ result: 'synced', action: 'created' }]);
    expect(bench.control.records('Invoice')).toHaveLength(before + 1);
  });

  it('brings a payment and the balances it changes to the app', async () => {
    const { ledgerId, appId } = await importedInvoice();
    const invoice = inQuickBooks(ledgerId);
    const payment = bench.control.create({
      entity: 'Payment',
      record: {
        CustomerRef: invoice.CustomerRef,
        TotalAmt: 1,
        Line: [{ Amount: 1, LinkedTxn: [{ TxnId: ledgerId, TxnType: 'Invoice' }] }],
      },
    }) as { Id: string };
    await bench.notify('payment', payment.Id);
    await bench.notify('invoice', ledgerId);
    await bench.settle();
    const link = await bench.linkOf('payment', 'ledger', payment.Id);
    expect((await bench.records.get('payment', link?.app.id as string))?.fields).toMatchObject({
      amount: '1',
      allocations: [{ document: { entity: 'invoice', id: appId }, amount: '1' }],
    });
    const balance = String(inQuickBooks(ledgerId).Balance);
    expect(Number((await bench.records.get('invoice', appId))?.fields['balance'])).toBe(Number(balance));
  });

  it('voids on both sides, deletes on both sides', async () => {
    const { ledgerId, appId } = await importedInvoice();
    bench.control.void({ entity: 'Invoice', id: ledgerId });
    await bench.notify('invoice', ledgerId);
    await bench.settle();
    expect((await bench.records.get('invoice', appId))?.state).toBe('voided');

    const other = invoices().find((invoice) => invoice.Id !== ledgerId) as QuickBooksInvoice;
    const link = await bench.linkOf('invoice', 'ledger', other.Id);
    await bench.records.remove('invoice', link?.app.id as string);
    await bench.settle();
    expect(inQuickBooks(other.Id)).toBeUndefined();
  });
});
