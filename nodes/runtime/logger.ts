import type { Logger as NodeLogger } from 'n8n-workflow';
import type { Logger } from '../../shared/ports';
import { cut, escapeControls } from '../../shared/schema/text';

type Fields = Record<string, unknown>;

/** Of one text, of one list, and of values inside one another: a log is no place for a whole answer. */
const MAX_TEXT = 2_000;
const MAX_ITEMS = 100;
const MAX_DEPTH = 6;

/**
 * n8n's logger as the core knows it, and the one way to the log for all of the pack: names, numbers and answers come
 * from customers, apps and providers, and none of them may begin a line of its own or speak to a terminal.
 */
export const nodeLogger = (logger: NodeLogger): Logger => ({
  debug: (message, fields) => logger.debug(...lineOf(message, fields)),
  info: (message, fields) => logger.info(...lineOf(message, fields)),
  warn: (message, fields) => logger.warn(...lineOf(message, fields)),
  error: (message, fields) => logger.error(...lineOf(message, fields)),
});

/** n8n prints the line without the fields, so the line itself says why. */
function lineOf(line: string, fields?: Fields): [line: string, fields?: Fields] {
  if (fields === undefined) return [textOf(line)];
  const { message, ...rest } = fields;
  const why = message ?? rest['reason'];
  return [textOf(typeof why === 'string' ? `${line}: ${why}` : line), membersOf(rest, MAX_DEPTH)];
}

/** Somebody else's text, as it may stand in a log or in an error that n8n prints. */
export const textOf = (text: string): string => cut(escapeControls(text.slice(0, 2 * MAX_TEXT)), MAX_TEXT);

function membersOf(fields: object, depth: number): Fields {
  const members = Object.entries(fields).slice(0, MAX_ITEMS);
  return Object.fromEntries(members.map(([name, value]) => [textOf(name), valueOf(value, depth - 1)]));
}

function valueOf(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return textOf(value);
  if (value instanceof Error) return textOf(`${value.name}: ${value.message}`);
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (typeof value !== 'object' || value === null) return value;
  if (depth <= 0) return '…';
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => valueOf(item, depth - 1));
  return membersOf(value, depth);
}
