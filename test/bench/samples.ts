import type { Fields } from '../../shared/schema/entity';

/** An invoice as two sides hold it, with `lines` lines; references and line ids canonical. */
export function sampleInvoice(lines: number): Fields {
  return {
    number: 'INV-2026-0042',
    customer: { entity: 'customer', id: '0198f2c4-7f3a-7c1e-9b1d-1f2e3d4c5b6a' },
    date: '2026-11-02',
    dueDate: '2026-12-02',
    currency: 'USD',
    exchangeRate: '1',
    lines: Array.from({ length: lines }, (_, i) => ({
      id: `app:0198f2c4-7f3a-7c1e-9b1d-${String(i).padStart(12, '0')}`,
      description: `Consulting, week ${i + 1} of the project as agreed`,
      item: { entity: 'item', id: '0198f2c4-7f3a-7c1e-9b1d-aaaaaaaaaaaa' },
      quantity: String(i + 1),
      unitPrice: '125.5',
      amount: String((i + 1) * 125.5),
      taxRate: { entity: 'tax_rate', id: '0198f2c4-7f3a-7c1e-9b1d-bbbbbbbbbbbb' },
      serviceDate: '2026-11-01',
    })),
    billingAddress: {
      line1: 'Main Street 1',
      city: 'Springfield',
      region: 'IL',
      postalCode: '62701',
      country: 'US',
    },
    billingEmail: 'accounts@acme.example',
    privateNote: 'Call before sending',
    customerMemo: 'Thank you for your business.',
    taxTotal: '0',
    total: '1000',
    balance: '1000',
    status: 'open',
  };
}

/** The same invoice after a few edits of a person: a date, a line's text, a line's quantity, a line added. */
export function editedInvoice(lines: number): Fields {
  const invoice = structuredClone(sampleInvoice(lines)) as Fields & { lines: Fields[] };
  invoice['dueDate'] = '2026-12-31';
  Object.assign(invoice.lines[0] as Fields, { description: 'Consulting, first week' });
  Object.assign(invoice.lines.at(-1) as Fields, { quantity: '99', amount: '12424.5' });
  invoice.lines.push({ id: 'ledger:7', description: 'Travel', amount: '80' });
  return invoice;
}
