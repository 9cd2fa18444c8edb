import { date, decimal, list, money, reference, text } from './fields';

/**
 * Lines of a sales document. Quantity, price and amount hang together (amount = quantity x price, rounded to
 * the cent), so they are merged as one unit: two people who change them on two sides are asked.
 */
export const salesLines = () =>
  list(
    'Lines',
    {
      description: text('Description', 4000),
      item: reference('Item', ['item']),
      quantity: decimal('Quantity', { unit: 'price' }),
      unitPrice: decimal('Unit Price', { unit: 'price' }),
      amount: money('Amount', { unit: 'price', required: true }),
      taxRate: reference('Tax Rate', ['tax_rate'], { tax: true }),
      serviceDate: date('Service Date'),
    },
    { identity: 'id', ordered: true, required: true },
  );
