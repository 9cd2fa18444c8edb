import { faults } from './apiFault';
import { OTHER_USER, type Company } from './company';
import type { EntitySpec, FieldTable } from './entities/fieldTypes';
import { compact, decimalOf, fieldsOf, isFields, listOf, textOf, type Fields } from './json';
import { detailOf } from './lines';
import { detailMember } from './entities/lineDetails';
import { checkClosed, complete, withAddressIds } from './rules';
import { settlements, type QuickBooksRecord } from './records';
import {
  documentKeys,
  isSettled,
  openMembers,
  refreshDocuments,
  unapply,
  unappliedMember,
} from './settlement';
import { checkComplete, checkShape, isEmpty } from './validate';

export interface WriteContext {
  byApp: boolean;
  allowDuplicateDocNumber: boolean;
}

export const uiWrite: WriteContext = { byApp: false, allowDuplicateDocNumber: true };

/** What a client may set, as one record; values the server computes are left behind. */
function writable(table: FieldTable, body: Fields): Fields {
  const entries = Object.entries(body).filter(
    ([name, value]) => table[name] !== undefined && table[name].readOnly !== true && value !== undefined,
  );
  return Object.fromEntries(entries.map(([name, value]) => [name, coerce(table, name, value)]));
}

function coerce(table: FieldTable, name: string, value: unknown): unknown {
  const field = table[name];
  if (field?.kind === 'flag' && typeof value === 'string') return value === 'true';
  if ((field?.kind === 'decimal' || field?.kind === 'integer') && typeof value === 'string' && value !== '') {
    return Number(value);
  }
  if ((field?.kind === 'ref' || field?.kind === 'taxCode' || field?.kind === 'currency') && isFields(value)) {
    return { value: textOf(value.value) };
  }
  if (field?.kind === 'object' && isFields(value)) return writable(field.members ?? {}, value);
  return value;
}

function withoutEmpty(record: Fields): Fields {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => !isEmpty(value)));
}

function withDefaults(table: FieldTable, record: Fields): Fields {
  const defaults = Object.entries(table)
    .filter(([name, field]) => field.default !== undefined && record[name] === undefined)
    .map(([name, field]) => [name, field.default]);
  return { ...Object.fromEntries(defaults), ...record };
}

function checkNumber(
  company: Company,
  spec: EntitySpec,
  record: Fields,
  id: string,
  context: WriteContext,
): void {
  const number = textOf(record.DocNumber);
  if (number === '' || context.allowDuplicateDocNumber || !company.state.warnDuplicateDocNumber) return;
  const holder = company.indexes.holdersOfNumber(spec.name, number).find((other) => other !== id);
  if (holder !== undefined) throw faults.duplicateNumber(number, spec.name, holder);
}

export function createRecord(
  company: Company,
  spec: EntitySpec,
  body: Fields,
  context: WriteContext,
): QuickBooksRecord {
  return company.transaction(() => {
    if (spec.can.create !== true)
      throw faults.unsupportedOperation(`Operation create is not supported for ${spec.name}`);
    checkShape(company, spec, body);
    const sent = withDefaults(spec.fields, withoutEmpty(writable(spec.fields, body)));
    checkComplete(company, spec, sent, undefined);
    const record = complete({ company, spec, record: sent, body, before: undefined });
    checkNumber(company, spec, record, '', context);
    const id = company.nextId(spec.name);
    const opened = isSettled(spec.name)
      ? { ...record, ...openMembers(company, spec.name, id, record) }
      : record;
    const stored = company.insert(spec.name, id, withAddressIds(company, spec, compact(opened)));
    company.emit(spec.name, id, 'Create', context.byApp);
    afterWrite(company, spec, undefined, stored, context);
    return company.need(spec.name, id);
  });
}

/** The record an update, delete or void is about: it exists, and nobody changed it meanwhile. */
function locked(company: Company, spec: EntitySpec, body: Fields): QuickBooksRecord {
  const id = textOf(body.Id);
  if (id === '') throw faults.required('Id');
  if (body.SyncToken === undefined || body.SyncToken === null || body.SyncToken === '')
    throw faults.required('SyncToken');
  const before = company.need(spec.name, id);
  if (String(body.SyncToken) !== before.SyncToken) throw faults.stale(OTHER_USER);
  return before;
}

