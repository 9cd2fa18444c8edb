import Big from 'big.js';
import { dateCodec } from '../../mapping/codec';
import { decimalOf, isJsonObject, JsonNumber, valueAt, type JsonObject } from '../../mapping/json';
import { list, type ElementKind } from '../../mapping/list';
import { field, type RecordContext, type Row } from '../../mapping/row';
import type { Fields, FieldValue } from '../../schema/entity';
import { multiplyDecimals, roundDecimal, type Decimal } from '../../schema/money';
import { AMOUNT, PRICE, QUANTITY, reference, text } from './rows';

const DETAIL = 'SalesItemLineDetail';

/**
 * Lines of invoices and credit memos. Bundles and discounts cannot be expressed and stay where they are; the
 * subtotal is made anew by the service.
 */
export const salesLines = (): Row =>
  list(
    'lines',
    'Line',
    [
      text('description', 'Description'),
      reference('item', `${DETAIL}.ItemRef`, 'item'),
      { ...quantity, put: inGross(quantity.put) },
      { ...lineAmount, get: amountOf, put: putAmount },
      { ...price, get: priceOf, put: inGross(price.put) },
      reference('taxRate', `${DETAIL}.TaxCodeRef`, 'tax_rate'),
      field('serviceDate', `${DETAIL}.ServiceDate`, dateCodec()),
    ],
    { identity: { wire: 'Id' }, ordered: true, position: 'LineNum', kind: kindOf, shape },
  );

const quantity = field('quantity', `${DETAIL}.Qty`, QUANTITY);
/** A line of text has no amount on the wire, and must have one for us. */
const lineAmount = field('amount', 'Amount', AMOUNT, { absent: { is: '0' } });
const price = field('unitPrice', `${DETAIL}.UnitPrice`, PRICE);

function kindOf(line: JsonObject): ElementKind {
  if (line.DetailType === DETAIL || line.DetailType === 'DescriptionOnly') return 'mapped';
  return line.DetailType === 'SubTotalLineDetail' ? 'dropped' : 'kept';
}

/** A line with nothing but words is a text line; one that has ever been more stays what it is. */
function shape(line: JsonObject, desired: Fields): void {
  const sold = ['item', 'quantity', 'unitPrice', 'taxRate', 'serviceDate'].some(
    (name) => desired[name] !== undefined && desired[name] !== null,
  );
  const wordsOnly = !sold && (desired.amount === undefined || desired.amount === '0');
  if (line.DetailType === DETAIL || (line.DetailType === 'DescriptionOnly' && wordsOnly)) return;
  if (wordsOnly && typeof desired.description === 'string' && desired.description !== '') {
    line.DetailType = 'DescriptionOnly';
    return;
  }
  delete line.DescriptionLineDetail;
  line.DetailType = DETAIL;
  line[DETAIL] = {};
  line.Amount ??= new JsonNumber('0');
}

// Where prices include tax, the service keeps net amounts and the gross one beside them (TaxInclusiveAmt). Our
// amounts and prices are what the user typed, gross; they are written as gross and the service splits them.

function grossOf(line: JsonObject, { root }: RecordContext): Decimal | null {
  if (root.GlobalTaxCalculation !== 'TaxInclusive') return null;
  return decimalOf(valueAt(line, `${DETAIL}.TaxInclusiveAmt`));
}

function amountOf(line: JsonObject, context: RecordContext): FieldValue {
  return grossOf(line, context) ?? lineAmount.get(line, context);
}

function priceOf(line: JsonObject, context: RecordContext): FieldValue {
  const net = price.get(line, context);
  const gross = grossOf(line, context);
  const count = quantity.get(line, context) ?? '1';
  const alreadyGross = gross === null || gross === lineAmount.get(line, context);
  if (alreadyGross || typeof net !== 'string' || typeof count !== 'string') return net;
  return shortestPrice(gross, count) ?? net;
}

/** The price with the fewest digits that gives this amount: the one that was typed, but for rare ties. */
function shortestPrice(gross: Decimal, count: Decimal): Decimal | null {
  if (count === '0') return null;
  const exact = new Big(gross).div(count).toFixed(12);
  for (let places = 0; places <= 7; places++) {
    const candidate = roundDecimal(exact, places);
    if (multiplyDecimals(candidate, count, 2) === gross) return candidate;
  }
  return null;
}

/** Turns a line that the service has split back into gross, so that one change leaves it coherent. */
function toGross(line: JsonObject, context: RecordContext): void {
  const gross = grossOf(line, context);
  if (gross === null) return;
  const unit = priceOf(line, context);
  if (typeof unit === 'string') price.put(unit, line, context);
  line.Amount = new JsonNumber(gross);
}

function inGross(put: Row['put']): Row['put'] {
  return (value, line, context) => {
    toGross(line, context);
    put(value, line, context);
  };
}

function putAmount(value: FieldValue, line: JsonObject, context: RecordContext): void {
  toGross(line, context);
  lineAmount.put(value, line, context);
  const detail = line[DETAIL];
  if (!isJsonObject(detail)) return;
  if (context.root.GlobalTaxCalculation === 'TaxInclusive') detail.TaxInclusiveAmt = line.Amount ?? null;
  else delete detail.TaxInclusiveAmt;
}
