import { sql, type RawBuilder } from 'kysely';

/**
 * Rows whose columns have these values, said as a range. A list of them in the order of these columns and then of
 * the id goes by the index that begins with them. Said as equalities, it could as well go by the primary key, which
 * a planner prefers when it takes the rows for frequent; and then it passes over all rows of everybody else.
 */
export function within(
  key: Readonly<Record<string, string>>,
  afterId?: string,
  beforeId?: string,
): RawBuilder<boolean> {
  const columns = sql.join(Object.keys(key).map((name) => sql.ref(name)));
  const values = sql.join(Object.values(key));
  const from =
    afterId === undefined
      ? sql`(${columns}) >= (${values})`
      : sql`(${columns}, id) > (${values}, ${afterId})`;
  const to =
    beforeId === undefined
      ? sql`(${columns}) <= (${values})`
      : sql`(${columns}, id) < (${values}, ${beforeId})`;
  return sql<boolean>`${from} and ${to}`;
}