function checkDeposited(company: Company, spec: EntitySpec, id: string): void {
  if (company.indexes.isDeposited(spec.name, id)) throw faults.deposited();
}

/** A sparse update keeps what it does not mention; a full one clears every writable field it leaves out. */
function merged(spec: EntitySpec, before: QuickBooksRecord, body: Fields): Fields {
  const sent = writable(spec.fields, body);
  const sparse = body.sparse === true || body.sparse === 'true';
  const kept = Object.entries(before).filter(([name]) => {
    const field = spec.fields[name];
    return sparse || field === undefined || field.readOnly === true || field.sticky === true;
  });
  return withDefaults(spec.fields, withoutEmpty({ ...Object.fromEntries(kept), ...sent }));
}

function checkImmutable(spec: EntitySpec, before: QuickBooksRecord, record: Fields): void {
  for (const [name, field] of Object.entries(spec.fields)) {
    if (field.immutable !== true || before[name] === undefined) continue;
    const value = (member: unknown) => (isFields(member) ? textOf(member.value) : member);
    if (value(before[name]) !== value(record[name])) throw faults.business(`${name} cannot be changed`, name);
  }
}

export function updateRecord(
  company: Company,
  spec: EntitySpec,
  body: Fields,
  context: WriteContext,
): QuickBooksRecord {
  return company.transaction(() => {
    if (spec.can.update !== true)
      throw faults.unsupportedOperation(`Operation update is not supported for ${spec.name}`);
    checkShape(company, spec, body);
    const before = locked(company, spec, body);
    checkDeposited(company, spec, before.Id);
    const sent = merged(spec, before, body);
    checkImmutable(spec, before, sent);
    checkComplete(company, spec, sent, before);
    const record = complete({ company, spec, record: sent, body, before });
    if (record.DocNumber !== before.DocNumber) checkNumber(company, spec, record, before.Id, context);
    if (isSettled(spec.name)) {
      const applied = company.indexes.totalAppliedTo(spec.name, before.Id).plus(decimalOf(record.Deposit));
      const excess = applied.minus(decimalOf(record.TotalAmt));
      if (excess.gt(0)) unapply(company, spec.name, before.Id, excess, context.byApp);
    }
    const opened = isSettled(spec.name)
      ? { ...record, ...openMembers(company, spec.name, before.Id, record) }
      : record;
    const stored = company.replace(spec.name, before, withAddressIds(company, spec, compact(opened)));
    company.emit(spec.name, before.Id, 'Update', context.byApp);
    afterWrite(company, spec, before, stored, context);
    return company.need(spec.name, before.Id);
  });
}

/** Follows a write to the records that change with it. */
function afterWrite(
  company: Company,
  spec: EntitySpec,
  before: QuickBooksRecord | undefined,
  after: QuickBooksRecord | undefined,
  context: WriteContext,
): void {
  if (settlements[spec.name] !== undefined) {
    const keys = [...documentKeys(spec.name, before), ...documentKeys(spec.name, after)];
    refreshDocuments(company, keys, context.byApp);
  }
  if (spec.name === 'Invoice' && after !== undefined) convertEstimates(company, after, context);
  if (spec.kind === 'list' && before !== undefined && after !== undefined)
    renameChildren(company, spec, after);
}

function convertEstimates(company: Company, invoice: QuickBooksRecord, context: WriteContext): void {
  for (const linked of listOf(invoice.LinkedTxn).filter(({ TxnType }) => TxnType === 'Estimate')) {
    const estimate = company.find('Estimate', textOf(linked.TxnId));
    if (estimate === undefined)
      throw faults.cannotLink(`Transaction Estimate ${textOf(linked.TxnId)} cannot be linked`);
    if (listOf(estimate.LinkedTxn).some(({ TxnId }) => TxnId === invoice.Id)) continue;
    const links = [...listOf(estimate.LinkedTxn), { TxnId: invoice.Id, TxnType: 'Invoice' }];
    company.replace('Estimate', estimate, { ...estimate, TxnStatus: 'Closed', LinkedTxn: links });
    company.emit('Estimate', estimate.Id, 'Update', context.byApp);
  }
}

