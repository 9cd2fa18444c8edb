import Big from 'big.js';
import { decimalOf, isJsonObject, JsonNumber, type JsonObject } from '../../mapping/json';
import type { Decimal } from '../../schema/money';
import { taxDetailsOf } from './wire';

/**
 * US lines say TAX or NON, which the API does not always list as codes. They are readable all the same, so
 * that a line's tax rate is a record like any other.
 */
export const PSEUDO_CODES: readonly JsonObject[] = [
  { Id: 'TAX', SyncToken: '0', Name: 'TAX', Description: 'Taxable', Active: true },
  {
    Id: 'NON',
    SyncToken: '0',
    Name: 'NON',
    Description: 'Not taxable',
    Active: true,
    EffectiveSalesRate: new JsonNumber('0'),
  },
];

export function pseudoCode(id: string): JsonObject | null {
  return PSEUDO_CODES.find((code) => code.Id === id) ?? null;
}

/** A TaxCode with the rate that its sales taxes come to together. */
export function withEffectiveRate(code: JsonObject, rates: ReadonlyMap<string, Decimal>): JsonObject {
  const rate = effectiveRate(code, rates);
  const known = pseudoCode(String(code.Id))?.EffectiveSalesRate;
  if (rate === null) return known === undefined ? code : { ...code, EffectiveSalesRate: known };
  return { ...code, EffectiveSalesRate: new JsonNumber(rate) };
}

export function ratesById(rates: readonly JsonObject[]): Map<string, Decimal> {
  const byId = new Map<string, Decimal>();
  for (const rate of rates) {
    const percent = decimalOf(rate.RateValue);
    if (typeof rate.Id === 'string' && percent !== null) byId.set(rate.Id, percent);
  }
  return byId;
}

/** Null when the code has no sales tax list, or one of its rates is not known. */
function effectiveRate(code: JsonObject, rates: ReadonlyMap<string, Decimal>): Decimal | null {
  const list = code.SalesTaxRateList;
  if (!isJsonObject(list)) return null;
  const details = taxDetailsOf(list.TaxRateDetail).sort(
    (a, b) => Number(a.TaxOrder ?? '0') - Number(b.TaxOrder ?? '0'),
  );
  const taxOfOrder = new Map<string, Big>();
  let total = new Big(0);
  for (const detail of details) {
    const percent = rates.get(detail.TaxRateRef.value);
    if (percent === undefined) return null;
    // A tax may be charged on an earlier one, or on the amount with that one added.
    const earlier = taxOfOrder.get(detail.TaxOnTaxOrder ?? '0') ?? new Big(0);
    const base =
      detail.TaxTypeApplicable === 'TaxOnTax'
        ? earlier
        : detail.TaxTypeApplicable === 'TaxOnAmountPlusTax'
          ? earlier.plus(100)
          : new Big(100);
    const tax = base.times(percent).div(100);
    const order = detail.TaxOrder ?? '0';
    taxOfOrder.set(order, (taxOfOrder.get(order) ?? new Big(0)).plus(tax));
    total = total.plus(tax);
  }
  return total.round(12).toFixed();
}
