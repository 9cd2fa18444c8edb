import { sql } from 'kysely';
import { StoreError } from '../../errors';
import type { Queries } from '../database';
import type { Dialect } from '../dialect';
import { migrations, type Migration } from './index';

/** The version that this store was written by; zero for an empty one. The table of migrations must be there. */
async function currentVersion(queries: Queries): Promise<number> {
  const { rows } = await sql<{
    version: number | null;
  }>`select max(version) as version from migrations`.execute(queries);
  return rows[0]?.version ?? 0;
}

/**
 * Brings the schema up to date, inside a transaction that the caller holds under a lock. A store of a newer
 * version is refused: this pack would not know what it means.
 */
export async function migrate(
  queries: Queries,
  options: { dialect: Dialect; location: string; now: number; steps?: readonly Migration[] },
): Promise<void> {
  const { dialect, location, now, steps = migrations } = options;
  const { text, int, suffix } = dialect.ddl;
  await sql
    .raw(
      `CREATE TABLE IF NOT EXISTS migrations (version ${int} PRIMARY KEY, name ${text} NOT NULL, applied_at ${int} NOT NULL)${suffix}`,
    )
    .execute(queries);
  const version = await currentVersion(queries);
  assertKnown(version, location, steps);
  for (const step of steps.filter((candidate) => candidate.version > version)) {
    for (const statement of step.statements(dialect.ddl)) await sql.raw(statement).execute(queries);
    await sql`insert into migrations (version, name, applied_at) values (${step.version}, ${step.name}, ${now})`.execute(
      queries,
    );
  }
}

/** Whether there is nothing to do, found without taking the lock. */
export async function isCurrent(
  read: <T>(query: (queries: Queries) => Promise<T>) => Promise<T>,
  location: string,
): Promise<boolean> {
  const version = await read(currentVersion).catch(() => 0);
  assertKnown(version, location, migrations);
  return version === migrations.at(-1)?.version;
}

function assertKnown(version: number, location: string, steps: readonly Migration[]): void {
  const known = steps.at(-1)?.version ?? 0;
  if (version <= known) return;
  throw new StoreError(
    `The store at ${location} was written by a newer version of this pack (store version ${version}, known is ${known})`,
    { nextStep: 'Update the pack on every n8n that uses this store.' },
  );
}
