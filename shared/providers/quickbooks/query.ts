/** A condition of a query; conditions are joined by AND, the language has no OR. */
export interface Condition {
  property: string;
  operator: '=' | 'IN' | '<' | '>' | '<=' | '>=' | 'LIKE';
  value: string | readonly (string | boolean)[];
}

export interface Query {
  from: string;
  where?: readonly Condition[];
  /** Without it the order is anybody's guess. */
  orderBy?: string;
  /** From 1. */
  start?: number;
  /** At most 1000; the service's own default is 100 and cuts off in silence. */
  max?: number;
}

export const MAX_RESULTS = 1000;
/** Longer statements are posted: URLs of some thousand characters are refused on the way. */
export const MAX_URL_STATEMENT = 1500;

function literal(value: string | boolean): string {
  return typeof value === 'boolean' ? String(value) : `'${value.replace(/[\\']/g, '\\$&')}'`;
}

function condition({ property, operator, value }: Condition): string {
  if (typeof value === 'string') return `${property} ${operator} ${literal(value)}`;
  return `${property} ${operator} (${value.map(literal).join(', ')})`;
}

/** The statement's text, with every value quoted and escaped. */
export function buildQuery({ from, where = [], orderBy, start = 1, max = MAX_RESULTS }: Query): string {
  return [
    `SELECT * FROM ${from}`,
    ...(where.length > 0 ? [`WHERE ${where.map(condition).join(' AND ')}`] : []),
    ...(orderBy === undefined ? [] : [`ORDERBY ${orderBy}`]),
    `STARTPOSITION ${start}`,
    `MAXRESULTS ${max}`,
  ].join(' ');
}

/** Name-list queries leave out what is inactive unless asked. */
export const anyActive: Condition = { property: 'Active', operator: 'IN', value: [true, false] };
