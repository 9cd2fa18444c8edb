import type { Company } from './company';
import { entitySpec } from './entities';
import type { FieldSpec, FieldTable } from './entities/fieldTypes';
import { detailMember, lineDetails, lineMembers } from './entities/lineDetails';
import { isFields, textOf, wire, type Fields } from './json';
import type { QuickBooksRecord } from './records';

const CURRENCY_NAMES: Readonly<Record<string, string>> = {
  USD: 'United States Dollar',
  CAD: 'Canadian Dollar',
  GBP: 'British Pound Sterling',
  EUR: 'Euro',
  AUD: 'Australian Dollar',
};

const lineTable: FieldTable = {
  ...lineMembers,
  ...Object.fromEntries(
    Object.entries(lineDetails).map(([type, members]) => [
      detailMember(type),
      { kind: 'object', members } as FieldSpec,
    ]),
  ),
};

function named(company: Company, field: FieldSpec, value: Fields): Fields {
  const id = textOf(value.value);
  const targets = field.kind === 'taxCode' ? ['TaxCode'] : (field.to ?? []);
  const name =
    field.kind === 'currency'
      ? (CURRENCY_NAMES[id] ?? id)
      : targets.map((entity) => company.nameOf(entity, id)).find((found) => found !== undefined);
  return name === undefined ? { value: id } : { value: id, name };
}

function presentMember(company: Company, field: FieldSpec | undefined, value: unknown): unknown {
  if (field === undefined) return value;
  if (field.kind === 'lines' && Array.isArray(value)) {
    return value.map((line) => (isFields(line) ? presentMembers(company, lineTable, line) : line));
  }
  if (!isFields(value)) {
    if (Array.isArray(value) && field.kind === 'object') {
      return value.map((member) =>
        isFields(member) ? presentMembers(company, field.members ?? {}, member) : member,
      );
    }
    return value;
  }
  if (field.kind === 'ref' || field.kind === 'currency' || field.kind === 'taxCode')
    return named(company, field, value);
  if (field.kind === 'object') return presentMembers(company, field.members ?? {}, value);
  return value;
}

function presentMembers(company: Company, table: FieldTable, record: Fields): Fields {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, presentMember(company, table[name], value)]),
  );
}

/** Balances of customers and vendors follow their documents and do not count as a write. */
function balances(company: Company, entity: string, id: string): Fields {
  if (entity !== 'Customer' && entity !== 'Vendor') return {};
  const balance = wire(company.indexes.balance(entity, id));
  return entity === 'Customer' ? { Balance: balance, BalanceWithJobs: balance } : { Balance: balance };
}

/** The record as the API answers it: current names beside references, the markers of a full object. */
export function present(company: Company, entity: string, record: QuickBooksRecord): Fields {
  const members = presentMembers(company, entitySpec(entity).fields, record);
  const { Id, SyncToken, MetaData, ...rest } = members;
  return {
    ...rest,
    ...balances(company, entity, record.Id),
    domain: 'QBO',
    sparse: false,
    Id,
    SyncToken,
    MetaData,
  };
}