/** A new name shows in the full names of everything below it. */
function renameChildren(company: Company, spec: EntitySpec, parent: QuickBooksRecord): void {
  if (spec.fields.ParentRef === undefined) return;
  for (const child of company.all(spec.name)) {
    if (textOf(fieldsOf(child.ParentRef).value) !== parent.Id) continue;
    const own = textOf(child[spec.nameField ?? 'Name']);
    const full = `${textOf(parent.FullyQualifiedName)}:${own}`;
    if (child.FullyQualifiedName === full) continue;
    renameChildren(company, spec, company.replace(spec.name, child, { ...child, FullyQualifiedName: full }));
  }
}

export function deleteRecord(
  company: Company,
  spec: EntitySpec,
  body: Fields,
  context: WriteContext,
): Fields {
  return company.transaction(() => {
    if (spec.can.delete !== true)
      throw faults.unsupportedOperation(`Operation delete is not supported for ${spec.name}`);
    const before = locked(company, spec, body);
    checkDeposited(company, spec, before.Id);
    checkClosed(company, before);
    release(company, spec, before, context);
    company.remove(spec.name, before.Id);
    company.emit(spec.name, before.Id, 'Delete', context.byApp);
    afterWrite(company, spec, before, undefined, context);
    return { status: 'Deleted', domain: 'QBO', Id: before.Id };
  });
}

/** Payments of a document that goes away become unapplied. */
function release(company: Company, spec: EntitySpec, before: QuickBooksRecord, context: WriteContext): void {
  if (!isSettled(spec.name)) return;
  const applied = company.indexes.totalAppliedTo(spec.name, before.Id);
  if (applied.eq(0)) return;
  if (company.settings.deleteLinkedTransaction === 'refuse') {
    throw faults.business('The transaction has payments linked to it. Unlink them first.', 'LinkedTxn');
  }
  unapply(company, spec.name, before.Id, applied, context.byApp);
}

const zeroed = (line: Fields): Fields => {
  const member = detailMember(textOf(line.DetailType));
  const detail = { ...detailOf(line) };
  for (const name of ['Qty', 'UnitPrice', 'TaxInclusiveAmt', 'DiscountAmt', 'TaxAmount']) {
    if (detail[name] !== undefined) detail[name] = 0;
  }
  return { ...line, Amount: 0, ...(line[member] === undefined ? {} : { [member]: detail }) };
};

/** The record survives with every amount and quantity at zero. */
export function voidRecord(
  company: Company,
  spec: EntitySpec,
  body: Fields,
  context: WriteContext,
): QuickBooksRecord {
  return company.transaction(() => {
    if (spec.void === undefined)
      throw faults.unsupportedOperation(`Operation void is not supported for ${spec.name}`);
    const before = locked(company, spec, body);
    checkDeposited(company, spec, before.Id);
    checkClosed(company, before);
    release(company, spec, before, context);
    const note = textOf(before.PrivateNote);
    const paid = settlements[spec.name] !== undefined;
    const next: Fields = {
      ...before,
      PrivateNote: note === '' ? 'Voided' : note.startsWith('Voided') ? note : `Voided - ${note}`,
      Line: paid ? [] : listOf(before.Line).map(zeroed),
      LinkedTxn: [],
    };
    for (const name of [
      'TotalAmt',
      'HomeTotalAmt',
      'Balance',
      'HomeBalance',
      'RemainingCredit',
      'Deposit',
      'Amount',
    ]) {
      if (next[name] !== undefined) next[name] = 0;
    }
    if (next.TxnTaxDetail !== undefined) next.TxnTaxDetail = { TotalTax: 0 };
    const stored = company.replace(spec.name, before, { ...next, ...unappliedMember(spec.name, next) });
    company.emit(spec.name, before.Id, 'Void', context.byApp);
    afterWrite(company, spec, before, stored, context);
    return company.need(spec.name, before.Id);
  });
}
