import { sql } from 'kysely';
import type { Columns, Dialect } from '../dialect';
import { faultOf } from '../errors';
import { auditGuards } from './auditGuards';

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

/** Serialization failure, deadlock, lock not available. */
const AGAIN = new Set(['40001', '40P01', '55P03']);
/** Unique and foreign keys. */
const RACES = new Set(['23505', '23503']);
const DISCONNECTED = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', '57P01', '57P02', '57P03']);

function isDisconnect(error: unknown): boolean {
  const { code, message } = faultOf(error);
  // pg gives a connection that ended under a query no code.
  return DISCONNECTED.has(code) || code.startsWith('08') || /^Connection terminated/.test(message);
}

export const postgresDialect: Dialect = {
  name: 'postgres',
  begin: 'begin',
  singleWriter: false,
  // "C" orders texts as SQLite does, byte by byte, and compares faster than a language's rules.
  ddl: { text: 'TEXT COLLATE "C"', int: 'BIGINT', suffix: '', auditGuards },
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
  isRace: (error) => RACES.has(faultOf(error).code),
  isDisconnect,
};
