import { sql, type RawBuilder } from 'kysely';
import { ValidationError } from '../errors';
import type { Removed, RetentionDays, RetentionStore, Store } from '../ports';
import { daysChanged, storeCleanedUp } from './acts';
import { appendAudit, beginChain, STORE_CHAIN } from './audit';
import type { StoreContext } from './context';
import type { Queries } from './database';
import { parse } from './rows';
import { single } from './writer';

const DAY_MS = 86_400_000;

export const DEFAULT_DAYS: RetentionDays = {
  events: 90,
  intents: 90,
  conflicts: 400,
  decisionLinks: 90,
  appRecords: 400,
  usage: 400,
  audit: 730,
};

/**
 * The least that the sync needs. Change feeds look back 30 days and notifications are repeated for less: what tells
 * a repetition apart has to outlive them. Budgets are counted by the day, and reports by the month.
 */
export const LEAST_DAYS: RetentionDays = {
  events: 45,
  intents: 45,
  conflicts: 30,
  decisionLinks: 7,
  appRecords: 45,
  usage: 35,
  audit: 90,
};

/** A refused write is kept for longer: how often a write was refused is part of the key of the next attempt. */
const REFUSED_TIMES = 4;

const DAYS = 'retention_days';
const STARTED = 'clean_up_started';

type Kind = Exclude<keyof RetentionDays, 'audit'>;

export function createRetentionStore(context: StoreContext): RetentionStore {
  const daysOf = async (queries: Queries): Promise<RetentionDays> => {
    const row = await queries
      .selectFrom('store_settings')
      .select('value')
      .where('name', '=', DAYS)
      .executeTakeFirst();
    return { ...DEFAULT_DAYS, ...(row ? parse<Partial<RetentionDays>>(row.value) : {}) };
  };
  const act = async (queries: Queries, at: number, entry: ReturnType<typeof daysChanged>) => {
    await beginChain(context, queries, STORE_CHAIN);
    await appendAudit(context, queries, [{ connectionId: STORE_CHAIN, at, entry }]);
  };
  const setDays = single('settings', async ({ queries }, input: SetInput) => {
    const { patch, now, by } = input;
    const before = await daysOf(queries);
    const after = { ...before, ...patch };
    assertEnough(after);
    const value = JSON.stringify(after);
    await queries
      .insertInto('store_settings')
      .values({ name: DAYS, value, updated_at: now })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value, updated_at: now }))
      .execute();
    if (JSON.stringify(before) !== value) await act(queries, now, daysChanged(before, after, by));
    return after;
  });
  const begin = single('settings', async ({ queries }, { now, everyMs }: BeginInput) => {
    const { rows } = await sql<{ name: string }>`
      insert into store_settings (name, value, updated_at) values (${STARTED}, 'true', ${now})
      on conflict (name) do update set updated_at = excluded.updated_at
        where store_settings.updated_at <= excluded.updated_at - cast(${everyMs} as bigint)
          or store_settings.updated_at > excluded.updated_at
      returning name`.execute(queries);
    return rows.length > 0;
  });
  const removeSome = single('retention', async ({ queries }, { kind, now, limit }: RemoveInput) => {
    const days = await daysOf(queries);
    return await remove[kind](
      queries,
      now - days[kind] * DAY_MS,
      limit,
      now - days[kind] * REFUSED_TIMES * DAY_MS,
    );
  });
  const finish = single('settings', async ({ queries }, { removed, now, by }: FinishInput) => {
    await act(queries, now, storeCleanedUp(removed, by));
  });
  return {
    days: async () => await context.read(daysOf),
    setDays: async (patch, options) => await context.write(setDays, { patch, ...options }),
    begin: async (options) => await context.write(begin, options),
    removeSome: async (kind, options) => await context.write(removeSome, { kind, ...options }),
    finish: async (removed, options) => await context.write(finish, { removed, ...options }),
  };
}

type SetInput = { patch: Partial<RetentionDays> } & Parameters<RetentionStore['setDays']>[1];
type BeginInput = Parameters<RetentionStore['begin']>[0];
type RemoveInput = { kind: Kind } & Parameters<RetentionStore['removeSome']>[1];
type FinishInput = { removed: Removed } & Parameters<RetentionStore['finish']>[1];

function assertEnough(days: RetentionDays): void {
  for (const [kind, least] of Object.entries(LEAST_DAYS) as [keyof RetentionDays, number][]) {
    if (Number.isInteger(days[kind]) && days[kind] >= least) continue;
    throw new ValidationError(`The days to keep "${kind}" must be a whole number of at least ${least}`, {
      field: kind,
      nextStep: `Set it to ${least} or more; the default is ${DEFAULT_DAYS[kind]}.`,
    });
  }
}

