import { address } from '../../address';
import { defineEntity } from '../../entity';
import { choice, date, decimal, money, reference, text } from '../../fields';
import { salesLines } from '../../salesLine';

export const invoice = defineEntity({
  name: 'invoice',
  label: 'Invoice',
  plural: 'Invoices',
  version: 1,
  title: 'number',
  naturalKey: { fields: ['number', 'customer'], unique: false },
  shape: {
    number: text('Number', 21),
    customer: reference('Customer', ['customer'], { required: true }),
    date: date('Date'),
    dueDate: date('Due Date'),
    currency: text('Currency', 3, { immutable: true }),
    exchangeRate: decimal('Exchange Rate'),
    taxTreatment: choice('Amounts Are', ['exclusive', 'inclusive', 'none']),
    lines: salesLines(),
    billingAddress: address('Billing Address'),
    shippingAddress: address('Shipping Address'),
    billingEmail: text('Billing E-mail', 100),
    privateNote: text('Private Note', 3900),
    customerMemo: text('Message to Customer', 1000),
    taxTotal: money('Tax', { derived: true }),
    total: money('Total', { derived: true }),
    balance: money('Balance', { derived: true }),
    status: choice('Status', ['open', 'paid', 'voided'], { derived: true }),
  },
});
