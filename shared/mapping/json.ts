import Big from 'big.js';
import { normalizeDecimal, type Decimal } from '../schema/money';

/** JSON whose numbers keep the text they were written with. */
export type Json = null | boolean | string | JsonNumber | Json[] | JsonObject;
export interface JsonObject {
  [member: string]: Json;
}

/** Exponents beyond this are no amount of anything; expanding them would fill the memory. */
const MAX_EXPONENT = 30;
const NUMBER = /^-?\d+(\.\d+)?([eE]([+-]?\d+))?$/;

/** `JSON.rawJSON` (Node 21) writes a number's text as it is; TypeScript's library does not know it yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** A number of a JSON document, as text: nothing here passes through a float. */
export class JsonNumber {
  constructor(readonly text: string) {}

  toJSON(): unknown {
    return rawJSON(this.text);
  }

  /** The exact value in normal form, or null when it has more digits than any ledger carries. */
  toDecimal(): Decimal | null {
    const parts = NUMBER.exec(this.text);
    if (!parts || Math.abs(Number(parts[3] ?? '0')) > MAX_EXPONENT) return null;
    return normalizeDecimal(parts[2] === undefined ? this.text : new Big(this.text).toFixed());
  }
}

function keepText(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' ? new JsonNumber(context?.source ?? String(value)) : value;
}

/** No document of any ledger is nested deeper; whoever walks through it calls itself once for each level. */
const MAX_DEPTH = 200;

/** Throws SyntaxError as JSON.parse does, and for what is nested deeper than any document. */
export function parseJson(text: string): Json {
  refuseDeep(text);
  return JSON.parse(text, keepText as (key: string, value: unknown) => unknown) as Json;
}

/** Brackets in strings are none. One look at each character, before anything is made of them. */
function refuseDeep(text: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
    if (depth > MAX_DEPTH) throw new SyntaxError(`JSON is nested deeper than ${MAX_DEPTH} levels`);
  }
}

const [QUOTE, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x22, 0x7b, 0x7d, 0x5b, 0x5d];

function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    at = text.indexOf('"', at);
    if (at < 0) return text.length;
    let backslashes = 0;
    while (text[at - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return at;
  }
}

export function formatJson(value: Json): string {
  return JSON.stringify(value);
}

export function isJsonObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
  );
}

/** The objects of an array; anything else in it, or anything else altogether, is left out. */
export function objectsOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** A deep copy that may be changed freely. */
export function copyJson<T extends Json>(value: T): T;
export function copyJson(value: Json): Json {
  if (Array.isArray(value)) return value.map((element) => copyJson(element));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copyJson(member)]));
}

/** Numbers are equal by value (`1.50` is `1.5`), everything else by content. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (a instanceof JsonNumber && b instanceof JsonNumber) {
    const value = a.toDecimal();
    return a.text === b.text || (value !== null && value === b.toDecimal());
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((element, index) => sameJson(element, b[index]));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && sameJson(a[name], b[name]))
  );
}

/** The exact decimal that a wire value is, or null when it is none. */
export function decimalOf(value: unknown): Decimal | null {
  if (value instanceof JsonNumber) return value.toDecimal();
  // A copy that went through plain JSON holds plain numbers; their shortest text is what was written.
  if (typeof value === 'number' || typeof value === 'string')
    return new JsonNumber(String(value)).toDecimal();
  return null;
}

/** What stands at a dotted path; undefined where any step of it is absent. */
export function valueAt(wire: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = wire;
  for (const name of path.split('.')) {
    if (!isJsonObject(value)) return undefined;
    value = value[name];
  }
  return value;
}

/** Sets a dotted path, making the objects on the way; what else they hold stays. */
export function setAt(wire: JsonObject, path: string, value: Json): void {
  const names = path.split('.');
  const last = names.pop() ?? path;
  let target = wire;
  for (const name of names) {
    const next = target[name];
    if (isJsonObject(next)) {
      target = next;
    } else {
      const made: JsonObject = {};
      target[name] = made;
      target = made;
    }
  }
  target[last] = value;
}
