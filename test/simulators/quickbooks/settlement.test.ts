import { closeAll, lock, refusal, salesLine, simulate, type TestClient } from './support/client';
import { listOf, type Fields } from './json';

let client: TestClient;
let invoice: Fields;
beforeEach(async () => {
  client = await simulate();
  invoice = await client.write('Invoice', { CustomerRef: { value: '2' }, Line: [salesLine(100)] });
});
afterEach(closeAll);

const applied = (amount: number, type = 'Invoice', id = invoice.Id) => ({
  Amount: amount,
  LinkedTxn: [{ TxnId: id, TxnType: type }],
});
const payment = (total: number, lines: Fields[], extra: Fields = {}) => ({
  CustomerRef: { value: '2' },
  TotalAmt: total,
  Line: lines,
  ...extra,
});
const current = () => client.read('Invoice', invoice.Id);

describe('payments', () => {
  it('carry on to the invoice: balance, links, SyncToken and time of change', async () => {
    client.control.advanceClock(5000);
    const paid = await client.write('Payment', payment(70, [applied(60)]));
    expect(paid.UnappliedAmt).toBe(10);
    const after = await current();
    expect(after).toMatchObject({
      Balance: 40,
      SyncToken: '1',
      LinkedTxn: [{ TxnId: paid.Id, TxnType: 'Payment' }],
    });
    expect(after.MetaData).not.toEqual(invoice.MetaData);
    const more = await client.write('Payment', { ...lock(paid), sparse: true, Line: [applied(70)] });
    expect(more.UnappliedAmt).toBe(0);
    expect(await current()).toMatchObject({ Balance: 30, SyncToken: '2' });
    const [customer] = await client.rows('Customer', "where Id = '2'");
    expect(customer).toMatchObject({ Balance: 180, SyncToken: '0' });
  });

  it('restore the balance when deleted or voided', async () => {
    const first = await client.write('Payment', payment(30, [applied(30)]));
    await client.post('/payment?operation=delete', lock(first));
    expect(await current()).toMatchObject({ Balance: 100, LinkedTxn: [] });
    const second = await client.write('Payment', payment(30, [applied(30)]));
    expect(refusal(await client.post('/payment?operation=void', lock(second)))).toEqual([400, '500']);
    const voided = await client.write('Payment', lock(second), '?operation=update&include=void');
    expect(voided).toMatchObject({ TotalAmt: 0, UnappliedAmt: 0, Line: [], PrivateNote: 'Voided' });
    expect(await current()).toMatchObject({ Balance: 100 });
  });

  it.each<[string, () => Fields, string]>([
    ['more than is open', () => payment(200, [applied(101)]), '6000'],
    ['more than was received', () => payment(10, [applied(11)]), '6000'],
    ['another customer', () => payment(10, [applied(10)], { CustomerRef: { value: '3' } }), '6560'],
    ['an unknown document', () => payment(10, [applied(10, 'Invoice', '999')]), '620'],
    ['a document of another kind', () => payment(10, [applied(10, 'Bill', '1')]), '620'],
    ['an account that is no receivable', () => payment(10, [], { ARAccountRef: { value: '1' } }), '6000'],
  ])('refuse %s', async (_what, body, code) => {
    expect(refusal(await client.post('/payment', body()))).toEqual([400, code]);
    expect(await current()).toMatchObject({ Balance: 100, SyncToken: '0' });
  });

  it('become unapplied when the invoice is deleted, voided or shrinks', async () => {
    const paid = await client.write('Payment', payment(80, [applied(80)]));
    const small = { ...lock(await current()), sparse: true, Line: [salesLine(50, { id: '1' })] };
    expect(await client.write('Invoice', small)).toMatchObject({ TotalAmt: 50, Balance: 0 });
    expect(await client.read('Payment', paid.Id)).toMatchObject({ UnappliedAmt: 30, SyncToken: '1' });
    await client.post('/invoice?operation=delete', lock(await current()));
    expect(await client.read('Payment', paid.Id)).toMatchObject({
      UnappliedAmt: 80,
      Line: [],
      SyncToken: '2',
    });
  });

  it('apply credit memos, whose remaining credit shrinks', async () => {
    const credit = await client.write('CreditMemo', { CustomerRef: { value: '2' }, Line: [salesLine(40)] });
    expect(credit.RemainingCredit).toBe(40);
    await client.write('Payment', payment(0, [applied(25), applied(25, 'CreditMemo', credit.Id)]));
    expect(await client.read('CreditMemo', credit.Id)).toMatchObject({ RemainingCredit: 15, SyncToken: '1' });
    expect(await current()).toMatchObject({ Balance: 75 });
  });

  it('are locked once they are deposited', async () => {
    const paid = await client.write('Payment', payment(20, []));
    await client.write('Deposit', {
      DepositToAccountRef: { value: '1' },
      Line: [
        { DetailType: 'DepositLineDetail', Amount: 20, LinkedTxn: [{ TxnId: paid.Id, TxnType: 'Payment' }] },
      ],
    });
    expect(refusal(await client.post('/payment', { ...lock(paid), sparse: true, TotalAmt: 5 }))).toEqual([
      400,
      '6540',
    ]);
  });
});

describe('bill payments', () => {
  it('carry on to the bill', async () => {
    const line = {
      DetailType: 'AccountBasedExpenseLineDetail',
      Amount: 50,
      AccountBasedExpenseLineDetail: { AccountRef: { value: '13' } },
    };
    const bill = await client.write('Bill', { VendorRef: { value: '1' }, Line: [line] });
    const paid = await client.write('BillPayment', {
      VendorRef: { value: '1' },
      PayType: 'Check',
      CheckPayment: { BankAccountRef: { value: '1' } },
      TotalAmt: 50,
      Line: [applied(50, 'Bill', bill.Id)],
    });
    const after = await client.read('Bill', bill.Id);
    expect(after).toMatchObject({ Balance: 0, SyncToken: '1' });
    expect(listOf(after.LinkedTxn)).toEqual([{ TxnId: paid.Id, TxnType: 'BillPaymentCheck' }]);
  });
});