/** The old rows of a table, by what the database knows its rows by; rows that somebody holds are left for next time. */
const remove: Readonly<
  Record<Kind, (queries: Queries, before: number, limit: number, longBefore: number) => Promise<number>>
> = {
  events: async (queries, before, limit) =>
    await deleted(
      queries,
      sql`delete from events where id in (
        select id from events where status = 'settled' and settled_at < ${before} order by settled_at limit ${limit})
        and status = 'settled'`,
    ),
  intents: async (queries, before, limit, longBefore) =>
    await deleted(
      queries,
      sql`delete from intents where key in (
        select key from intents where outcome is not null and settled_at < ${before}
          and (outcome <> 'refused' or settled_at < ${longBefore})
        order by settled_at limit ${limit}) and outcome is not null`,
    ),
  conflicts: async (queries, before, limit) =>
    await deleted(
      queries,
      sql`delete from conflicts where id in (
        select id from conflicts where status = 'closed' and closed_at < ${before} order by closed_at limit ${limit})
        and status = 'closed'`,
    ),
  decisionLinks: async (queries, before, limit) =>
    await deleted(
      queries,
      sql`delete from decision_links where token_hash in (
        select token_hash from decision_links where expires_at < ${before} order by expires_at limit ${limit})`,
    ),
  usage: async (queries, before, limit) =>
    await deleted(
      queries,
      sql`delete from usage where (connection_id, day, kind) in (
        select connection_id, day, kind from usage where day < ${new Date(before).toISOString().slice(0, 10)}
        order by day limit ${limit})`,
    ),
  appRecords: removeAppRecords,
};

/** A deletion that the ledger has not been told of yet is still news. */
async function removeAppRecords(queries: Queries, before: number, limit: number): Promise<number> {
  const { rows } = await sql<{ connection_id: string; entity: string; id: string }>`
    delete from app_records where (connection_id, entity, id) in (
      select r.connection_id, r.entity, r.id from app_records r
      where r.state = 'deleted' and r.updated_at < ${before} and not exists (
        select 1 from links l where l.app_id = r.id and l.entity = r.entity and l.connection_id = r.connection_id
          and l.base_state = 'live')
      order by r.updated_at limit ${limit}) and state = 'deleted'
    returning connection_id, entity, id`.execute(queries);
  for (const { connection_id, entity, id } of rows) {
    await queries
      .deleteFrom('app_record_keys')
      .where('connection_id', '=', connection_id)
      .where('entity', '=', entity)
      .where('record_id', '=', id)
      .execute();
  }
  return rows.length;
}

async function deleted(queries: Queries, statement: RawBuilder<unknown>): Promise<number> {
  const { numAffectedRows = 0n } = await statement.execute(queries);
  return Number(numAffectedRows);
}

const BATCH = 500;
const KINDS: readonly Kind[] = ['events', 'intents', 'conflicts', 'decisionLinks', 'appRecords', 'usage'];

/** What a run needs of the store. */
export type CleanableStore = Pick<Store, 'audit' | 'connections'> & { retention: RetentionStore };

/**
 * Removes what is older than it has to be kept, in small transactions, and lets others have their turn after each.
 * What was removed is in the store's own audit. Stops between two batches when told to.
 */
export async function cleanUp(
  store: CleanableStore,
  { now, by, rest, isOver = () => false }: CleanUpOptions,
): Promise<{ removed: Removed; broken: string[] }> {
  const removed: Removed = {
    events: 0,
    intents: 0,
    conflicts: 0,
    decisionLinks: 0,
    appRecords: 0,
    usage: 0,
    audit: 0,
  };
  const broken: string[] = [];
  for (const kind of KINDS) {
    for (let count = BATCH; count === BATCH && !isOver(); await rest()) {
      count = await store.retention.removeSome(kind, { now, limit: BATCH });
      removed[kind] += count;
    }
  }
  const before = now - (await store.retention.days()).audit * DAY_MS;
  // The store's own chain stays: it is short, and tells of connections that are there no more.
  for (const { id: chain } of await store.connections.list()) {
    for (let count = BATCH; count === BATCH && !isOver(); await rest()) {
      const { rows, isBroken } = await store.audit.archive(chain, { before, limit: BATCH });
      count = rows;
      removed.audit += rows;
      if (isBroken) broken.push(chain);
      if (isBroken) break;
    }
  }
  if (Object.values(removed).some((count) => count > 0)) await store.retention.finish(removed, { now, by });
  return { removed, broken };
}

export interface CleanUpOptions {
  now: number;
  by: Parameters<RetentionStore['finish']>[1]['by'];
  rest(): Promise<void>;
  isOver?(): boolean;
}
