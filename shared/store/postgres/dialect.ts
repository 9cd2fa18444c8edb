import { sql } from 'kysely';
import type { Columns, Dialect } from '../dialect';
import { faultOf } from '../errors';
import { auditGuards } from './auditGuards';
import { countEvents } from './countEvents';

const tables = new WeakMap<object, string>();

/** `"a" text, "b" bigint, ...`, made once for each table of parameters. */
function declaration(columns: object): string {
  let text = tables.get(columns);
  if (text === undefined) {
    text = Object.entries(columns)
      .map(([name, type]) => `"${name}" ${type === 'int' ? 'bigint' : 'text'}`)
      .join(', ');
    tables.set(columns, text);
  }
  return text;
}

/** Serialization failure, deadlock, too many connections. */
const AGAIN = new Set(['40001', '40P01', '53300']);
/** A lock that was not given up, a statement that took too long (both by our own limits). */
const BLOCKED = new Set(['55P03', '57014']);
/** Unique and foreign keys. */
const RACES = new Set(['23505', '23503']);
/** Node's, and PostgreSQL's for servers that stop and for sessions that were idle for too long. */
const DISCONNECTED = new Set([
  ...['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['57P01', '57P02', '57P03', '57P05', '25P03', '25P04'],
]);
/** What pg says of connections that ended, or never began; it gives these no code. */
const ENDED =
  /^(Connection terminated|Client has encountered|Client was closed|timeout exceeded when trying)/;
const SILENT = /^Query read timeout/;

/** Whether an answer did not come in time: the connection swallows what is sent. */
export const isSilence = (error: unknown): boolean => SILENT.test(faultOf(error).message);

/** Whether the connection is of no use any more, so that whatever was under way on it may or may not have happened. */
export function isDisconnect(error: unknown): boolean {
  const { code, message } = faultOf(error);
  return DISCONNECTED.has(code) || code.startsWith('08') || ENDED.test(message) || SILENT.test(message);
}

export const postgresDialect: Dialect = {
  name: 'postgres',
  singleWriter: false,
  // "C" orders texts as SQLite does, byte by byte, and compares faster than a language's rules.
  ddl: { text: 'TEXT COLLATE "C"', int: 'BIGINT', suffix: '', auditGuards, countEvents },
  rows: <T extends object>(columns: Columns<T>, values: readonly T[]) =>
    sql<T>`json_to_recordset(${JSON.stringify(values)}::json) as v(${sql.raw(declaration(columns))})`,
  anyOf: (values) => sql`= any(${values}::text[])`,
  forUpdate: sql`for update`,
  skipLocked: sql`for update skip locked`,
  greatest: (...values) => sql<number>`greatest(${sql.join(values)})`,
  lockTable: async (queries, table) => {
    await sql`lock table ${sql.table(table)} in share row exclusive mode`.execute(queries);
  },
  isTransient: (error) => AGAIN.has(faultOf(error).code) || isDisconnect(error),
  isBlocked: (error) => BLOCKED.has(faultOf(error).code),
  impatient: sql`set local lock_timeout = '250ms'`,
  isRace: (error) => RACES.has(faultOf(error).code),
  isDisconnect,
};
