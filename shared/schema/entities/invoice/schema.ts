import { address } from '../../address';
import { defineEntity } from '../../entity';
import { choice, date, money } from '../../fields';
import { salesFormBody, salesFormHead } from '../../salesForm';

export const invoice = defineEntity({
  name: 'invoice',
  label: 'Invoice',
  plural: 'Invoices',
  version: 1,
  title: 'number',
  recognisedBy: ['customer', 'total', 'dueDate'],
  counterparty: 'customer',
  naturalKey: { fields: ['number', 'customer'], unique: false },
  shape: {
    ...salesFormHead(),
    dueDate: date('Due Date'),
    ...salesFormBody(),
    shippingAddress: address('Shipping Address'),
    balance: money('Balance', { derived: true }),
    status: choice('Status', ['open', 'paid', 'voided'], { derived: true }),
  },
});
