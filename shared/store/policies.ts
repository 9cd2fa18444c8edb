import { sql } from 'kysely';
import { NotFoundError } from '../errors';
import type { Actor, PolicyChange, PolicyEdit, PolicyRule, PolicyScope, PolicyStore } from '../ports';
import { policyChanged } from './acts';
import { appendAudit, beginChain, STORE_CHAIN } from './audit';
import type { StoreContext } from './context';
import type { PolicyRow, Queries } from './database';
import { unknownConnection } from './queue/append';
import { within } from './within';
import { single } from './writer';

/** The connection id of rules for everybody, which is that of the store's own chain too. */
const ANY = STORE_CHAIN;
/** Stands in the column where a rule is about the documents of everybody. */
const EVERYBODY = '';

const idColumns = { connection_id: 'text' } as const;

interface EditInput {
  edit: PolicyEdit;
  by: Actor;
  now: number;
}

interface UndoInput {
  what: Parameters<PolicyStore['undo']>[0];
  act: Parameters<PolicyStore['undo']>[1];
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
 * Rules are rows that stay; the newest for a scope is in force, and each says which one took its place, so that
 * reading those in force does not take longer the longer their history is.
 */
export function createPolicyStore(context: StoreContext): PolicyStore {
  const set = single('policies', async ({ queries }, { edit, by, now }: EditInput) => {
    await begin(context, queries, edit.connectionId);
    return (await append(context, queries, { ...edit, by, at: now })).version;
  });
  const undo = single('policies', async ({ queries }, { what, act }: UndoInput) => {
    const { connectionId } = 'version' in what ? await changeNamed(queries, what.version) : what;
    await begin(context, queries, connectionId);
    const undone = 'version' in what ? await changeNamed(queries, what.version) : await lastOf(queries, what);
    const { by, now, reason, decidedBy } = act;
    return await append(context, queries, {
      ...(await ruleBefore(queries, undone)),
      ...(reason === undefined ? {} : { reason }),
      ...(decidedBy === undefined ? {} : { decidedBy }),
      by,
      at: now,
      undoes: undone.version,
    });
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
      return { version: rows[0]?.version ?? 0, rules: rows.flatMap((row) => ruleFromRow(row) ?? []) };
    },
    inForce: async (connectionId) => {
      const rows = await context.read(async (queries) => {
        const all = queries.selectFrom('policies').selectAll().where('replaced_by', 'is', null);
        const wanted =
          connectionId === undefined ? all : all.where('connection_id', 'in', [connectionId, ANY]);
        return await wanted.where('winner', 'is not', null).orderBy('version').execute();
      });
      return rows.map(changeFromRow);
    },
    set: async (edit, by, now) => await context.write(set, { edit, by, now }),
    undo: async (what, act) => await context.write(undo, { what, act }),
    history: async (connectionId, limit) => {
      const rows = await context.read(async (queries) => {
        const newest = async (id: string) =>
          await sql<PolicyRow>`
            select * from policies where ${within({ connection_id: id })}
            order by connection_id desc, version desc limit ${limit}`.execute(queries);
        const own = connectionId === ANY ? [] : (await newest(connectionId)).rows;
        return [...own, ...(await newest(ANY)).rows];
      });
      return rows
        .sort((a, b) => b.version - a.version)
        .slice(0, limit)
        .map(changeFromRow);
    },
  };
}

/** Nobody else changes a rule until this transaction is over. */
async function begin(context: StoreContext, queries: Queries, connectionId: string): Promise<void> {
  if (connectionId === ANY) await beginChain(context, queries, STORE_CHAIN);
  else await assertConnection(queries, connectionId);
  await context.dialect.lockTable(queries, 'policies');
}

async function append(
  context: StoreContext,
  queries: Queries,
  change: Omit<PolicyChange, 'version'>,
): Promise<PolicyChange> {
  const { connectionId, entity, field, counterparty = EVERYBODY, winner, by, at, undoes } = change;
  const before = await inForceFor(queries, change);
  const locked = change.locked && winner !== null ? 1 : 0;
  const { rows } = await sql<PolicyRow>`
    insert into policies (version, connection_id, entity, field, counterparty, winner, locked, reason, decided_by,
      undoes, set_by, set_at)
    select coalesce(max(version), 0) + 1, cast(${connectionId} as text), cast(${entity} as text),
      cast(${field} as text), cast(${counterparty} as text), cast(${winner} as text), cast(${locked} as bigint),
      cast(${change.reason ?? null} as text), cast(${change.decidedBy ?? null} as text),
      cast(${undoes ?? null} as bigint), cast(${by} as text), cast(${at} as bigint)
    from policies
    returning *`.execute(queries);
  const made = changeFromRow(rows[0]!);
  const { version } = made;
  if (before) {
    await queries
      .updateTable('policies')
      .set({ replaced_by: version })
      .where('version', '=', before.version)
      .execute();
  }
  const entry = policyChanged(made, { before, version, ...(undoes === undefined ? {} : { undoes }) }, by);
  await appendAudit(context, queries, [{ connectionId, at, entry }]);
  return made;
}

async function assertConnection(queries: Queries, id: string): Promise<void> {
  const row = await queries.selectFrom('connections').select('id').where('id', '=', id).executeTakeFirst();
  if (!row) throw unknownConnection(id);
}

/** The newest change of exactly this scope, be it one that takes the rule away. */
async function inForceFor(queries: Queries, scope: PolicyScope): Promise<PolicyChange | null> {
  const row = await rowsOf(queries, scope).where('replaced_by', 'is', null).executeTakeFirst();
  return row ? changeFromRow(row) : null;
}

const rowsOf = (queries: Queries, { connectionId, entity, field, counterparty = EVERYBODY }: PolicyScope) =>
  queries
    .selectFrom('policies')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('entity', '=', entity)
    .where('field', '=', field)
    .where('counterparty', '=', counterparty);

async function changeNamed(queries: Queries, version: number): Promise<PolicyChange> {
  const row = await queries
    .selectFrom('policies')
    .selectAll()
    .where('version', '=', version)
    .executeTakeFirst();
  if (row) return changeFromRow(row);
  throw new NotFoundError(`There is no change ${version} of a policy`, {
    nextStep: 'Look up the number with Policy: History.',
  });
}

async function lastOf(queries: Queries, scope: PolicyScope): Promise<PolicyChange> {
  const change = await inForceFor(queries, scope);
  if (change) return change;
  throw new NotFoundError('There never was a rule like that, so there is nothing to undo', {
    nextStep: 'Look the rule up with Policy: History.',
  });
}

/** What this change took the place of; no rule where it was the first. */
async function ruleBefore(queries: Queries, { version, ...change }: PolicyChange): Promise<PolicyEdit> {
  const row = await rowsOf(queries, change)
    .where('version', '<', version)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  const { winner = null, locked } = row ? changeFromRow(row) : {};
  return { ...scopeOf(change), winner, ...(locked ? { locked } : {}) };
}

const scopeOf = ({ connectionId, entity, field, counterparty }: PolicyScope): PolicyScope => ({
  connectionId,
  entity,
  field,
  ...(counterparty === undefined ? {} : { counterparty }),
});

/** Null where the row takes a rule away. */
function ruleFromRow(row: PolicyRow): PolicyRule | null {
  const { winner, locked, ...scope } = changeFromRow(row);
  return winner === null ? null : { ...scopeOf(scope), winner, ...(locked ? { locked } : {}) };
}

const changeFromRow = (row: PolicyRow): PolicyChange => ({
  connectionId: row.connection_id,
  entity: row.entity,
  field: row.field,
  ...(row.counterparty === EVERYBODY ? {} : { counterparty: row.counterparty }),
  winner: row.winner,
  ...(row.locked === 0 ? {} : { locked: true }),
  ...(row.reason === null ? {} : { reason: row.reason }),
  ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
  ...(row.undoes === null ? {} : { undoes: row.undoes }),
  version: row.version,
  by: row.set_by,
  at: row.set_at,
});
