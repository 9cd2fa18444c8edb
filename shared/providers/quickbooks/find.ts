import type { Match, SideRecord } from '../../ports';
import type { Fields } from '../../schema/entity';
import { anyActive, type Condition } from './query';
import type { Resource } from './resources';

/** Name under which records of a name list are unique. */
const NAME_MEMBER: Readonly<Record<string, string>> = {
  Account: 'Name',
  Item: 'Name',
  Customer: 'DisplayName',
};

function idIn(fields: Fields, name: string): string | null {
  const value = fields[name];
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string'
    ? value.id
    : null;
}

function textIn(fields: Fields, name: string): string | null {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/**
 * Queries that together show every record that could be the one, by what the API can filter on; the marker in
 * the private note is not among that. The narrow one comes first, and the wide one is asked only when it finds
 * nothing: the company may give its own numbers.
 */
export function candidateQueries(resource: Resource, fields: Fields): Condition[][] {
  if (resource.kind === 'name_list') {
    const property = NAME_MEMBER[resource.name];
    const name = property === undefined ? null : textIn(fields, resource.mapping.entity.title);
    return property === undefined || name === null
      ? []
      : [[{ property, operator: '=', value: name }, anyActive]];
  }
  const customer = idIn(fields, 'customer');
  const number = textIn(fields, 'number');
  const date = textIn(fields, 'date');
  return [
    ...(number === null ? [] : [[{ property: 'DocNumber', operator: '=', value: number } as const]]),
    ...(customer === null
      ? []
      : [
          [
            { property: 'CustomerRef', operator: '=', value: customer } as const,
            ...(date === null ? [] : [{ property: 'TxnDate', operator: '=', value: date } as const]),
          ],
        ]),
  ];
}

/** What the candidates come to. `same` only by our own mark; a natural key on an unmarked record is a maybe. */
export function matchAmong(
  resource: Resource,
  records: readonly SideRecord[],
  fields: Fields,
  externalId: string,
): Match {
  const marked = records.filter((record) => record.externalId === externalId);
  const [same] = marked;
  if (same)
    return marked.length > 1 ? { kind: 'ambiguous', records: marked } : { kind: 'same', record: same };
  const alike = records.filter((record) => hasNaturalKey(resource, record, fields));
  const [candidate] = alike;
  if (!candidate) return { kind: 'none' };
  return alike.length > 1 ? { kind: 'ambiguous', records: alike } : { kind: 'candidate', record: candidate };
}

function hasNaturalKey(resource: Resource, record: SideRecord, fields: Fields): boolean {
  if (record.state !== 'live' || record.externalId !== undefined) return false;
  if (resource.kind === 'name_list') {
    // Accounts are unique below one parent only.
    return resource.entity !== 'account' || idIn(record.fields, 'parent') === idIn(fields, 'parent');
  }
  const key = resource.entity === 'payment' ? 'reference' : 'number';
  const value = textIn(fields, key);
  return (
    value !== null &&
    value === textIn(record.fields, key) &&
    idIn(record.fields, 'customer') === idIn(fields, 'customer')
  );
}
