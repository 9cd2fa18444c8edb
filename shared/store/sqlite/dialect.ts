import { sql } from 'kysely';
import type { Columns, Dialect } from '../dialect';
import { faultOf } from '../errors';
import { auditGuards } from './auditGuards';
import { countEvents } from './countEvents';

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const nothing = sql``;
const tables = new WeakMap<object, string>();

/** `value ->> 'a' as "a", ...`, made once for each table of parameters. */
function selection(columns: object): string {
  let text = tables.get(columns);
  if (text === undefined) {
    text = Object.keys(columns)
      .map((name) => `value ->> '${name}' as "${name}"`)
      .join(', ');
    tables.set(columns, text);
  }
  return text;
}

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  singleWriter: true,
  ddl: { text: 'TEXT', int: 'INTEGER', suffix: ' STRICT', auditGuards, countEvents },
  rows: <T extends object>(columns: Columns<T>, values: readonly T[]) =>
    sql<T>`(select ${sql.raw(selection(columns))} from json_each(${JSON.stringify(values)})) as v`,
  anyOf: (values) => sql`in (select value from json_each(${JSON.stringify(values)}))`,
  forUpdate: nothing,
  skipLocked: nothing,
  greatest: (...values) => sql<number>`max(${sql.join(values)})`,
  lockTable: async () => {},
  isTransient: (error) => {
    const code = faultOf(error).errcode & 0xff;
    return code === SQLITE_BUSY || code === SQLITE_LOCKED;
  },
  isBlocked: () => false,
  impatient: null,
  isRace: () => false,
  isDisconnect: () => false,
};
