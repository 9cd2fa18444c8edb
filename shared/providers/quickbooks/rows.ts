import { dateCodec, decimalCodec, flagCodec, referenceCodec, textCodec } from '../../mapping/codec';
import { isJsonObject, type JsonObject } from '../../mapping/json';
import { field, group, sameValue, type FieldRowOptions, type Row } from '../../mapping/row';

/** Amounts have two digits, prices seven, quantities five; what is longer is refused, not rounded. */
export const AMOUNT = decimalCodec(2);
export const PRICE = decimalCodec(7);
export const QUANTITY = decimalCodec(5);
export const EXCHANGE_RATE = decimalCodec(10);

/** Some members are there only in companies that use the feature. */
const FEATURE: FieldRowOptions = { absent: 'unknown' };

export const text = (path: string, wirePath: string, options?: FieldRowOptions) =>
  field(path, wirePath, textCodec(), options);
export const date = (path: string, wirePath: string) => field(path, wirePath, dateCodec());
export const flag = (path: string, wirePath: string) => field(path, wirePath, flagCodec(), FEATURE);
export const amount = (path: string, wirePath: string, options?: FieldRowOptions) =>
  field(path, wirePath, AMOUNT, options);
export const reference = (path: string, wirePath: string, entity: string, options?: FieldRowOptions) =>
  field(path, wirePath, referenceCodec(entity, 'value'), options);

/** Fixed with the customer or account; absent in companies with one currency. */
export const currency = () =>
  field('currency', 'CurrencyRef.value', textCodec(), { direction: 'create', absent: 'unknown' });
export const exchangeRate = () => field('exchangeRate', 'ExchangeRate', EXCHANGE_RATE, FEATURE);

/** Lines 4 and 5, and where the place is on the map, stay as they are. */
export const address = (path: string, wirePath: string) =>
  group(path, wirePath, [
    text('line1', 'Line1'),
    text('line2', 'Line2'),
    text('line3', 'Line3'),
    text('city', 'City'),
    text('region', 'CountrySubDivisionCode'),
    text('postalCode', 'PostalCode'),
    text('country', 'Country'),
  ]);

/** What the service appends to the name of an object that is made inactive, which frees the name. */
const DELETED_SUFFIX = / \(deleted(?: \d+)?\)$/;

export function ownName(wire: JsonObject, member: string): string | null {
  const name = wire[member];
  if (typeof name !== 'string' || name === '') return null;
  return wire.Active === false ? name.replace(DELETED_SUFFIX, '') : name;
}

/** The unique name of a name-list object, without what inactivity has put behind it. */
export function name(path: string, member: string): Row {
  return {
    path,
    direction: 'both',
    members: [],
    get: (wire) => ownName(wire, member) ?? undefined,
    put: (value, draft) => {
      draft[member] = typeof value === 'string' ? value : '';
    },
    agrees: sameValue,
  };
}

/** Stands above the name's row: making an object active again gives it its own name back. */
export function active(nameMember: string): Row {
  const row = flag('active', 'Active');
  return {
    ...row,
    put(value, draft, context) {
      const own = ownName(draft, nameMember);
      if (value === true && own !== null && own !== draft[nameMember]) draft[nameMember] = own;
      row.put(value, draft, context);
    },
  };
}

/** A parent in a tree; a flag beside the reference says that there is one. */
export function parent(path: string, entity: string, flagMember: string): Row {
  const row = reference(path, 'ParentRef', entity);
  return {
    ...row,
    put(value, draft, context) {
      row.put(value, draft, context);
      draft[flagMember] = isJsonObject(draft.ParentRef);
    },
  };
}
