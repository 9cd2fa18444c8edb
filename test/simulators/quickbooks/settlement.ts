import Big from 'big.js';
import { faults } from './apiFault';
import type { Company } from './company';
import { decimalOf, isDecimal, listOf, refId, rounded, sum, textOf, wire, type Fields } from './json';
import { keyOf, linksOf, settlements, type QuickBooksRecord } from './records';

const DOCUMENTS = new Set(['Invoice', 'CreditMemo', 'Bill', 'VendorCredit']);
export const isSettled = (entity: string): boolean => DOCUMENTS.has(entity);

const partyOf = (record: Fields): string => refId(record.CustomerRef) || refId(record.VendorRef);
const partyField = (entity: string): string => (entity === 'BillPayment' ? 'VendorRef' : 'CustomerRef');

/** Keeps of a payment's lines what counts: an amount and the one document it goes to. */
export function readPaymentLines(entity: string, sent: unknown): Fields[] {
  return listOf(sent).map((line) => {
    if (!isDecimal(line.Amount)) throw faults.required('Line.Amount');
    const linked = listOf(line.LinkedTxn);
    const [target] = linked;
    if (target === undefined || linked.length > 1)
      throw faults.cannotLink('A payment line links to one transaction');
    if (textOf(target.TxnId) === '') throw faults.required('Line.LinkedTxn.TxnId');
    if (textOf(target.TxnType) === '') throw faults.required('Line.LinkedTxn.TxnType');
    const { debits, credits } = settlements[entity] ?? { debits: [], credits: [] };
    if (![...debits, ...credits].includes(textOf(target.TxnType))) {
      throw faults.cannotLink(`A ${entity} cannot be linked to a ${textOf(target.TxnType)}`);
    }
    return {
      Amount: wire(decimalOf(line.Amount)),
      LinkedTxn: [{ TxnId: textOf(target.TxnId), TxnType: textOf(target.TxnType) }],
    };
  });
}

function totals(entity: string, lines: readonly Fields[]): { debits: Big; credits: Big } {
  const { credits } = settlements[entity] ?? { credits: [] as readonly string[] };
  const amountOf = (wanted: boolean) =>
    sum(
      lines
        .filter((line) => credits.includes(textOf(listOf(line.LinkedTxn)[0]?.TxnType)) === wanted)
        .map((line) => decimalOf(line.Amount)),
    );
  return { debits: amountOf(false), credits: amountOf(true) };
}

const unappliedOf = (entity: string, total: Big, lines: readonly Fields[]): Big => {
  const { debits, credits } = totals(entity, lines);
  return total.minus(debits).plus(credits);
};

/** Refuses links to what does not exist, belongs to somebody else, or is not open for that much. */
export function checkPayment(
  company: Company,
  entity: string,
  record: Fields,
  before: QuickBooksRecord | undefined,
) {
  const wanted = new Map<string, { type: string; id: string; amount: Big }>();
  for (const link of linksOf(entity, record)) {
    if (link.amount.lt(0)) throw faults.business('The amount of a line cannot be negative', 'Line.Amount');
    const key = keyOf(link.type, link.id);
    wanted.set(key, { ...link, amount: link.amount.plus(wanted.get(key)?.amount ?? 0) });
  }
  for (const { type, id, amount } of wanted.values()) {
    const document = company.find(type, id);
    if (document === undefined) throw faults.cannotLink(`Transaction ${type} ${id} cannot be linked`);
    if (partyOf(document) !== refId(record[partyField(entity)])) {
      throw faults.customerReference(`${type} ${id} belongs to another customer or vendor`);
    }
    const own = before === undefined ? '' : keyOf(entity, before.Id);
    const others = company.indexes.appliedTo(type, id).filter(({ payment }) => payment !== own);
    const open = decimalOf(document.TotalAmt)
      .minus(decimalOf(document.Deposit))
      .minus(sum(others.map((share) => share.amount)));
    if (amount.gt(open)) {
      throw faults.business(
        `The amount ${amount.toString()} is more than what is open on ${type} ${id}`,
        'Line.Amount',
      );
    }
  }
  const total = decimalOf(record.TotalAmt);
  if (total.lt(0)) throw faults.business('The amount cannot be negative', 'TotalAmt');
  if (unappliedOf(entity, total, listOf(record.Line)).lt(0)) {
    throw faults.business('The amount applied is more than the amount received', 'TotalAmt');
  }
}

/** BillPayment has no such member. */
export function unappliedMember(entity: string, record: Fields): Fields {
  if (entity !== 'Payment') return {};
  return { UnappliedAmt: wire(unappliedOf(entity, decimalOf(record.TotalAmt), listOf(record.Line))) };
}

