/**
 * What text may hold everywhere: what every store gives back as it got it, and every ledger takes. PostgreSQL
 * keeps neither a NUL nor half a surrogate pair, SQLite turns the half into another character, and XML has none
 * of the control characters. Tab and line feed are text.
 */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/;
const CONTROLS = new RegExp(CONTROL.source, 'g');
/** Ids stand in keys, paths and addresses: no control character whatever, and no line break. */
const ANY_CONTROL = /\p{Cc}/u;
const ANY_CONTROLS = /\p{Cc}+/gu;

const REPLACEMENT = '\ufffd';

/** Line breaks are LF on our side. */
export const withLineFeeds = (text: string): string =>
  text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;

/** Whether every store gives the text back as it got it. A carriage return is none of ours: line breaks are LF. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !CONTROL.test(text);

export const isStorableId = (text: string): boolean => text.isWellFormed() && !ANY_CONTROL.test(text);

/**
 * The text with a replacement character where it cannot be stored. For what is read from elsewhere, which can
 * always be read; what somebody enters is refused instead.
 */
export const storable = (text: string): string =>
  isStorable(text) ? text : withLineFeeds(text).toWellFormed().replace(CONTROLS, REPLACEMENT);

/** For one line of a heading or a message. */
export const onOneLine = (text: string): string => text.toWellFormed().replace(ANY_CONTROLS, ' ').trim();

/** More of a value than this tells nobody more. */
const SHOWN = 100;

/** A value as an error may repeat it: short, on one line, and never a whole structure. */
export function shownValue(value: unknown): string {
  if (typeof value === 'string') {
    const cut = value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value;
    return `"${cut.toWellFormed().replace(/\p{Cc}/gu, escaped)}"`;
  }
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value).slice(0, SHOWN);
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * C0 and C1 controls, DEL, and the line and paragraph separators end a line or start an escape sequence of a
 * terminal; marks of direction make a text read otherwise than it is.
 */
const LINE_BREAKING = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Somebody else's text as it can be put into a line: it stays one line, and shows what is in it. */
export function escapeControls(text: string): string {
  return text.replace(LINE_BREAKING, (found) => NAMED[found] ?? escaped(found));
}

/** At most `length` characters; whoever reads it sees that there were more. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  // A pair of surrogates is one character.
  const end = /[\ud800-\udbff]/.test(text.charAt(length - 2)) ? length - 2 : length - 1;
  return `${text.slice(0, end)}…`;
}
