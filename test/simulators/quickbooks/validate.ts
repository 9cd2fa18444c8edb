import { faults } from './apiFault';
import type { Company } from './company';
import { serverMembers } from './entities';
import type { EntitySpec, FieldSpec, FieldTable } from './entities/fieldTypes';
import { detailMember, lineDetails, lineMembers, linkedTxn } from './entities/lineDetails';
import { decimalOf, isDecimal, isFields, textOf, type Fields } from './json';

const EMAIL = /^[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** In a sparse update an explicit empty value clears a field. */
export const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === '' ||
  (isFields(value) && Object.keys(value).length === 0) ||
  (isFields(value) && 'value' in value && (value.value === '' || value.value === null));

export function isRealDate(value: string): boolean {
  const ms = DATE.test(value) ? Date.parse(`${value}T00:00:00Z`) : NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(value);
}

/** Checks the shape of a request body against its table: names, types, lengths and enumerations. */
export function checkShape(company: Company, spec: EntitySpec, body: Fields): void {
  checkMembers(company, spec.fields, body, '', serverMembers);
}

function checkMembers(
  company: Company,
  table: FieldTable,
  body: Fields,
  path: string,
  known?: ReadonlySet<string>,
): void {
  for (const [name, value] of Object.entries(body)) {
    if (known?.has(name) === true) continue;
    const field = table[name];
    if (field === undefined) {
      if (company.settings.unknownProperty === 'refuse') throw faults.unsupportedProperty(path + name);
      continue;
    }
    if (value !== null && value !== undefined) checkValue(company, field, value, path + name);
  }
}

function checkValue(company: Company, field: FieldSpec, value: unknown, path: string): void {
  if (field.readOnly === true) return;
  switch (field.kind) {
    case 'text':
      return checkText(field, value, path);
    case 'flag':
      if (typeof value !== 'boolean' && value !== 'true' && value !== 'false') throw badValue(path, value);
      return;
    case 'decimal':
      if (value !== '' && !isDecimal(value)) throw badValue(path, value);
      return;
    case 'integer':
      if (value !== '' && !(isDecimal(value) && decimalOf(value).mod(1).eq(0))) throw badValue(path, value);
      return;
    case 'date':
      if (value !== '' && !isRealDate(textOf(value).slice(0, 10))) throw badValue(path, value);
      return;
    case 'ref':
    case 'currency':
    case 'taxCode':
      if (!isFields(value) || (value.value !== null && typeof (value.value ?? '') !== 'string')) {
        throw badValue(path, value);
      }
      return;
    case 'object':
      return checkObject(company, field, value, path);
    case 'lines':
      return checkLines(company, value, path);
    case 'links':
      return checkLinks(company, value, path);
    case 'custom':
      return;
  }
}

function badValue(path: string, value: unknown) {
  return faults.badRequest(`Property Name:${path} has an invalid value: ${JSON.stringify(value)}`);
}

function checkText(field: FieldSpec, value: unknown, path: string): void {
  if (typeof value !== 'string') throw badValue(path, value);
  if (value === '') return;
  if (field.max !== undefined && value.length > field.max)
    throw faults.tooLong(path, field.max, value.length);
  if (field.values !== undefined && !field.values.includes(value)) throw faults.badEnum(path, value);
  if (field.email === true && !value.split(',').every((part) => EMAIL.test(part.trim()))) {
    throw faults.badEmail(path, value);
  }
  if (field.forbidden?.test(value) === true) {
    throw faults.business(`The name contains a character that is not allowed: ${value}`, path);
  }
}

function checkObject(company: Company, field: FieldSpec, value: unknown, path: string): void {
  if (field.list === true) {
    if (!Array.isArray(value)) throw badValue(path, value);
    return;
  }
  if (!isFields(value)) throw badValue(path, value);
  checkMembers(company, field.members ?? {}, value, `${path}.`);
}

function checkLinks(company: Company, value: unknown, path: string): void {
  if (!Array.isArray(value)) throw badValue(path, value);
  for (const linked of value) {
    if (!isFields(linked)) throw badValue(path, linked);
    checkMembers(company, linkedTxn, linked, `${path}.`);
  }
}

function checkLines(company: Company, value: unknown, path: string): void {
  if (!Array.isArray(value)) throw badValue(path, value);
  for (const line of value) {
    if (!isFields(line)) throw badValue(path, line);
    const members: Record<string, FieldSpec> = { ...lineMembers };
    for (const [type, table] of Object.entries(lineDetails)) {
      members[detailMember(type)] = { kind: 'object', members: table };
    }
    checkMembers(company, members, line, `${path}.`);
  }
}

/** Checks a complete record: what is required is there, and what it refers to exists and is active. */
export function checkComplete(
  company: Company,
  spec: EntitySpec,
  record: Fields,
  before: Fields | undefined,
): void {
  checkRequired(spec.fields, record, '');
  checkReferences(company, spec.fields, record, before ?? {}, '');
}

function checkRequired(table: FieldTable, record: Fields, path: string): void {
  for (const [name, field] of Object.entries(table)) {
    const value = record[name];
    const missing =
      value === undefined ||
      isEmpty(value) ||
      (field.kind === 'lines' && Array.isArray(value) && value.length === 0);
    if (field.required === true && missing) throw faults.required(path + name);
    if (field.kind === 'object' && field.list !== true && isFields(value) && !missing) {
      checkRequired(field.members ?? {}, value, `${path}${name}.`);
    }
  }
}

export function checkReferences(
  company: Company,
  table: FieldTable,
  record: Fields,
  before: Fields,
  path: string,
): void {
  for (const [name, field] of Object.entries(table)) {
    const value = record[name];
    if (!isFields(value) || field.readOnly === true) continue;
    const previous = isFields(before[name]) ? before[name] : {};
    if (field.kind === 'ref') {
      checkReference(company, field, textOf(value.value), textOf(previous.value), path + name);
    } else if (field.kind === 'taxCode') {
      checkTaxCode(company, textOf(value.value), path + name);
    } else if (field.kind === 'object' && field.list !== true) {
      checkReferences(company, field.members ?? {}, value, previous, `${path}${name}.`);
    }
  }
}

function checkReference(
  company: Company,
  field: FieldSpec,
  id: string,
  previousId: string,
  path: string,
): void {
  const found = (field.to ?? [])
    .map((entity) => company.find(entity, id))
    .find((record) => record !== undefined);
  if (found === undefined) throw faults.badReference(path, id);
  // A record may keep pointing at something that was made inactive since.
  if (found.Active === false && id !== previousId) {
    throw faults.inactiveReference(path, company.settings.inactiveReferenceCode);
  }
  if (field.accountTypes !== undefined && !field.accountTypes.includes(textOf(found.AccountType))) {
    throw faults.business(`${path} must be an account of type ${field.accountTypes.join(' or ')}`, path);
  }
}

function checkTaxCode(company: Company, id: string, path: string): void {
  if (company.isUs && (id === 'TAX' || id === 'NON')) return;
  const code = company.find('TaxCode', id);
  if (code === undefined) throw faults.badReference(path, id);
  if (code.Active === false) throw faults.inactiveReference(path, company.settings.inactiveReferenceCode);
}
