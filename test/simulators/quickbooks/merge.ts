import { faults } from './apiFault';
import type { Company } from './company';
import { entities } from './entities';
import type { EntitySpec } from './entities/fieldTypes';
import { isFields, type Fields } from './json';
import type { QuickBooksRecord } from './records';

function repoint(value: unknown, members: ReadonlySet<string>, from: string, to: string): unknown {
  if (Array.isArray(value)) return value.map((member) => repoint(member, members, from, to));
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) =>
      members.has(name) && isFields(member) && member.value === from
        ? [name, { value: to }]
        : [name, repoint(member, members, from, to)],
    ),
  );
}

/** Members by which other records may point at an entity. */
const REFERENCES: Readonly<Record<string, readonly string[]>> = {
  Customer: ['CustomerRef'],
  Vendor: ['VendorRef'],
  Item: ['ItemRef'],
  Employee: ['EmployeeRef'],
  Department: ['DepartmentRef'],
  PaymentMethod: ['PaymentMethodRef'],
  Account: [
    'AccountRef',
    'IncomeAccountRef',
    'ExpenseAccountRef',
    'AssetAccountRef',
    'ARAccountRef',
    'APAccountRef',
    'DepositToAccountRef',
    'BankAccountRef',
    'FromAccountRef',
    'ToAccountRef',
  ],
};

/** Merges two name-list objects as a user can: the removed one is gone, whatever used it now uses the other. */
export function mergeRecords(
  company: Company,
  spec: EntitySpec,
  keepId: string,
  removeId: string,
): QuickBooksRecord {
  return company.transaction(() => {
    if (!spec.events.includes('M'))
      throw faults.unsupportedOperation(`${spec.name} records cannot be merged`);
    const keep = company.need(spec.name, keepId);
    company.need(spec.name, removeId);
    const members = new Set(REFERENCES[spec.name] ?? []);
    for (const other of entities.keys()) {
      for (const record of company.all(other)) {
        const next = repoint(record, members, removeId, keepId) as Fields;
        if (JSON.stringify(next) === JSON.stringify(record)) continue;
        company.replace(other, record, next);
        company.emit(other, record.Id, 'Update', false);
      }
    }
    company.remove(spec.name, removeId);
    const kept = company.replace(spec.name, company.find(spec.name, keepId) ?? keep, keep);
    company.emit(spec.name, keepId, 'Merge', false, removeId);
    return kept;
  });
}
