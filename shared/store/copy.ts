import { sql, type Kysely, type RawBuilder } from 'kysely';
import { NotFoundError } from '../errors';
import { STORE_CHAIN } from './audit';
import type { StoreContext } from './context';
import type { Database } from './database';

/** Rows per step: each has some twenty values, and SQLite takes thirty thousand of them in one statement. */
const STEP = 500;
/** Who the general rules are for. */
const EVERY_CONNECTION = '*';

type Row = Record<string, unknown>;

/**
 * Copies what decides about the records of a connection: its links, what is under way or asked about them, the rules,
 * how far lists were read, and the app's records. What is over stays behind, and so does who works on what.
 */
export async function copyConnection(
  source: Pick<StoreContext, 'read' | 'dialect'>,
  target: Kysely<Database>,
  id: string,
): Promise<void> {
  const copy = new Copy(source.read, target);
  // A link may say that another one, which comes later, has taken its place.
  await sql`pragma foreign_keys = off`.execute(target);
  if ((await copy.all('connections', sql`id = ${id}`)).length === 0)
    throw new NotFoundError(`There is no connection ${id} in this store`);
  await copy.all('audit_heads', sql`connection_id in (${id}, ${STORE_CHAIN})`);
  await copy.all('policies', sql`connection_id in (${id}, ${EVERY_CONNECTION}) and replaced_by is null`);
  await copy.all('checkpoints', sql`connection_id = ${id}`);
  await copy.inSteps('links', id, ['id'], async (rows) => {
    const links = sql`link_id ${source.dialect.anyOf(rows.map((row) => row['id'] as string))}`;
    await copy.all('events', sql`${links} and status <> 'settled'`);
    await copy.all('intents', sql`${links} and outcome is null`);
    await copy.all('conflicts', sql`${links} and status <> 'closed'`);
  });
  await sql`update links set lease_owner = null, leased_at = null, lease_until = null`.execute(target);
  await copy.inSteps('app_records', id, ['entity', 'id']);
  await copy.inSteps('app_record_keys', id, ['entity', 'record_id', 'field']);
  await sql`pragma foreign_keys = on`.execute(target);
}

class Copy {
  constructor(
    private readonly read: StoreContext['read'],
    private readonly target: Kysely<Database>,
  ) {}

  /** The rows that meet a condition, which are few. */
  async all(table: keyof Database, condition: RawBuilder<unknown>): Promise<Row[]> {
    const { rows } = await this.read(
      async (queries) =>
        await sql<Row>`select * from ${sql.table(table)} where ${condition}`.execute(queries),
    );
    for (let from = 0; from < rows.length; from += STEP)
      await this.insert(table, rows.slice(from, from + STEP));
    return rows;
  }

  /** All rows of a connection in the order of a key, so that neither memory nor the event loop has to hold them at once. */
  async inSteps(
    table: keyof Database,
    connectionId: string,
    key: readonly string[],
    andThen: (rows: Row[]) => Promise<void> = async () => {},
  ): Promise<void> {
    const columns = sql.join(key.map((name) => sql.ref(name)));
    for (let after = key.map(() => ''), more = true; more; ) {
      const { rows } = await this.read(
        async (queries) =>
          await sql<Row>`
            select * from ${sql.table(table)}
            where connection_id = ${connectionId} and (${columns}) > (${sql.join(after)})
            order by ${columns} limit ${STEP}`.execute(queries),
      );
      await this.insert(table, rows);
      if (rows.length > 0) await andThen(rows);
      after = key.map((name) => rows.at(-1)?.[name] as string);
      more = rows.length === STEP;
      // SQLite answers without letting anybody else have a turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private async insert(table: keyof Database, rows: readonly Row[]): Promise<void> {
    if (rows.length > 0)
      await this.target
        .insertInto(table)
        .values(rows as never)
        .execute();
  }
}
