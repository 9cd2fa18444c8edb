import Big from 'big.js';
import { faults } from './apiFault';
import type { Company } from './company';
import type { EntitySpec } from './entities/fieldTypes';
import { detailMember, lineDetails } from './entities/lineDetails';
import {
  compact,
  decimalOf,
  fieldsOf,
  isDecimal,
  isFields,
  listOf,
  rounded,
  sum,
  textOf,
  wire,
  type Fields,
} from './json';
import { checkReferences } from './validate';

export const detailTypeOf = (line: Fields): string => textOf(line.DetailType);
export const detailOf = (line: Fields): Fields => fieldsOf(line[detailMember(detailTypeOf(line))]);

/** Lines whose amount is a price for something, as opposed to texts, subtotals and discounts. */
const PRICED = new Set([
  'SalesItemLineDetail',
  'AccountBasedExpenseLineDetail',
  'ItemBasedExpenseLineDetail',
  'DepositLineDetail',
  'JournalEntryLineDetail',
]);

export const isPriced = (line: Fields): boolean => PRICED.has(detailTypeOf(line));

/** Lines come as a whole: those with a known Id replace that line, the others are added, absent ones go. */
export function readLines(
  company: Company,
  spec: EntitySpec,
  sent: unknown,
  before: readonly Fields[],
): Fields[] {
  const lines = listOf(sent).filter((line) => detailTypeOf(line) !== 'SubTotalLineDetail');
  for (const line of lines) checkLine(company, spec, line, before);
  const known = new Map(before.map((line) => [textOf(line.Id), line]));
  const used = new Set<string>();
  let highest = Math.max(0, ...before.map((line) => Number(textOf(line.Id)) || 0));
  return lines.map((line, index) => {
    const sentId = textOf(line.Id);
    const kept = sentId !== '' && known.has(sentId);
    if (kept && used.has(sentId)) throw faults.business(`Line Id ${sentId} appears twice`, 'Line.Id');
    const id = kept ? sentId : String(++highest);
    used.add(id);
    const { Id: _id, LineNum: _num, LineEx: _ex, ...rest } = line;
    return { Id: id, LineNum: index + 1, ...compact(rest) };
  });
}

function checkLine(company: Company, spec: EntitySpec, line: Fields, before: readonly Fields[]): void {
  const type = detailTypeOf(line);
  if (type === '') throw faults.required('Line.DetailType');
  if (spec.lines?.includes(type) !== true) throw faults.badEnum('Line.DetailType', type);
  const member = detailMember(type);
  const detail = line[member];
  const optional = type === 'DescriptionOnly' || type === 'DepositLineDetail';
  if (!isFields(detail) && !optional) throw faults.required(`Line.${member}`);
  const table = lineDetails[type] ?? {};
  for (const [name, field] of Object.entries(table)) {
    if (field.required === true && fieldsOf(detail)[name] === undefined)
      throw faults.required(`Line.${member}.${name}`);
  }
  const previous = before.find((candidate) => textOf(candidate.Id) === textOf(line.Id)) ?? {};
  checkReferences(company, table, fieldsOf(detail), fieldsOf(previous[member]), `Line.${member}.`);
  const percentage = type === 'DiscountLineDetail' && fieldsOf(detail).PercentBased === true;
  const priced = isPriced(line) || (type === 'DiscountLineDetail' && !percentage);
  if (priced && !isDecimal(line.Amount)) throw faults.required('Line.Amount');
  checkProduct(line);
}

function checkProduct(line: Fields): void {
  const { Qty: quantity, UnitPrice: price } = detailOf(line);
  if (!isDecimal(quantity) || !isDecimal(price)) return;
  const product = rounded(decimalOf(quantity).times(decimalOf(price)));
  if (!product.eq(rounded(decimalOf(line.Amount)))) throw faults.amount(line.Amount);
}

/** Amounts to cents, everything else as sent. */
export function tidyAmounts(line: Fields): Fields {
  if (line.Amount === undefined) return line;
  return { ...line, Amount: wire(decimalOf(line.Amount)) };
}

export interface SalesSums {
  lines: Fields[];
  subtotal: Big;
  discount: Big;
}

/** Sums a form's lines; sales forms get the subtotal line that nobody sent and that has no Id. */
export function sumLines(lines: readonly Fields[], withSubtotal: boolean): SalesSums {
  const subtotal = sum(
    lines
      .filter((line) => isPriced(line) || detailTypeOf(line) === 'GroupLineDetail')
      .map((line) => decimalOf(line.Amount)),
  );
  let discount = new Big(0);
  const tidy = lines.map((line) => {
    if (detailTypeOf(line) !== 'DiscountLineDetail') return tidyAmounts(line);
    const detail = detailOf(line);
    const amount =
      detail.PercentBased === true
        ? rounded(subtotal.times(decimalOf(detail.DiscountPercent)).div(100))
        : decimalOf(line.Amount);
    discount = discount.plus(amount);
    return { ...line, Amount: wire(amount) };
  });
  const subtotalLine = { Amount: wire(subtotal), DetailType: 'SubTotalLineDetail', SubTotalLineDetail: {} };
  return { lines: withSubtotal ? [...tidy, subtotalLine] : tidy, subtotal, discount };
}

/** Debits equal credits, and a line on receivables or payables names whose they are. */
export function checkJournal(company: Company, lines: readonly Fields[]): Big {
  const sides = { Debit: new Big(0), Credit: new Big(0) };
  for (const line of lines.filter(isPriced)) {
    const detail = detailOf(line);
    const side = detail.PostingType === 'Debit' ? 'Debit' : 'Credit';
    sides[side] = sides[side].plus(decimalOf(line.Amount));
    const type = textOf(company.find('Account', textOf(fieldsOf(detail.AccountRef).value))?.AccountType);
    if ((type === 'Accounts Receivable' || type === 'Accounts Payable') && !isFields(detail.Entity)) {
      throw faults.business(
        `When you use ${type}, you must choose a customer or vendor in the Name field.`,
        'Line.Entity',
      );
    }
  }
  if (!sides.Debit.eq(sides.Credit)) throw faults.business('Debits and credits must balance', 'Line');
  return sides.Debit;
}
