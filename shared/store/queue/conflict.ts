import { sql } from 'kysely';
import type { Settlement } from '../../ports';
import type { StoreContext } from '../context';
import type { ConflictRow, Queries } from '../database';
import { retractNotices, type Notice } from './notices';
import type { SettleInput } from './settle';

const columns = {
  id: 'text',
  connection_id: 'text',
  link_id: 'text',
  entity: 'text',
  title: 'text',
  fields: 'text',
  record: 'text',
  app_version: 'text',
  ledger_version: 'text',
  policy_version: 'int',
  opened_at: 'int',
  refreshed_at: 'int',
} as const;

const closeColumns = { link_id: 'text', reason: 'text', now: 'int' } as const;

type Hold = Extract<Settlement['conflict'], { kind: 'hold' }>;

/** Opens, refreshes and closes the conflicts of links that are being settled. What is news for people. */
export async function applyConflicts(
  context: StoreContext,
  queries: Queries,
  inputs: readonly SettleInput[],
): Promise<Notice[]> {
  const holds = inputs.flatMap((input) =>
    input.settlement.conflict?.kind === 'hold' ? [{ input, hold: input.settlement.conflict }] : [],
  );
  const closes = inputs.flatMap(({ claim, settlement: { conflict, now } }) =>
    conflict?.kind === 'close' ? [{ link_id: claim.link.id, reason: conflict.reason, now }] : [],
  );
  if (closes.length > 0) await closeConflicts(context, queries, closes);
  return holds.length > 0 ? await holdConflicts(context, queries, holds) : [];
}

async function holdConflicts(
  { dialect, random }: StoreContext,
  queries: Queries,
  holds: { input: SettleInput; hold: Hold }[],
): Promise<Notice[]> {
  const { rows } = await sql<ConflictRow>`
    select * from conflicts
    where link_id ${dialect.anyOf(holds.map(({ input }) => input.claim.link.id))} and status <> 'closed'
    ${dialect.forUpdate}`.execute(queries);
  const current = new Map(rows.map((row) => [row.link_id, row]));
  const held = holds.map(({ input: { claim, settlement }, hold }) => {
    const before = current.get(claim.link.id);
    const content = {
      title: hold.title,
      fields: JSON.stringify(hold.fields),
      record: JSON.stringify(hold.record),
      app_version: hold.appVersion,
      ledger_version: hold.ledgerVersion,
      policy_version: hold.policyVersion,
    };
    return {
      ...content,
      id: before?.id ?? random.id(),
      connection_id: claim.link.connectionId,
      link_id: claim.link.id,
      entity: claim.link.entity,
      opened_at: before?.opened_at ?? settlement.now,
      refreshed_at: refreshedAt(before, content, settlement.now),
    };
  });
  const fresh = held.filter((row) => !current.has(row.link_id));
  const known = held.filter((row) => current.has(row.link_id));
  if (fresh.length > 0) {
    await sql`
      insert into conflicts (id, connection_id, link_id, entity, status, title, fields, record, app_version,
        ledger_version, policy_version, opened_at, refreshed_at)
      select v.id, v.connection_id, v.link_id, v.entity, 'open', v.title, v.fields, v.record,
        v.app_version, v.ledger_version, v.policy_version, v.opened_at, v.refreshed_at
      from ${dialect.rows(columns, fresh)}`.execute(queries);
  }
  if (known.length > 0) {
    await sql`
      update conflicts set status = 'open', resolution = null, title = v.title, fields = v.fields, record = v.record,
        app_version = v.app_version, ledger_version = v.ledger_version, policy_version = v.policy_version,
        refreshed_at = v.refreshed_at
      from ${dialect.rows(columns, known)} where conflicts.id = v.id`.execute(queries);
  }
  return held
    .filter(({ link_id, refreshed_at }) => current.get(link_id)?.refreshed_at !== refreshed_at)
    .map(({ connection_id, link_id }) => ({
      connectionId: connection_id,
      linkId: link_id,
      kind: 'conflict',
    }));
}

/**
 * A person's answer is refused when this has moved since they looked. It always moves when what they saw has
 * changed, even within one millisecond, and stays when the same conflict was only found again.
 */
function refreshedAt(
  before: ConflictRow | undefined,
  content: Pick<
    ConflictRow,
    'title' | 'fields' | 'record' | 'app_version' | 'ledger_version' | 'policy_version'
  >,
  now: number,
): number {
  if (!before) return now;
  const same = Object.entries(content).every(([name, value]) => before[name as keyof ConflictRow] === value);
  if (same && before.status === 'open') return before.refreshed_at;
  return Math.max(now, before.refreshed_at + 1);
}

/** What was held back by a closed conflict has been dealt with by whatever closed it. */
async function closeConflicts(
  context: StoreContext,
  queries: Queries,
  closes: { link_id: string; reason: string; now: number }[],
): Promise<void> {
  const { dialect } = context;
  await sql`
    update conflicts set status = 'closed', closed_at = v.now, close_reason = v.reason
    from ${dialect.rows(closeColumns, closes)}
    where conflicts.link_id = v.link_id and conflicts.status <> 'closed'`.execute(queries);
  await sql`
    update events set status = 'settled', settled_at = v.now
    from ${dialect.rows(closeColumns, closes)}
    where events.link_id = v.link_id and events.status = 'held'`.execute(queries);
  await retractNotices(context, queries, { closed: closes.map(({ link_id }) => link_id) });
}