/** What is left of a document, and which payments it is linked to. */
export function openMembers(company: Company, entity: string, id: string, record: Fields): Fields {
  const shares = company.indexes.appliedTo(entity, id).filter(({ amount }) => amount.gt(0));
  const open = decimalOf(record.TotalAmt)
    .minus(decimalOf(record.Deposit))
    .minus(sum(shares.map(({ amount }) => amount)));
  const links = shares.map(({ payment }) => {
    const [type = '', paymentId = ''] = payment.split(':');
    const card = type === 'BillPayment' && company.find(type, paymentId)?.PayType === 'CreditCard';
    const linkType = type === 'BillPayment' ? (card ? 'BillPaymentCreditCard' : 'BillPaymentCheck') : type;
    return { TxnId: paymentId, TxnType: linkType };
  });
  const kept = listOf(record.LinkedTxn).filter((linked) => !/Payment/.test(textOf(linked.TxnType)));
  const balance = wire(rounded(open));
  return {
    LinkedTxn: [...kept, ...links],
    Balance: balance,
    ...(entity === 'CreditMemo' ? { RemainingCredit: balance } : {}),
  };
}

/** Follows a changed payment to its documents: Balance, SyncToken and LastUpdatedTime change there too. */
export function refreshDocuments(company: Company, keys: Iterable<string>, byApp: boolean): void {
  for (const key of new Set(keys)) {
    const [entity = '', id = ''] = key.split(':');
    const document = company.find(entity, id);
    if (document === undefined || !isSettled(entity)) continue;
    const open = openMembers(company, entity, id, document);
    const same =
      open.Balance === document.Balance &&
      JSON.stringify(open.LinkedTxn) === JSON.stringify(document.LinkedTxn ?? []);
    if (same) continue;
    company.replace(entity, document, { ...document, ...open });
    company.emit(entity, id, 'Update', byApp);
  }
}

export const documentKeys = (entity: string, record: Fields | undefined): string[] =>
  record === undefined ? [] : linksOf(entity, record).map(({ type, id }) => keyOf(type, id));

function reduce(lines: Fields[], matches: (type: string, id: string) => boolean, excess: Big): Fields[] {
  let left = excess;
  const kept: Fields[] = [];
  for (const line of [...lines].reverse()) {
    const target = listOf(line.LinkedTxn)[0];
    const amount = decimalOf(line.Amount);
    if (left.lte(0) || !matches(textOf(target?.TxnType), textOf(target?.TxnId))) {
      kept.push(line);
      continue;
    }
    const taken = amount.lt(left) ? amount : left;
    left = left.minus(taken);
    if (amount.gt(taken)) kept.push({ ...line, Amount: wire(amount.minus(taken)) });
  }
  return kept.reverse();
}

/** Takes money back from the payments of a document, newest first: it becomes unapplied. */
export function unapply(company: Company, entity: string, id: string, excess: Big, byApp: boolean): void {
  let left = excess;
  const touched: string[] = [];
  for (const { payment, amount } of company.indexes.appliedTo(entity, id).reverse()) {
    if (left.lte(0)) break;
    const taken = amount.lt(left) ? amount : left;
    left = left.minus(taken);
    const [type = '', paymentId = ''] = payment.split(':');
    const record = company.need(type, paymentId);
    let lines = reduce(listOf(record.Line), (t, i) => t === entity && i === id, taken);
    lines = rebalance(type, decimalOf(record.TotalAmt), lines);
    touched.push(...documentKeys(type, record));
    const next = { ...record, Line: lines };
    company.replace(type, record, { ...next, ...unappliedMember(type, next) });
    company.emit(type, paymentId, 'Update', byApp);
  }
  refreshDocuments(
    company,
    touched.filter((key) => key !== keyOf(entity, id)),
    byApp,
  );
}

/** Credits can only pay for debits, and debits need money: whichever is too much gives way. */
function rebalance(entity: string, total: Big, lines: Fields[]): Fields[] {
  const { credits: creditTypes } = settlements[entity] ?? { credits: [] as readonly string[] };
  const { debits, credits } = totals(entity, lines);
  const surplus = credits.minus(debits);
  if (surplus.gt(0)) return reduce(lines, (type) => creditTypes.includes(type), surplus);
  const lacking = debits.minus(credits).minus(total);
  return lacking.gt(0) ? reduce(lines, (type) => !creditTypes.includes(type), lacking) : lines;
}
