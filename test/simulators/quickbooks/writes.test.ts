import { closeAll, lock, refusal, salesLine, simulate, type TestClient } from './support/client';
import { fieldsOf, listOf, type Fields } from './json';

let client: TestClient;
beforeEach(async () => {
  client = await simulate();
});
afterEach(closeAll);

const invoiceOf = (lines: Fields[], extra: Fields = {}) => ({
  CustomerRef: { value: '1' },
  Line: lines,
  ...extra,
});

describe('the lock', () => {
  it('refuses a stale or missing SyncToken on update, delete and void, and counts every accepted write', async () => {
    const invoice = await client.write('Invoice', invoiceOf([salesLine(10)]));
    expect(invoice.SyncToken).toBe('0');
    const next = await client.write('Invoice', { ...lock(invoice), sparse: true, PrivateNote: 'a' });
    expect(next.SyncToken).toBe('1');
    for (const suffix of ['', '?operation=delete', '?operation=void']) {
      const stale = await client.post(`/invoice${suffix}`, { ...lock(invoice), sparse: true });
      expect(refusal(stale)).toEqual([400, '5010']);
      expect(stale.text).toContain('were working on this at the same time');
      expect(refusal(await client.post(`/invoice${suffix}`, { Id: invoice.Id, sparse: true }))[1]).toMatch(
        /2020/,
      );
    }
    client.control.edit({ entity: 'Invoice', id: String(invoice.Id), patch: { PrivateNote: 'b' } });
    expect((await client.read('Invoice', invoice.Id)).SyncToken).toBe('2');
  });

  it('ignores SyncToken on a create', async () => {
    expect((await client.write('Customer', { DisplayName: 'New', SyncToken: '7' })).SyncToken).toBe('0');
  });
});

describe('removing', () => {
  it('deletes transactions for good', async () => {
    const invoice = await client.write('Invoice', invoiceOf([salesLine(10)]));
    const gone = await client.post('/invoice?operation=delete', lock(invoice));
    expect(gone.json.Invoice).toEqual({ status: 'Deleted', domain: 'QBO', Id: invoice.Id });
    expect(refusal(await client.get(`/invoice/${String(invoice.Id)}`))).toEqual([400, '610']);
    expect(refusal(await client.post('/invoice?operation=delete', lock(invoice)))).toEqual([400, '610']);
  });

  it('makes name-list objects inactive with a suffix that frees the name, and never deletes them', async () => {
    const customer = await client.write('Customer', { DisplayName: 'Twin' });
    expect(refusal(await client.post('/customer?operation=delete', lock(customer)))).toEqual([400, '500']);
    const off = await client.write('Customer', { ...lock(customer), sparse: true, Active: false });
    expect(off).toMatchObject({ Active: false, DisplayName: 'Twin (deleted)' });
    await client.write('Customer', { DisplayName: 'Twin' });
    expect(refusal(await client.post('/customer', { ...lock(off), sparse: true, Active: true }))).toEqual([
      400,
      '6240',
    ]);
    expect(
      refusal(
        await client.post('/invoice', { ...invoiceOf([salesLine(1)]), CustomerRef: { value: customer.Id } }),
      ),
    ).toEqual([400, '610']);
  });

  it('voids by zeroing, each entity by its own spelling', async () => {
    const invoice = await client.write(
      'Invoice',
      invoiceOf([salesLine(10, { qty: 2, tax: 'TAX' })], { PrivateNote: 'call' }),
    );
    const refused = await client.post('/invoice?operation=update&include=void', lock(invoice));
    expect(refusal(refused)).toEqual([400, '500']);
    const voided = await client.write('Invoice', lock(invoice), '?operation=void');
    expect(voided).toMatchObject({
      TotalAmt: 0,
      Balance: 0,
      LinkedTxn: [],
      SyncToken: '1',
      PrivateNote: 'Voided - call',
    });
    expect(listOf(voided.Line)[0]).toMatchObject({ Amount: 0, SalesItemLineDetail: { Qty: 0 } });
    const bill = client.control.create({
      entity: 'Bill',
      record: {
        VendorRef: { value: '1' },
        Line: [
          {
            DetailType: 'AccountBasedExpenseLineDetail',
            Amount: 5,
            AccountBasedExpenseLineDetail: { AccountRef: { value: '13' } },
          },
        ],
      },
    });
    expect(refusal(await client.post('/bill?operation=void', lock(bill)))).toEqual([400, '500']);
  });
});

