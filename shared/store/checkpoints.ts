import { sql } from 'kysely';
import type { CheckpointStore } from '../ports';
import type { StoreContext } from './context';
import type { Queries } from './database';
import type { Columns } from './dialect';
import { parse } from './rows';
import { single } from './writer';

interface Checkpoint {
  connectionId: string;
  name: string;
  value: unknown;
  now: number;
}

interface Swap extends Checkpoint {
  from: unknown;
}

interface CheckpointRow {
  connection_id: string;
  name: string;
  value: string;
  updated_at: number;
}

const columns: Columns<CheckpointRow> = {
  connection_id: 'text',
  name: 'text',
  value: 'text',
  updated_at: 'int',
};

/** Of several values for one checkpoint the last one holds. */
export async function putCheckpoints(
  { dialect }: StoreContext,
  queries: Queries,
  checkpoints: readonly Checkpoint[],
): Promise<void> {
  if (checkpoints.length === 0) return;
  const rows = new Map<string, CheckpointRow>();
  for (const { connectionId, name, value, now } of checkpoints) {
    rows.set(JSON.stringify([connectionId, name]), {
      connection_id: connectionId,
      name,
      value: JSON.stringify(value ?? null),
      updated_at: now,
    });
  }
  await sql`
    insert into checkpoints (connection_id, name, value, updated_at)
    select v.connection_id, v.name, v.value, v.updated_at from ${dialect.rows(columns, [...rows.values()])}
    where true
    on conflict (connection_id, name) do update set value = excluded.value, updated_at = excluded.updated_at`.execute(
    queries,
  );
}

export function createCheckpointStore(context: StoreContext): CheckpointStore {
  const set = single('checkpoint', async ({ queries }, checkpoint: Checkpoint) => {
    await putCheckpoints(context, queries, [checkpoint]);
  });
  const swap = single('checkpoint', async ({ queries }, { connectionId, name, value, now, from }: Swap) => {
    const text = JSON.stringify(value ?? null);
    const { rows } =
      from === null
        ? await sql`
            insert into checkpoints (connection_id, name, value, updated_at)
            values (${connectionId}, ${name}, ${text}, ${now})
            on conflict (connection_id, name) do nothing returning name`.execute(queries)
        : await sql`
            update checkpoints set value = ${text}, updated_at = ${now}
            where connection_id = ${connectionId} and name = ${name} and value = ${JSON.stringify(from)}
            returning name`.execute(queries);
    return rows.length > 0;
  });
  return {
    get: async (connectionId, name) =>
      await context.read(async (queries) => {
        const row = await queries
          .selectFrom('checkpoints')
          .select('value')
          .where('connection_id', '=', connectionId)
          .where('name', '=', name)
          .executeTakeFirst();
        return row ? parse<unknown>(row.value) : null;
      }),
    set: async (connectionId, name, value, now) => {
      await context.write(set, { connectionId, name, value, now });
    },
    swap: async (connectionId, name, from, value, now) =>
      await context.write(swap, { connectionId, name, from, value, now }),
  };
}
