import Big from 'big.js';

/**
 * Exact decimals as strings. The normal form has no exponent, no plus sign, no trailing zeros and no `-0`,
 * so two equal amounts are always equal strings. Nothing here passes through a float.
 */
export type Decimal = string;

/** A calculator of our own, so that no other user of big.js in the process can change our rounding. */
const Exact = Big();
Exact.DP = 20;
Exact.RM = Exact.roundHalfUp;

const PLAIN = /^-?\d+(\.\d+)?$/;
/** Most amounts come in normal form, and there are thousands in a document. */
const NORMAL = /^(?:0|-?(?:[1-9]\d*(?:\.\d*[1-9])?|0\.\d*[1-9]))$/;
/** More digits than any ledger carries; longer input is a mistake or an attack. */
const MAX_DIGITS = 40;

/** The normal form of a decimal string, or null when the text is not a plain decimal. */
export function normalizeDecimal(text: string): Decimal | null {
  if (text.length > MAX_DIGITS || !PLAIN.test(text)) return null;
  return NORMAL.test(text) ? text : new Exact(text).toFixed().replace(/^-0$/, '0');
}

/** a + b + ..., exact. */
export function addDecimals(...values: Decimal[]): Decimal {
  return values.reduce((sum, value) => sum.plus(value), new Exact(0)).toFixed();
}

/** a - b, exact. */
export function subtractDecimals(a: Decimal, b: Decimal): Decimal {
  return new Exact(a).minus(b).toFixed();
}

/** a x b rounded half up (away from zero) to `places`: the rounding rule of every supported ledger. */
export function multiplyDecimals(a: Decimal, b: Decimal, places: number): Decimal {
  return new Exact(a).times(b).round(places).toFixed();
}

/** Negative, zero or positive as a is below, equal to or above b. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  return new Exact(a).cmp(b);
}

/** Rounded half up (away from zero) to `places`. */
export function roundDecimal(value: Decimal, places: number): Decimal {
  return new Exact(value).round(places).toFixed();
}