describe('names and numbers', () => {
  it('shares display names across customers, vendors and employees', async () => {
    for (const entity of ['customer', 'vendor', 'employee']) {
      expect(refusal(await client.post(`/${entity}`, { DisplayName: 'cool cars' }))).toEqual([400, '6240']);
    }
    expect(refusal(await client.post('/account', { Name: 'Checking', AccountType: 'Bank' }))).toEqual([
      400,
      '6240',
    ]);
  });

  it('refuses duplicate document numbers behind the preference, with the bypass', async () => {
    const numbered = invoiceOf([salesLine(1)], { DocNumber: 'A-1' });
    await client.write('Invoice', numbered);
    await client.write('Invoice', numbered);
    client.control.setCompany({ warnDuplicateDocNumber: true });
    expect(refusal(await client.post('/invoice', numbered))).toEqual([400, '6140']);
    await client.write('Invoice', numbered, '?include=allowduplicatedocnum');
  });

  it('numbers documents itself unless custom numbers are on', async () => {
    expect((await client.write('Invoice', invoiceOf([salesLine(1)]))).DocNumber).toMatch(/^\d+$/);
    client.control.setCompany({ customTxnNumbers: true });
    expect((await client.write('Invoice', invoiceOf([salesLine(1)]))).DocNumber).toBeUndefined();
  });
});

describe('validation', () => {
  it.each<[string, string, Fields, string]>([
    ['an unknown member', 'customer', { DisplayName: 'a', Nope: 1 }, '2010'],
    ['a missing reference', 'invoice', { Line: [salesLine(1)] }, '2020'],
    ['no lines', 'invoice', { CustomerRef: { value: '1' }, Line: [] }, '2020'],
    ['a long number', 'invoice', invoiceOf([salesLine(1)], { DocNumber: 'x'.repeat(22) }), '2050'],
    ['a value outside an enumeration', 'invoice', invoiceOf([salesLine(1)], { EmailStatus: 'Lost' }), '2170'],
    ['a bad e-mail', 'customer', { DisplayName: 'a', PrimaryEmailAddr: { Address: 'no' } }, '2210'],
    ['an unknown reference', 'invoice', { CustomerRef: { value: '999' }, Line: [salesLine(1)] }, '2500'],
    ['an unknown item', 'invoice', invoiceOf([salesLine(1, { item: '99' })]), '2500'],
    ['a wrong product', 'invoice', invoiceOf([{ ...salesLine(10, { qty: 2 }), Amount: 11 }]), '6070'],
    [
      'a line type of another form',
      'invoice',
      invoiceOf([{ Amount: 1, DetailType: 'JournalEntryLineDetail' }]),
      '2170',
    ],
    ['a line without its type', 'invoice', invoiceOf([{ Amount: 1 }]), '2020'],
    [
      'a foreign currency without multicurrency',
      'customer',
      { DisplayName: 'a', CurrencyRef: { value: 'EUR' } },
      '6000',
    ],
  ])('refuses %s', async (_what, entity, body, code) => {
    expect(refusal(await client.post(`/${entity}`, body))).toEqual([400, code]);
  });

  it('refuses changes of the currency and writes into closed books', async () => {
    const customer = await client.write('Customer', { DisplayName: 'Fixed' });
    const change = { ...lock(customer), sparse: true, CurrencyRef: { value: 'EUR' } };
    expect(refusal(await client.post('/customer', change))).toEqual([400, '6000']);
    client.control.setCompany({ bookCloseDate: '2099-01-01' });
    expect(refusal(await client.post('/invoice', invoiceOf([salesLine(1)])))).toEqual([400, '6210']);
  });

  it('leaves no trace of a refused write', async () => {
    const before = client.control.records('Invoice').length;
    await client.post(
      '/invoice',
      invoiceOf([salesLine(1)], { LinkedTxn: [{ TxnId: '999', TxnType: 'Estimate' }] }),
    );
    expect(client.control.records('Invoice')).toHaveLength(before);
  });
});

