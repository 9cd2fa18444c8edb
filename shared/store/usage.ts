import { sql } from 'kysely';
import type { UsageStore } from '../ports';
import type { StoreContext } from './context';
import type { Columns } from './dialect';
import { single } from './writer';

interface UsageRow {
  connection_id: string;
  day: string;
  kind: string;
  calls: number;
}

const columns: Columns<UsageRow> = { connection_id: 'text', day: 'text', kind: 'text', calls: 'int' };

/** Counters of metered calls. */
export function createUsageStore(context: StoreContext): UsageStore {
  const add = single('usage', async ({ queries }, rows: UsageRow[]) => {
    await sql`
      insert into usage (connection_id, day, kind, calls)
      select v.connection_id, v.day, v.kind, v.calls from ${context.dialect.rows(columns, rows)} where true
      on conflict (connection_id, day, kind) do update set calls = usage.calls + excluded.calls`.execute(
      queries,
    );
  });
  return {
    add: async (connectionId, day, counts) => {
      const rows = Object.entries(counts)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([kind, calls]) => ({ connection_id: connectionId, day, kind, calls }));
      if (rows.length > 0) await context.write(add, rows);
    },
    get: async (connectionId, day) => {
      const rows = await context.read(
        async (queries) =>
          await queries
            .selectFrom('usage')
            .select(['kind', 'calls'])
            .where('connection_id', '=', connectionId)
            .where('day', '=', day)
            .execute(),
      );
      return Object.fromEntries(rows.map((row) => [row.kind, row.calls]));
    },
  };
}
