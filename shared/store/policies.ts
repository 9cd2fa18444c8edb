import { sql } from 'kysely';
import type { Actor, PolicyRule, PolicyStore, PolicyWinner } from '../ports';
import { policyChanged } from './acts';
import { appendAudit, beginChain, STORE_CHAIN } from './audit';
import type { StoreContext } from './context';
import type { PolicyRow, Queries } from './database';
import { unknownConnection } from './queue/append';
import { within } from './within';
import { single } from './writer';

/** The connection id of rules for everybody, which is that of the store's own chain too. */
const ANY = STORE_CHAIN;

const idColumns = { connection_id: 'text' } as const;

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
  const wanted = [...new Set([...connectionIds, ANY])].map((connection_id) => ({ connection_id }));
  const { rows } = await sql<{ connection_id: string; version: number | null }>`
    select v.connection_id, (
      select max(p.version) from policies p where p.connection_id = v.connection_id) as version
    from ${dialect.rows(idColumns, wanted)}`.execute(queries);
  const newest = new Map(rows.map((row) => [row.connection_id, row.version ?? 0]));
  return (connectionId) => Math.max(newest.get(connectionId) ?? 0, newest.get(ANY) ?? 0);
}

/**
 * Rules are rows that stay; the newest for a connection, entity and field is in force, and each says which one took
 * its place, so that reading those in force does not take longer the longer their history is.
 */
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
    await queries
      .updateTable('policies')
      .set({ replaced_by: version })
      .where('connection_id', '=', rule.connectionId)
      .where('entity', '=', rule.entity)
      .where('field', '=', rule.field)
      .where('replaced_by', 'is', null)
      .where('version', '<', version)
      .execute();
    const entry = policyChanged(rule, { before, after: rule.winner, version }, by);
    await appendAudit(context, queries, [{ connectionId: rule.connectionId, at: now, entry }]);
    return version;
  });
  return {
    load: async (connectionId) => {
      const rows = await context.read(
        async (queries) =>
          await queries
            .selectFrom('policies')
            .selectAll()
            .where('connection_id', 'in', [connectionId, ANY])
            .where('replaced_by', 'is', null)
            .orderBy('version', 'desc')
            .execute(),
      );
      // Nothing has replaced the newest of all, so it is among them, be it one that takes a rule away.
      const rules = rows.filter((row) => row.winner !== null).map(ruleFromRow);
      return { version: rows[0]?.version ?? 0, rules };
    },
    set: async (rule, by, now) => await context.write(set, { rule, by, now }),
    history: async (connectionId, limit) => {
      const rows = await context.read(async (queries) => {
        const newest = async (id: string) =>
          await sql<PolicyRow>`
            select * from policies where ${within({ connection_id: id })}
            order by connection_id desc, version desc limit ${limit}`.execute(queries);
        return [...(await newest(connectionId)).rows, ...(await newest(ANY)).rows];
      });
      return rows
        .sort((a, b) => b.version - a.version)
        .slice(0, limit)
        .map((row) => ({
          ...ruleFromRow(row),
          winner: row.winner,
          version: row.version,
          by: row.set_by,
          at: row.set_at,
        }));
    },
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
    .where('replaced_by', 'is', null)
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
