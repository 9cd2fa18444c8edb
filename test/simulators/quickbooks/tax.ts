import Big from 'big.js';
import { faults } from './apiFault';
import type { Company } from './company';
import { detailMember } from './entities/lineDetails';
import {
  decimalOf,
  fieldsOf,
  isDecimal,
  listOf,
  refId,
  rounded,
  sum,
  textOf,
  wire,
  type Fields,
} from './json';
import { detailOf, detailTypeOf, isPriced } from './lines';

export type TaxSide = 'SalesTaxRateList' | 'PurchaseTaxRateList';

interface Rate {
  id: string;
  percent: Big;
  applies: string;
  order: number;
  onOrder: number;
}

interface Share {
  percent: Big;
  net: Big;
  tax: Big;
}

export interface TaxResult {
  lines: Fields[];
  detail: Fields;
  total: Big;
}

function ratesOf(company: Company, codeId: string, side: TaxSide): Rate[] {
  const code = company.find('TaxCode', codeId);
  return listOf(fieldsOf(code?.[side]).TaxRateDetail)
    .map((detail) => ({
      id: refId(detail.TaxRateRef),
      percent: decimalOf(company.find('TaxRate', refId(detail.TaxRateRef))?.RateValue),
      applies: textOf(detail.TaxTypeApplicable) || 'TaxOnAmount',
      order: Number(detail.TaxOrder ?? 0),
      onOrder: Number(detail.TaxOnTaxOrder ?? 0),
    }))
    .sort((a, b) => a.order - b.order);
}

/** The tax of each rate on one net amount; a rate may be charged on top of an earlier one. */
function sharesOf(net: Big, rates: readonly Rate[]): Array<{ rate: Rate; base: Big; tax: Big }> {
  const byOrder = new Map<number, Big>();
  return rates.map((rate) => {
    const earlier = byOrder.get(rate.onOrder) ?? new Big(0);
    const base =
      rate.applies === 'TaxOnAmountPlusTax' ? net.plus(earlier) : rate.applies === 'TaxOnTax' ? earlier : net;
    const tax = base.times(rate.percent).div(100);
    byOrder.set(rate.order, (byOrder.get(rate.order) ?? new Big(0)).plus(tax));
    return { rate, base, tax };
  });
}

/** The company's own tax code stands behind the pseudo-code TAX. */
function usTaxCode(company: Company, record: Fields): string {
  const own = refId(company.preference('TaxPrefs', 'TaxGroupCodeRef'));
  if (company.preference('TaxPrefs', 'PartnerTaxEnabled') === true) return own;
  const customer = company.find('Customer', refId(record.CustomerRef));
  const assigned = refId(fieldsOf(record.TxnTaxDetail).TxnTaxCodeRef);
  return assigned || refId(customer?.DefaultTaxCodeRef) || own;
}

function withDefaultCode(company: Company, line: Fields, required: boolean): Fields {
  if (!isPriced(line)) return line;
  const detail = detailOf(line);
  if (refId(detail.TaxCodeRef) !== '') return line;
  if (!company.isUs) {
    if (!required) return line;
    throw faults.business(
      'Make sure all your transactions have a tax rate before you save.',
      'Line.TaxCodeRef',
    );
  }
  if (detailTypeOf(line) !== 'SalesItemLineDetail') return line;
  return { ...line, [detailMember(detailTypeOf(line))]: { ...detail, TaxCodeRef: { value: 'NON' } } };
}

/** Takes the tax out of an amount that includes it, leaving the gross beside the net. */
function toNet(company: Company, line: Fields, side: TaxSide): Fields {
  if (!isPriced(line)) return line;
  const detail = detailOf(line);
  const gross = isDecimal(detail.TaxInclusiveAmt)
    ? decimalOf(detail.TaxInclusiveAmt)
    : decimalOf(line.Amount);
  const factor = sum(
    sharesOf(new Big(1), ratesOf(company, refId(detail.TaxCodeRef), side)).map(({ tax }) => tax),
  );
  const net = rounded(gross.div(factor.plus(1)));
  const quantity = decimalOf(detail.Qty);
  const price =
    isDecimal(detail.UnitPrice) && !quantity.eq(0) ? { UnitPrice: wire(net.div(quantity), 7) } : {};
  return {
    ...line,
    Amount: wire(net),
    [detailMember(detailTypeOf(line))]: { ...detail, ...price, TaxInclusiveAmt: wire(gross) },
  };
}

