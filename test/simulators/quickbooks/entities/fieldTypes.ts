export type FieldKind =
  | 'text'
  | 'flag'
  | 'decimal'
  | 'integer'
  | 'date'
  | 'ref'
  | 'currency'
  | 'taxCode'
  | 'object'
  | 'lines'
  | 'links'
  | 'custom';

export interface FieldSpec {
  kind: FieldKind;
  required?: boolean;
  /** The server computes it; a value in a request is ignored, as clients echo whole records. */
  readOnly?: boolean;
  immutable?: boolean;
  max?: number;
  /** Characters that may not appear. */
  forbidden?: RegExp;
  email?: boolean;
  values?: readonly string[];
  /** Entities a reference may point to. */
  to?: readonly string[];
  accountTypes?: readonly string[];
  members?: FieldTable;
  list?: boolean;
  default?: unknown;
  /** False when a query may not filter or sort by it. */
  filter?: boolean;
  /** Kept by a full update that leaves it out. */
  sticky?: boolean;
}

export type FieldTable = Readonly<Record<string, FieldSpec>>;

type Extra = Partial<FieldSpec>;

export const text = (max: number, extra: Extra = {}): FieldSpec => ({ kind: 'text', max, ...extra });
export const flag = (extra: Extra = {}): FieldSpec => ({ kind: 'flag', ...extra });
export const decimal = (extra: Extra = {}): FieldSpec => ({ kind: 'decimal', ...extra });
export const integer = (extra: Extra = {}): FieldSpec => ({ kind: 'integer', ...extra });
export const date = (extra: Extra = {}): FieldSpec => ({ kind: 'date', ...extra });
export const choice = (values: readonly string[], extra: Extra = {}): FieldSpec => ({
  kind: 'text',
  values,
  ...extra,
});
export const ref = (to: string | readonly string[], extra: Extra = {}): FieldSpec => ({
  kind: 'ref',
  to: typeof to === 'string' ? [to] : to,
  ...extra,
});
export const account = (accountTypes: readonly string[], extra: Extra = {}): FieldSpec =>
  ref('Account', { ...(accountTypes.length > 0 ? { accountTypes } : {}), ...extra });
export const object = (members: FieldTable, extra: Extra = {}): FieldSpec => ({
  kind: 'object',
  members,
  ...extra,
});
export const computed = (kind: FieldKind): FieldSpec => ({ kind, readOnly: true });

export const currency: FieldSpec = { kind: 'currency', immutable: true, sticky: true };
export const taxCode: FieldSpec = { kind: 'taxCode' };

export const address: FieldSpec = object(
  {
    Id: text(30),
    Line1: text(500),
    Line2: text(500),
    Line3: text(500),
    Line4: text(500),
    Line5: text(500),
    City: text(255),
    Country: text(255),
    CountryCode: text(255),
    County: text(255),
    CountrySubDivisionCode: text(255),
    PostalCode: text(30),
    PostalCodeSuffix: text(30),
    Lat: text(30),
    Long: text(30),
    Tag: text(50),
    Note: text(4000),
  },
  { filter: false },
);

export const email: FieldSpec = object({
  Id: text(30),
  Address: text(100, { email: true }),
  Default: flag(),
  Tag: text(50),
});

export const phone: FieldSpec = object({
  Id: text(30),
  DeviceType: text(30),
  CountryCode: text(30),
  AreaCode: text(30),
  ExchangeCode: text(30),
  Extension: text(30),
  FreeFormNumber: text(30),
  Default: flag(),
  Tag: text(50),
});

export const webSite: FieldSpec = object({ Id: text(30), URI: text(1000), Default: flag(), Tag: text(50) });

export const memo: FieldSpec = object({ value: text(1000), id: text(30) }, { filter: false });

/** Letters of the webhook matrix: create, update, delete, merge, void. */
export type EventLetters = string;

export interface EntitySpec {
  name: string;
  /** Name-list objects are made inactive; transactions are deleted; there is one of each singleton. */
  kind: 'list' | 'transaction' | 'singleton';
  can: { create?: boolean; update?: boolean; delete?: boolean };
  /** How the API spells a void for this entity. */
  void?: 'operation' | 'include';
  events: EventLetters;
  cdc: 'yes' | 'no' | 'unconfirmed';
  nameField?: 'DisplayName' | 'Name';
  /** Entities that may not share a name with this one; the owner in the refusal. */
  nameSpace?: string;
  lines?: readonly string[];
  fields: FieldTable;
}
