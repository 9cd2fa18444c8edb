import { faults } from './apiFault';
import type { Company } from './company';
import { entities } from './entities';
import type { EntitySpec, FieldSpec } from './entities/fieldTypes';
import { decimalOf, fieldsOf, isDecimal, isFields, textOf, type Fields } from './json';
import { present } from './present';
import { parseQuery, type Condition, type Query } from './queryParser';
import type { QuickBooksRecord } from './records';

type Kind = 'text' | 'number' | 'flag' | 'time';

interface Property {
  kind: Kind;
  read: (record: Fields) => unknown;
}

const UNFILTERABLE = new Set(['lines', 'links', 'custom']);

const SERVER_PROPERTIES: Readonly<Record<string, Property>> = {
  Id: { kind: 'number', read: (record) => record.Id },
  SyncToken: { kind: 'number', read: (record) => record.SyncToken },
  'MetaData.CreateTime': { kind: 'time', read: (record) => fieldsOf(record.MetaData).CreateTime },
  'MetaData.LastUpdatedTime': { kind: 'time', read: (record) => fieldsOf(record.MetaData).LastUpdatedTime },
};

function kindOf(field: FieldSpec): Kind {
  if (field.kind === 'flag') return 'flag';
  return field.kind === 'decimal' || field.kind === 'integer' ? 'number' : 'text';
}

function propertyOf(spec: EntitySpec, name: string): Property {
  const own = SERVER_PROPERTIES[name];
  if (own !== undefined) return own;
  const [first = '', second] = name.split('.');
  const field = spec.fields[first];
  const unknown = faults.queryInvalid(`Property ${name} not found for Entity ${spec.name}`);
  if (field === undefined || field.filter === false || UNFILTERABLE.has(field.kind)) throw unknown;
  if (field.kind === 'object') {
    // E-mails and phones are also compared by their one telling member.
    const member = second ?? (field.members?.Address !== undefined ? 'Address' : 'FreeFormNumber');
    if (field.members?.[member] === undefined) throw unknown;
    return { kind: kindOf(field.members[member]), read: (record) => fieldsOf(record[first])[member] };
  }
  if (second !== undefined) throw unknown;
  if (['ref', 'currency', 'taxCode'].includes(field.kind)) {
    return { kind: 'text', read: (record) => (isFields(record[first]) ? record[first].value : undefined) };
  }
  return { kind: kindOf(field), read: (record) => record[first] };
}

function comparable(kind: Kind, value: unknown): string | number | undefined {
  if (value === undefined || value === null) return undefined;
  if (kind === 'time') return Date.parse(textOf(value));
  if (kind === 'number') return isDecimal(value) ? decimalOf(value).toNumber() : undefined;
  if (kind === 'flag') return String(value);
  return String(value).toLowerCase();
}

function wanted(property: Property, name: string, value: string): string | number {
  const result = comparable(
    property.kind,
    property.kind === 'time' && value.length === 10 ? `${value}T00:00:00-08:00` : value,
  );
  if (result === undefined || Number.isNaN(result))
    throw faults.queryInvalid(`Invalid value ${value} for ${name}`);
  return result;
}

function like(pattern: string): RegExp {
  const parts = pattern.split('%').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'is');
}

function predicate(spec: EntitySpec, condition: Condition): (record: Fields) => boolean {
  const property = propertyOf(spec, condition.property);
  const { operator, values } = condition;
  if (operator === 'LIKE') {
    const pattern = like(values[0] ?? '');
    return (record) => pattern.test(String(property.read(record) ?? ''));
  }
  const targets = values.map((value) => wanted(property, condition.property, value));
  const [target = ''] = targets;
  return (record) => {
    const value = comparable(property.kind, property.read(record));
    if (value === undefined) return false;
    switch (operator) {
      case '=':
      case 'IN':
        return targets.includes(value);
      case '<':
        return value < target;
      case '>':
        return value > target;
      case '<=':
        return value <= target;
      case '>=':
        return value >= target;
    }
  };
}

function sorted(company: Company, spec: EntitySpec, query: Query, records: Fields[]): Fields[] {
  const rank = (record: Fields) => company.random.rank(`${spec.name}:${textOf(record.Id)}`);
  const keyed = records
    .map((record) => ({ record, rank: rank(record) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const unordered = keyed.map(({ record }) => record);
  if (query.order === undefined) return unordered;
  const property = propertyOf(spec, query.order.property);
  const sign = query.order.descending ? -1 : 1;
  const valueOf = (record: Fields) => comparable(property.kind, property.read(record));
  return unordered.sort((left, right) => {
    const [a, b] = [valueOf(left), valueOf(right)];
    if (a === b) return 0;
    if (a === undefined || b === undefined) return a === undefined ? -sign : sign;
    return a < b ? -sign : sign;
  });
}

function project(record: Fields, columns: readonly string[]): Fields {
  if (columns.length === 0) return record;
  const names = new Set(columns.map((column) => column.split('.')[0] ?? column));
  return Object.fromEntries(
    Object.entries(record).filter(([name]) => names.has(name) || ['domain', 'sparse', 'Id'].includes(name)),
  );
}

/** Runs a query and answers the content of `QueryResponse`; an empty result has no members at all. */
export function runQuery(company: Company, source: string): { entity: string; response: Fields } {
  const query = parseQuery(source);
  const spec = entities.get(query.entity);
  if (spec === undefined) throw faults.queryInvalid(`Invalid context declaration: ${query.entity}`);
  for (const column of query.columns)
    if (spec.fields[column.split('.')[0] ?? ''] === undefined) propertyOf(spec, column);
  const tests = query.where.map((condition) => predicate(spec, condition));
  const mentionsActive = query.where.some(({ property }) => property === 'Active');
  if (spec.fields.Active !== undefined && !mentionsActive) tests.push((record) => record.Active !== false);
  const needsBalance =
    query.where.some(({ property }) => property.startsWith('Balance')) ||
    query.order?.property.startsWith('Balance');
  const shown = (record: QuickBooksRecord) =>
    needsBalance === true ? present(company, spec.name, record) : record;
  const matching = company.all(spec.name).filter((record) => tests.every((test) => test(shown(record))));
  if (query.count) return { entity: spec.name, response: { totalCount: matching.length } };
  if (query.order !== undefined) propertyOf(spec, query.order.property);
  const page = sorted(company, spec, query, matching.map(shown)).slice(
    query.start - 1,
    query.start - 1 + query.max,
  );
  if (page.length === 0) return { entity: spec.name, response: {} };
  const rows = page.map((record) =>
    project(present(company, spec.name, company.need(spec.name, textOf(record.Id))), query.columns),
  );
  return {
    entity: spec.name,
    response: {
      [spec.name]: rows,
      startPosition: query.start,
      maxResults: rows.length,
      ...(company.settings.queryTotalCount ? { totalCount: matching.length } : {}),
    },
  };
}
