import Big from 'big.js';
import { faults } from './apiFault';
import { pacificDate } from './clock';
import type { Company } from './company';
import type { EntitySpec } from './entities/fieldTypes';
import {
  compact,
  decimalOf,
  fieldsOf,
  isDecimal,
  isFields,
  listOf,
  refId,
  rounded,
  textOf,
  wire,
  type Fields,
} from './json';
import { checkJournal, readLines, sumLines } from './lines';
import { nameRules } from './nameRules';
import { settlements, type QuickBooksRecord } from './records';
import { checkPayment, readPaymentLines, unappliedMember } from './settlement';
import { computeTax } from './tax';

export interface Draft {
  company: Company;
  spec: EntitySpec;
  /** The record as it would be stored, without what the server computes. */
  record: Fields;
  /** The request itself. */
  body: Fields;
  before: QuickBooksRecord | undefined;
}

/** Fills in what the server computes, and refuses what the books do not allow. */
export function complete(draft: Draft): Fields {
  const { spec } = draft;
  if (spec.kind === 'list') return nameRules(draft);
  if (spec.kind === 'singleton') return draft.record;
  if (draft.before !== undefined) checkClosed(draft.company, draft.before);
  const record = withTransactionDefaults(draft);
  checkClosed(draft.company, record);
  if (settlements[spec.name] !== undefined) return payment({ ...draft, record });
  if (spec.name === 'Transfer') return record;
  return form({ ...draft, record });
}

export function checkClosed(company: Company, record: Fields): void {
  const closed = textOf(company.preference('AccountingInfoPrefs', 'BookCloseDate'));
  const date = textOf(record.TxnDate);
  if (closed !== '' && date !== '' && date <= closed) throw faults.closedPeriod();
}

function withTransactionDefaults({ company, spec, record, before }: Draft): Fields {
  const home = company.homeCurrencyRef();
  const party =
    company.find('Customer', refId(record.CustomerRef)) ?? company.find('Vendor', refId(record.VendorRef));
  const currency = refId(record.CurrencyRef) || refId(party?.CurrencyRef) || home.value;
  if (party !== undefined && refId(party.CurrencyRef) !== '' && refId(party.CurrencyRef) !== currency) {
    throw faults.business(
      'The currency of the transaction is invalid for the customer / vendor / account.',
      'CurrencyRef',
    );
  }
  const multi = company.preference('CurrencyPrefs', 'MultiCurrencyEnabled') === true;
  const rate = isDecimal(record.ExchangeRate) ? record.ExchangeRate : 1;
  const txnDate = textOf(record.TxnDate) || textOf(before?.TxnDate) || pacificDate(company.clock.now());
  const custom = company.preference('SalesFormsPrefs', 'CustomTxnNumbers') === true;
  const numbered =
    spec.fields.DocNumber?.readOnly !== true && spec.name !== 'Purchase' && spec.name !== 'Bill';
  const number =
    before === undefined &&
    !custom &&
    numbered &&
    spec.fields.DocNumber !== undefined &&
    textOf(record.DocNumber) === ''
      ? { DocNumber: freeNumber(company, spec.name) }
      : {};
  return {
    ...record,
    ...number,
    TxnDate: txnDate.slice(0, 10),
    CurrencyRef: { value: currency },
    ...(multi ? { ExchangeRate: wire(decimalOf(rate), 7) } : {}),
  };
}

function freeNumber(company: Company, entity: string): string {
  for (;;) {
    const number = String(company.nextNumber(`number:${entity}`, 1001));
    if (company.indexes.holdersOfNumber(entity, number).length === 0) return number;
  }
}

function firstAccount(company: Company, type: string): Fields {
  const account = company
    .all('Account')
    .find((candidate) => candidate.AccountType === type && candidate.Active !== false);
  return account === undefined ? {} : { value: account.Id };
}

function payment({ company, spec, record, before }: Draft): Fields {
  const next: Fields = {
    ...record,
    TotalAmt: wire(decimalOf(record.TotalAmt)),
    Line: readPaymentLines(spec.name, record.Line),
  };
  if (spec.name === 'Payment') {
    next.ARAccountRef ??= firstAccount(company, 'Accounts Receivable');
    const undeposited = company
      .all('Account')
      .find((account) => account.AccountSubType === 'UndepositedFunds');
    if (undeposited !== undefined) next.DepositToAccountRef ??= { value: undeposited.Id };
  } else if (next[next.PayType === 'Check' ? 'CheckPayment' : 'CreditCardPayment'] === undefined) {
    throw faults.required(next.PayType === 'Check' ? 'CheckPayment' : 'CreditCardPayment');
  }
  checkPayment(company, spec.name, next, before);
  return { ...next, ...unappliedMember(spec.name, next) };
}