interface TaxInput {
  company: Company;
  record: Fields;
  lines: readonly Fields[];
  side: TaxSide;
  discount: (net: Big) => Big;
  /** A tax amount sent with this very request; it is honoured and spread over the rates. */
  explicitTotal: Big | undefined;
}

/** Computes a form's tax: per rate over the net base, as US and other companies do it. */
export function computeTax({ company, record, lines, side, discount, explicitTotal }: TaxInput): TaxResult {
  const mode = textOf(record.GlobalTaxCalculation) || 'TaxExcluded';
  const untaxed = !company.isUs && mode === 'NotApplicable';
  const coded = lines.map((line) => withDefaultCode(company, line, !untaxed));
  if (untaxed) return { lines: coded, detail: { TotalTax: 0 }, total: new Big(0) };
  const inclusive = !company.isUs && mode === 'TaxInclusive';
  const priced = inclusive ? coded.map((line) => toNet(company, line, side)) : coded;
  const usCode = company.isUs && side === 'SalesTaxRateList' ? usTaxCode(company, record) : '';

  const shares = new Map<string, Share>();
  const add = (codeId: string, net: Big) => {
    for (const { rate, base, tax } of sharesOf(net, ratesOf(company, codeId, side))) {
      const share = shares.get(rate.id) ?? { percent: rate.percent, net: new Big(0), tax: new Big(0) };
      const part = company.settings.taxRounding === 'perLine' ? rounded(tax) : tax;
      shares.set(rate.id, { ...share, net: share.net.plus(base), tax: share.tax.plus(part) });
    }
  };
  for (const line of priced.filter(isPriced)) {
    const code = refId(detailOf(line).TaxCodeRef);
    const net = discount(decimalOf(line.Amount));
    if (!company.isUs) add(code, net);
    else if (code === 'TAX') add(usCode, net);
  }
  const rows = [...shares].map(([id, share]) => ({ id, ...share, tax: rounded(share.tax) }));
  if (inclusive)
    spreadTo(rows, grossOf(priced).minus(sum(priced.filter(isPriced).map((line) => decimalOf(line.Amount)))));
  if (explicitTotal !== undefined && company.isUs) spreadTo(rows, explicitTotal);
  const total = company.isUs && explicitTotal !== undefined ? explicitTotal : sum(rows.map(({ tax }) => tax));
  const taxCode = usCode !== '' && rows.length > 0 ? { TxnTaxCodeRef: { value: usCode } } : {};
  const taxLines = rows.length > 0 ? { TaxLine: rows.map(taxLine) } : {};
  return { lines: priced, detail: { ...taxCode, TotalTax: wire(total), ...taxLines }, total };
}

const grossOf = (lines: readonly Fields[]): Big =>
  sum(lines.filter(isPriced).map((line) => decimalOf(detailOf(line).TaxInclusiveAmt)));

/** Makes the rows add up to a given total, each in proportion, the last one taking the remainder. */
function spreadTo(rows: Array<Share & { id: string }>, total: Big): void {
  const computed = sum(rows.map(({ tax }) => tax));
  let left = total;
  rows.forEach((row, index) => {
    const last = index === rows.length - 1;
    const part = computed.eq(0) ? new Big(0) : rounded(total.times(row.tax).div(computed));
    row.tax = last ? left : part;
    left = left.minus(row.tax);
  });
}

function taxLine({ id, percent, net, tax }: Share & { id: string }): Fields {
  return {
    Amount: wire(tax),
    DetailType: 'TaxLineDetail',
    TaxLineDetail: {
      TaxRateRef: { value: id },
      PercentBased: true,
      TaxPercent: wire(percent, 7),
      NetAmountTaxable: wire(net),
    },
  };
}
