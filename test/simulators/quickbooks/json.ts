import Big from 'big.js';

/** A JSON object whose members have not been looked at yet. */
export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

export const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export const isDecimal = (value: unknown): boolean =>
  (typeof value === 'number' && Number.isFinite(value)) ||
  (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value.trim()));

/** An amount as an exact decimal; anything that is not a number counts as nothing. */
export const decimalOf = (value: unknown): Big =>
  isDecimal(value) ? new Big(String(value).trim()) : new Big(0);

export const rounded = (value: Big, places = 2): Big => value.round(places, Big.roundHalfUp);

/** The JSON number the API answers for a decimal. */
export const wire = (value: Big, places = 2): number => Number(rounded(value, places).toString());

export const sum = (values: readonly Big[]): Big =>
  values.reduce((total, value) => total.plus(value), new Big(0));

/** The id inside a `{value, name}` reference, or an empty string. */
export const refId = (value: unknown): string => textOf(fieldsOf(value).value);

/** Leaves out members that are undefined, so that they are absent on the wire. */
export function compact<T extends Fields>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
