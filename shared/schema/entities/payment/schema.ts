import { defineEntity } from '../../entity';
import { date, decimal, list, money, reference, text } from '../../fields';

export const payment = defineEntity({
  name: 'payment',
  label: 'Payment',
  plural: 'Payments',
  version: 1,
  title: 'reference',
  recognisedBy: ['customer', 'amount', 'date'],
  counterparty: 'customer',
  naturalKey: { fields: ['reference', 'customer'], unique: false },
  shape: {
    customer: reference('Customer', ['customer'], { required: true }),
    date: date('Date'),
    amount: money('Amount', { required: true }),
    reference: text('Reference', 21),
    depositAccount: reference('Deposit To', ['account']),
    currency: text('Currency', 3, { immutable: true }),
    exchangeRate: decimal('Exchange Rate'),
    privateNote: text('Private Note', 3900),
    /** What the money pays; an element is known by its document. */
    allocations: list(
      'Allocations',
      {
        document: reference('Document', ['invoice', 'credit_note'], { required: true }),
        amount: money('Amount', { required: true }),
      },
      { identity: 'document', ordered: false },
    ),
    unapplied: money('Unapplied', { derived: true }),
  },
});
