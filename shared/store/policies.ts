import { sql } from 'kysely';
import type { Actor, PolicyRule, PolicyStore, PolicyWinner } from '../ports';
import { policyChanged } from './acts';
import { appendAudit, beginChain, STORE_CHAIN } from './audit';
import type { StoreContext } from './context';
import type { PolicyRow, Queries } from './database';
import { unknownConnection } from './queue/append';
import { single } from './writer';

/** The connection id of rules for everybody, which is that of the store's own chain too. */
const ANY = STORE_CHAIN;

interface SetInput {
  rule: Parameters<PolicyStore['set']>[0];
  by: Actor;
  now: number;
}

/** The version that `load` gives for each of these connections, as this transaction sees it. */
export async function policyVersions(
  { dialect }: StoreContext,
  queries: Queries,
  connectionIds: readonly string[],
): Promise<(connectionId: string) => number> {
  const { rows } = await sql<Pick<PolicyRow, 'connection_id' | 'version'>>`
    select connection_id, max(version) as version from policies
    where connection_id ${dialect.anyOf([...new Set([...connectionIds, ANY])])}
    group by connection_id`.execute(queries);
  const newest = new Map(rows.map((row) => [row.connection_id, row.version]));
  return (connectionId) => Math.max(newest.get(connectionId) ?? 0, newest.get(ANY) ?? 0);
}

/** Rules are rows that are only ever added; the newest for a connection, entity and field is in force. */
export function createPolicyStore(context: StoreContext): PolicyStore {
  const set = single('policies', async ({ queries }, { rule, by, now }: SetInput) => {
    if (rule.connectionId === ANY) await beginChain(context, queries, STORE_CHAIN);
    else await assertConnection(queries, rule.connectionId);
    await context.dialect.lockTable(queries, 'policies');
    const before = await winnerOf(queries, rule);
    const { rows } = await sql<{ version: number }>`
      insert into policies (version, connection_id, entity, field, winner, set_by, set_at)
      select coalesce(max(version), 0) + 1, cast(${rule.connectionId} as text), cast(${rule.entity} as text),
        cast(${rule.field} as text), cast(${rule.winner} as text), cast(${by} as text), cast(${now} as bigint)
      from policies
      returning version`.execute(queries);
    const { version } = rows[0]!;
    const entry = policyChanged(rule, { before, after: rule.winner, version }, by);
    await appendAudit(context, queries, [{ connectionId: rule.connectionId, at: now, entry }]);
    return version;
  });
  const rowsOf = async (connectionId: string, limit?: number): Promise<PolicyRow[]> =>
    await context.read(async (queries) => {
      const query = queries
        .selectFrom('policies')
        .selectAll()
        .where('connection_id', 'in', [connectionId, ANY])
        .orderBy('version', 'desc');
      return await (limit === undefined ? query : query.limit(limit)).execute();
    });
  return {
    load: async (connectionId) => {
      const rows = await rowsOf(connectionId);
      const latest = new Map<string, PolicyRow>();
      for (const row of rows) {
        const key = JSON.stringify([row.connection_id, row.entity, row.field]);
        if (!latest.has(key)) latest.set(key, row);
      }
      const rules = [...latest.values()].filter((row) => row.winner !== null).map(ruleFromRow);
      return { version: rows[0]?.version ?? 0, rules };
    },
    set: async (rule, by, now) => await context.write(set, { rule, by, now }),
    history: async (connectionId, limit) =>
      (await rowsOf(connectionId, limit)).map((row) => ({
        ...ruleFromRow(row),
        winner: row.winner,
        version: row.version,
        by: row.set_by,
        at: row.set_at,
      })),
  };
}

async function assertConnection(queries: Queries, id: string): Promise<void> {
  const row = await queries.selectFrom('connections').select('id').where('id', '=', id).executeTakeFirst();
  if (!row) throw unknownConnection(id);
}

/** The rule in force for exactly this connection, entity and field. */
async function winnerOf(
  queries: Queries,
  { connectionId, entity, field }: Omit<PolicyRule, 'winner'>,
): Promise<PolicyWinner | null> {
  const row = await queries
    .selectFrom('policies')
    .select('winner')
    .where('connection_id', '=', connectionId)
    .where('entity', '=', entity)
    .where('field', '=', field)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.winner ?? null;
}

function ruleFromRow(row: PolicyRow): PolicyRule {
  return {
    connectionId: row.connection_id,
    entity: row.entity,
    field: row.field,
    // Null only in the history, where it says that the rule was taken away.
    winner: row.winner as PolicyWinner,
  };
}
