import { choice, date, decimal, money, reference, text } from './fields';
import { address } from './address';
import { salesLines } from './salesLine';

/** What every sales document has, an invoice as well as a credit note. */
export const salesFormHead = () => ({
  number: text('Number', 21),
  customer: reference('Customer', ['customer'], { required: true }),
  date: date('Date'),
});

export const salesFormBody = () => ({
  currency: text('Currency', 3, { immutable: true }),
  exchangeRate: decimal('Exchange Rate'),
  taxTreatment: choice('Amounts Are', ['exclusive', 'inclusive', 'none'], { tax: true }),
  lines: salesLines(),
  billingAddress: address('Billing Address'),
  billingEmail: text('Billing E-mail', 100),
  privateNote: text('Private Note', 3900),
  customerMemo: text('Message to Customer', 1000),
  taxTotal: money('Tax', { derived: true, tax: true }),
  total: money('Total', { derived: true }),
});