const SALES_FORMS = new Set(['Invoice', 'CreditMemo', 'Estimate', 'SalesReceipt', 'RefundReceipt']);
const PURCHASE_FORMS = new Set(['Bill', 'VendorCredit', 'PurchaseOrder', 'Purchase']);

function form(draft: Draft): Fields {
  const { company, spec, record, before } = draft;
  const lines = readLines(company, spec, record.Line, listOf(before?.Line));
  if (spec.name === 'JournalEntry') {
    return { ...record, Line: sumLines(lines, false).lines, TotalAmt: wire(checkJournal(company, lines)) };
  }
  const sales = SALES_FORMS.has(spec.name);
  if (!sales && !PURCHASE_FORMS.has(spec.name)) {
    const { lines: tidy, subtotal } = sumLines(lines, false);
    return { ...record, Line: tidy, TotalAmt: wire(subtotal) };
  }
  const dated = withDueDate(company, sales ? withCustomerDefaults(draft) : record, spec);
  const before1 = sumLines(lines, false);
  const explicit = fieldsOf(draft.body.TxnTaxDetail).TotalTax;
  const after = record.ApplyTaxAfterDiscount === true && before1.subtotal.gt(0);
  const tax = computeTax({
    company,
    record: dated,
    lines,
    side: sales ? 'SalesTaxRateList' : 'PurchaseTaxRateList',
    discount: (net) => (after ? net.minus(net.times(before1.discount).div(before1.subtotal)) : net),
    explicitTotal: isDecimal(explicit) ? rounded(decimalOf(explicit)) : undefined,
  });
  const sums = sumLines(tax.lines, sales);
  const total = rounded(sums.subtotal.minus(sums.discount).plus(tax.total));
  if (total.lt(0)) throw faults.business('Transaction amount must be 0 or greater.', 'TotalAmt');
  return {
    ...dated,
    Line: sums.lines,
    TotalAmt: wire(total),
    TxnTaxDetail: tax.detail,
    ...(company.isUs ? {} : { GlobalTaxCalculation: textOf(record.GlobalTaxCalculation) || 'TaxExcluded' }),
    ...(spec.fields.HomeTotalAmt === undefined ? {} : homeTotal(company, dated, total)),
  };
}

function homeTotal(company: Company, record: Fields, total: Big): Fields {
  if (company.preference('CurrencyPrefs', 'MultiCurrencyEnabled') !== true) return {};
  return { HomeTotalAmt: wire(total.times(decimalOf(record.ExchangeRate))) };
}

/** A form without an address of its own shows the customer's. */
function withCustomerDefaults({ company, record, before }: Draft): Fields {
  const customer = company.find('Customer', refId(record.CustomerRef));
  if (before !== undefined || customer === undefined) return record;
  return compact({
    ...record,
    BillAddr: record.BillAddr ?? customer.BillAddr,
    ShipAddr: record.ShipAddr ?? customer.ShipAddr,
  });
}

function withDueDate(company: Company, record: Fields, spec: EntitySpec): Fields {
  if (spec.name !== 'Invoice' && spec.name !== 'Bill') return record;
  if (textOf(record.DueDate) !== '') return record;
  const term = company.find('Term', refId(record.SalesTermRef));
  const due = new Date(`${textOf(record.TxnDate)}T00:00:00Z`);
  due.setUTCDate(due.getUTCDate() + Number(decimalOf(term?.DueDays).toString()));
  return { ...record, DueDate: due.toISOString().slice(0, 10) };
}

/** Gives addresses, e-mails and phones the Id that the server puts on them. */
export function withAddressIds(company: Company, spec: EntitySpec, record: Fields): Fields {
  const next = { ...record };
  for (const [name, field] of Object.entries(spec.fields)) {
    const value = next[name];
    if (field.kind !== 'object' || field.members?.Line1 === undefined || !isFields(value)) continue;
    if (textOf(value.Id) === '') next[name] = { Id: String(company.nextNumber('address', 1)), ...value };
  }
  return next;
}