describe('lines and totals', () => {
  it('replaces lines as a whole, keeping sent Ids and numbering new ones', async () => {
    const invoice = await client.write('Invoice', invoiceOf([salesLine(10), salesLine(20), salesLine(30)]));
    const lines = listOf(invoice.Line);
    expect(lines.map(({ Id }) => Id)).toEqual(['1', '2', '3', undefined]);
    expect(lines[3]).toEqual({ Amount: 60, DetailType: 'SubTotalLineDetail', SubTotalLineDetail: {} });
    const untouched = await client.write('Invoice', { ...lock(invoice), sparse: true, PrivateNote: 'x' });
    expect(listOf(untouched.Line)).toHaveLength(4);
    const sent = [salesLine(25, { id: '2' }), salesLine(5)];
    const changed = await client.write('Invoice', { ...lock(untouched), sparse: true, Line: sent });
    expect(listOf(changed.Line).map(({ Id, Amount }) => [Id, Amount])).toEqual([
      ['2', 25],
      ['4', 5],
      [undefined, 30],
    ]);
    expect(changed).toMatchObject({ TotalAmt: 30, Balance: 30, PrivateNote: 'x' });
  });

  it('nulls writable fields that a full update leaves out, and clears by an empty value in a sparse one', async () => {
    const customer = await client.write('Customer', {
      DisplayName: 'Full',
      Notes: 'n',
      GivenName: 'G',
      CompanyName: 'C',
    });
    const sparse = await client.write('Customer', { ...lock(customer), sparse: true, GivenName: '' });
    expect(sparse).toMatchObject({ Notes: 'n', CompanyName: 'C' });
    expect(sparse.GivenName).toBeUndefined();
    const full = await client.write('Customer', { ...lock(sparse), DisplayName: 'Full' });
    expect(full.Notes).toBeUndefined();
    expect(full.CompanyName).toBeUndefined();
    expect(full.CurrencyRef).toMatchObject({ value: 'USD' });
    const invoice = await client.write('Invoice', invoiceOf([salesLine(1)]));
    expect(refusal(await client.post('/invoice', { ...lock(invoice), CustomerRef: { value: '1' } }))).toEqual(
      [400, '2020'],
    );
  });

  it('taxes US forms at the company rate, honours an explicit tax and spreads it over the rates', async () => {
    const taxed = await client.write('Invoice', invoiceOf([salesLine(99.99, { tax: 'TAX' }), salesLine(10)]));
    expect(taxed).toMatchObject({ TotalAmt: 117.99, TxnTaxDetail: { TotalTax: 8 } });
    const explicit = { TxnTaxDetail: { TxnTaxCodeRef: { value: '2' }, TotalTax: 9.5 } };
    const own = await client.write('Invoice', invoiceOf([salesLine(100, { tax: 'TAX' })], explicit));
    expect(own.TotalAmt).toBe(109.5);
    expect(listOf(fieldsOf(own.TxnTaxDetail).TaxLine).map(({ Amount }) => Amount)).toEqual([7.41, 2.09]);
  });

  it('takes percent discounts off, before or after tax', async () => {
    const discount = {
      DetailType: 'DiscountLineDetail',
      DiscountLineDetail: { PercentBased: true, DiscountPercent: 10 },
    };
    const lines = [salesLine(100, { tax: 'TAX' }), discount];
    expect((await client.write('Invoice', invoiceOf(lines))).TotalAmt).toBe(98);
    expect((await client.write('Invoice', invoiceOf(lines, { ApplyTaxAfterDiscount: true }))).TotalAmt).toBe(
      97.2,
    );
  });

  it('needs a tax code per line outside the US, rounds per rate, and takes tax out of inclusive amounts', async () => {
    const { realmId, accessToken } = client.control.createCompany({ country: 'CA', sampleRecords: true });
    const there = { realmId, token: accessToken };
    const bare = {
      DetailType: 'SalesItemLineDetail',
      Amount: 1,
      SalesItemLineDetail: { ItemRef: { value: '1' } },
    };
    expect(refusal(await client.post('/invoice', invoiceOf([bare]), there))).toEqual([400, '6000']);
    expect(refusal(await client.post('/invoice', invoiceOf([salesLine(1, { tax: 'TAX' })]), there))).toEqual([
      400,
      '2500',
    ]);
    const lines = [1, 2, 3].map(() => salesLine(0.33, { tax: '2' }));
    const excluded = await client.write('Invoice', invoiceOf(lines), '', there);
    // 0.99 at 5 % is 0.0495 and at 9.975 % is 0.0988: rounded once per rate.
    expect(excluded).toMatchObject({
      TotalAmt: 1.14,
      TxnTaxDetail: { TotalTax: 0.15 },
      GlobalTaxCalculation: 'TaxExcluded',
    });
    const inclusive = invoiceOf([salesLine(105, { tax: '1' })], { GlobalTaxCalculation: 'TaxInclusive' });
    const gross = await client.write('Invoice', inclusive, '', there);
    expect(gross).toMatchObject({ TotalAmt: 105, TxnTaxDetail: { TotalTax: 5 } });
    expect(listOf(gross.Line)[0]).toMatchObject({
      Amount: 100,
      SalesItemLineDetail: { TaxInclusiveAmt: 105, UnitPrice: 100 },
    });
    const again = await client.write(
      'Invoice',
      { ...lock(gross), sparse: true, Line: gross.Line },
      '',
      there,
    );
    expect(again).toMatchObject({ TotalAmt: 105, Line: gross.Line });
  });

  it('makes tax codes through the tax service only', async () => {
    expect(refusal(await client.post('/taxcode', { Name: 'x' }))).toEqual([400, '500']);
    const rate = { TaxRateName: 'R', RateValue: '4.5', TaxAgencyId: '1', TaxApplicableOn: 'Sales' };
    const made = await client.post('/taxservice/taxcode', { TaxCode: 'New', TaxRateDetails: [rate] });
    expect(Object.keys(made.json)).toEqual(['TaxCode', 'TaxCodeId', 'TaxRateDetails']);
    expect(await client.read('TaxCode', made.json.TaxCodeId)).toMatchObject({ Name: 'New' });
  });
});
