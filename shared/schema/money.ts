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
  const [left, right] = [unitsOf(a), unitsOf(b)];
  const units = left.units * right.units;
  return textOf(...rounded(units, left.places + right.places, places));
}

/** A document has thousands of products; whole numbers of the smallest unit are exact and quick. */
function unitsOf(decimal: Decimal): { units: bigint; places: number } {
  const point = decimal.indexOf('.');
  if (point < 0) return { units: BigInt(decimal), places: 0 };
  const units = BigInt(decimal.slice(0, point) + decimal.slice(point + 1));
  return { units, places: decimal.length - point - 1 };
}

function rounded(units: bigint, places: number, most: number): [units: bigint, places: number] {
  if (places <= most) return [units, places];
  const divisor = 10n ** BigInt(places - most);
  const half = units < 0n ? -divisor / 2n : divisor / 2n;
  return [(units + half) / divisor, most];
}

function textOf(units: bigint, places: number): Decimal {
  const digits = String(units < 0n ? -units : units).padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Negative, zero or positive as a is below, equal to or above b. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  return new Exact(a).cmp(b);
}

/** Rounded half up (away from zero) to `places`. */
export function roundDecimal(value: Decimal, places: number): Decimal {
  return new Exact(value).round(places).toFixed();
}
