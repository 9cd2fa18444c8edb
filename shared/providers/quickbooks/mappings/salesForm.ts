import { choiceCodec } from '../../../mapping/codec';
import { decimalOf, type JsonObject } from '../../../mapping/json';
import { field, type Row } from '../../../mapping/row';
import { compareDecimals } from '../../../schema/money';
import { privateNote } from '../notes';
import { address, amount, currency, date, exchangeRate, reference, text } from '../rows';
import { salesLines } from '../salesLines';

/** What invoices and credit memos have in common. */
export const salesFormRows = (): Row[] => [
  text('number', 'DocNumber'),
  reference('customer', 'CustomerRef', 'customer', { absent: 'unknown' }),
  date('date', 'TxnDate'),
  currency(),
  exchangeRate(),
  // Above the lines: it decides what their amounts mean. US companies do not have it.
  field(
    'taxTreatment',
    'GlobalTaxCalculation',
    choiceCodec({ exclusive: 'TaxExcluded', inclusive: 'TaxInclusive', none: 'NotApplicable' }),
    { absent: 'unknown' },
  ),
  salesLines(),
  address('billingAddress', 'BillAddr'),
  text('billingEmail', 'BillEmail.Address'),
  privateNote('privateNote'),
  text('customerMemo', 'CustomerMemo.value'),
  amount('taxTotal', 'TxnTaxDetail.TotalTax', { direction: 'read' }),
  amount('total', 'TotalAmt', { direction: 'read' }),
];

/** There is no status on the wire: a form with an amount and nothing left of it is settled. */
export function isSettled(wire: JsonObject, leftMember: string): boolean {
  const total = decimalOf(wire.TotalAmt);
  return total !== null && decimalOf(wire[leftMember]) === '0' && compareDecimals(total, '0') > 0;
}
