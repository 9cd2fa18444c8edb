import { sql } from 'kysely';
import { StoreError } from '../../errors';
import { isCurrent } from '../migrations/migrate';
import {
  checkPostgres,
  DEFAULT_SCHEMA,
  defaultLimits,
  describeLocation,
  type PostgresOptions,
} from '../options';
import { connectTo, openingError } from './open';

interface Rights {
  schema_is_there: boolean;
  may_create_schema: boolean;
  may_create_tables: boolean;
}

/**
 * Says what opening the store would do, and changes nothing: `ready`, it is there; `empty`, its tables would be made
 * in the schema; `missing`, the schema too. Throws the StoreError that opening would end with.
 */
export async function inspectPostgres(options: PostgresOptions): Promise<'ready' | 'empty' | 'missing'> {
  checkPostgres(options);
  const { user, database, schema = DEFAULT_SCHEMA } = options;
  const location = describeLocation(options);
  const { kysely, read } = connectTo({ ...options, maxConnections: 1 }, defaultLimits);
  try {
    const { rows } = await read(
      async (queries) =>
        await sql<Rights>`
          select n.oid is not null as schema_is_there,
            has_database_privilege(current_database(), 'create') as may_create_schema,
            coalesce(has_schema_privilege(n.oid, 'create') and has_schema_privilege(n.oid, 'usage'), false)
              as may_create_tables
          from (select 1) as one left join pg_namespace n on n.nspname = ${schema}`.execute(queries),
    );
    const { schema_is_there, may_create_schema, may_create_tables } = rows[0]!;
    if (schema_is_there && (await isCurrent(read, location))) return 'ready';
    if (schema_is_there && may_create_tables) return 'empty';
    if (!schema_is_there && may_create_schema) return 'missing';
    const right = schema_is_there ? `create tables in schema ${schema}` : `create schema ${schema}`;
    throw new StoreError(`The store at ${location} cannot be opened: user ${user} may not ${right}`, {
      nextStep: `Grant user ${user} the right to ${right} in database ${database}.`,
    });
  } catch (error) {
    throw openingError(error, options);
  } finally {
    await kysely.destroy();
  }
}
