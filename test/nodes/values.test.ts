import { fieldsFrom, recordFrom } from '../../nodes/runtime/values';
import { entityNamed } from '../../shared/schema/entities';
import { parseRecord } from '../../shared/schema/parse';

const invoice = entityNamed('invoice');
const payment = entityNamed('payment');
const locator = (value: string) => ({ __rl: true, mode: 'list', value });

describe('fieldsFrom', () => {
  it('turns entered fields into a record that the schema takes', () => {
    const fields = fieldsFrom(invoice.fields, {
      number: '1001',
      customer: locator('58'),
      date: '2026-02-03T00:00:00.000+01:00',
      exchangeRate: 1.25,
      billingAddress: { values: { line1: 'High Street 1', city: '' } },
      lines: {
        values: [
          {
            description: 'Work',
            item: locator('7'),
            quantity: '',
            unitPrice: '',
            amount: '10.50',
            taxRate: locator(''),
          },
          { id: '4', description: '', amount: 3 },
        ],
      },
    });
    expect(fields).toEqual({
      number: '1001',
      customer: { entity: 'customer', id: '58' },
      date: '2026-02-03',
      exchangeRate: '1.25',
      billingAddress: { line1: 'High Street 1' },
      lines: [
        { description: 'Work', item: { entity: 'item', id: '7' }, amount: '10.50' },
        { id: '4', amount: '3' },
      ],
    });
    expect(parseRecord(invoice, fields)['exchangeRate']).toBe('1.25');
  });

  it('clears a field that was added and left empty, and leaves the others alone', () => {
    expect(fieldsFrom(invoice.fields, { dueDate: '', customerMemo: '', billingAddress: {} })).toEqual({
      dueDate: null,
      customerMemo: null,
    });
  });

  it('takes the chosen entity of a reference that may point to several', () => {
    const allocations = { values: [{ documentEntity: 'credit_note', document: locator('9'), amount: '5' }] };
    expect(fieldsFrom(payment.fields, { allocations })).toEqual({
      allocations: [{ document: { entity: 'credit_note', id: '9' }, amount: '5' }],
    });
  });

  it('takes dates as expressions give them', () => {
    const date = { toISO: () => '2026-05-06T10:00:00.000Z' };
    expect(fieldsFrom(invoice.fields, { date, dueDate: new Date('2026-05-07T00:00:00Z') })).toEqual({
      date: '2026-05-06',
      dueDate: '2026-05-07',
    });
  });
});

describe('recordFrom', () => {
  it('writes numbers as text where the schema wants decimals, and nowhere else', () => {
    const record = recordFrom(invoice, { lines: [{ amount: 12.5, description: 7 }], number: 1001, odd: 1 });
    expect(record).toEqual({ lines: [{ amount: '12.5', description: 7 }], number: 1001, odd: 1 });
  });
});
