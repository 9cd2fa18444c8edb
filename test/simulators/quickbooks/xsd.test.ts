import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { entities } from './entities';
import type { FieldTable } from './entities/fieldTypes';
import { lineDetails, lineMembers } from './entities/lineDetails';
import { closeAll, salesLine, simulate } from './support/client';
import { Schema } from './support/xsd';

const contracts = join(__dirname, '../../../../shared/contracts');
const files = ['Finance.xsd', 'IntuitBaseTypes.xsd', 'IntuitNamesTypes.xsd'].map((name) =>
  join(contracts, name),
);

const mini = `<?xml version="1.0"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <!-- a comment with <xs:element name="Ghost"/> -->
  <xs:simpleType name="Colour"><xs:restriction base="xs:string">
    <xs:enumeration value="Red"/><xs:enumeration value="Blue"/></xs:restriction></xs:simpleType>
  <xs:complexType name="Ref"><xs:simpleContent><xs:extension base="xs:string">
    <xs:attribute name="name" type="xs:string"/></xs:extension></xs:simpleContent></xs:complexType>
  <xs:element name="Shared" type="xs:decimal"/>
  <xs:group name="Extras"><xs:sequence><xs:element name="Note" type="xs:string"/></xs:sequence></xs:group>
  <xs:complexType name="Base"><xs:sequence><xs:element name="Id" type="xs:string"/></xs:sequence>
    <xs:attribute name="sparse" type="xs:boolean"/></xs:complexType>
  <xs:complexType name="Thing"><xs:complexContent><xs:extension base="Base"><xs:sequence>
    <xs:choice><xs:element name="Paint" type="Colour"/><xs:element ref="Shared"/></xs:choice>
    <xs:group ref="Extras"/><xs:element name="OwnerRef" type="Ref"/>
  </xs:sequence></xs:extension></xs:complexContent></xs:complexType>
</xs:schema>`;

afterAll(closeAll);

describe('schema reader', () => {
  const schema = new Schema([mini]);

  it('accepts what a type has, inherits, chooses and refers to', () => {
    const thing = {
      Id: '1',
      sparse: false,
      Paint: 'Red',
      Shared: 1.5,
      Note: 'x',
      OwnerRef: { value: '2', name: 'B' },
    };
    expect(schema.problems('Thing', [thing])).toEqual([]);
  });

  it('names unknown members, values outside an enumeration and wrong shapes', () => {
    const thing = { Ghost: 1, Paint: 'Green', Shared: '1.5', OwnerRef: { value: '2', kind: 'x' } };
    expect(schema.problems('Thing', thing)).toHaveLength(4);
  });
});

// The published schema stays outside the project: it is used where it is at hand.
if (files.every((file) => existsSync(file))) {
  describe('published schema', () => {
    const schema = new Schema(files.map((file) => readFileSync(file, 'utf8')));

    const missing = (type: string, table: FieldTable): string[] =>
      Object.entries(table).flatMap(([name, field]) => {
        const member = schema.members(type).get(name);
        const isContent = ['MemoRef', 'ReferenceType'].includes(type) && name === 'value';
        if (member === undefined) return isContent ? [] : [`${type}.${name}`];
        return field.members === undefined || !('type' in member) ? [] : missing(member.type, field.members);
      });

    it.each([...entities.values()].map((spec) => [spec.name, spec] as const))(
      'knows every field of %s',
      (name, spec) => {
        expect(schema.has(name)).toBe(true);
        expect(missing(name, spec.fields)).toEqual([]);
      },
    );

    it.each(Object.entries(lineDetails))('knows every field of %s', (type, table) => {
      expect(missing(type === 'DescriptionOnly' ? 'DescriptionLineDetail' : type, table)).toEqual([]);
    });

    it('knows every member of a line', () => {
      expect(missing('Line', lineMembers)).toEqual([]);
    });

    it.each(['US', 'GB'])('fits every record of a company in %s', async (country) => {
      const { control } = await simulate();
      const { realmId } = control.createCompany({ country, sampleRecords: true, multiCurrency: true });
      const add = (entity: string, record: Record<string, unknown>) =>
        control.create({ realmId, entity, record });
      const tax = country === 'US' ? 'TAX' : '1';
      const line = salesLine(100, { item: '3', tax });
      const party = { CustomerRef: { value: '1' } };
      const expense = {
        DetailType: 'AccountBasedExpenseLineDetail',
        Amount: 40,
        AccountBasedExpenseLineDetail: {
          AccountRef: { value: '13' },
          ...(country === 'US' ? {} : { TaxCodeRef: { value: '1' } }),
        },
      };
      const inclusive = country === 'US' ? {} : { GlobalTaxCalculation: 'TaxInclusive' };
      add('Invoice', {
        ...party,
        ...inclusive,
        Line: [line],
        CustomerMemo: { value: 'Thanks' },
        BillEmail: { Address: 'a@b.example' },
      });
      add('CreditMemo', { ...party, Line: [line] });
      add('Estimate', {
        ...party,
        Line: [line, { DetailType: 'DescriptionOnly', Description: 'x', DescriptionLineDetail: {} }],
      });
      add('SalesReceipt', { ...party, Line: [line], DepositToAccountRef: { value: '1' } });
      add('RefundReceipt', { ...party, Line: [line], DepositToAccountRef: { value: '1' } });
      add('Bill', { VendorRef: { value: '1' }, Line: [expense] });
      add('VendorCredit', { VendorRef: { value: '1' }, Line: [expense] });
      add('PurchaseOrder', { VendorRef: { value: '1' }, APAccountRef: { value: '6' }, Line: [expense] });
      add('Purchase', { PaymentType: 'Check', AccountRef: { value: '1' }, Line: [expense] });
      const pay = { PayType: 'Check', CheckPayment: { BankAccountRef: { value: '1' } } };
      const bill = control.records('Bill', realmId)[0];
      const linked = [{ Amount: 40, LinkedTxn: [{ TxnId: bill?.Id, TxnType: 'Bill' }] }];
      add('BillPayment', { ...pay, VendorRef: { value: '1' }, TotalAmt: 40, Line: linked });
      const side = (PostingType: string, account: string) => ({
        DetailType: 'JournalEntryLineDetail',
        Amount: 5,
        JournalEntryLineDetail: { PostingType, AccountRef: { value: account } },
      });
      add('JournalEntry', { Line: [side('Debit', '1'), side('Credit', '2')] });
      const deposit = {
        DetailType: 'DepositLineDetail',
        Amount: 9,
        DepositLineDetail: { AccountRef: { value: '10' } },
      };
      add('Deposit', { DepositToAccountRef: { value: '1' }, Line: [deposit] });
      add('Transfer', { FromAccountRef: { value: '1' }, ToAccountRef: { value: '2' }, Amount: 12 });
      add('Employee', { GivenName: 'Emily', FamilyName: 'Platt', PrimaryAddr: { Line1: '1 Road' } });
      add('Class', { Name: 'North' });
      add('Department', { Name: 'Shop' });
      for (const name of entities.keys()) {
        const records = control.records(name, realmId);
        if (name !== 'CompanyCurrency') expect([name, records.length > 0]).toEqual([name, true]);
        expect(schema.problems(name, records)).toEqual([]);
      }
    });
  });
}
