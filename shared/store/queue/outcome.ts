import { sql } from 'kysely';
import type { EventOutcome } from '../../ports';
import type { StoreContext } from '../context';
import type { Queries } from '../database';
import type { HeldLink } from './fence';
import { retractNotices, type Notice } from './notices';
import type { SettleInput } from './settle';

interface OutcomeRow {
  id: string;
  status: string;
  counted: number;
  /** Null leaves it. */
  due_at: number | null;
  on_link_id: string | null;
  last_error: string | null;
  settled_at: number | null;
}

const columns = {
  id: 'text',
  status: 'text',
  counted: 'int',
  due_at: 'int',
  on_link_id: 'text',
  last_error: 'text',
  settled_at: 'int',
} as const;

/** What became of the claimed events, and of no others: what was appended since stays due. */
export async function applyOutcomes(
  context: StoreContext,
  queries: Queries,
  inputs: readonly SettleInput[],
  held: ReadonlyMap<string, HeldLink>,
): Promise<void> {
  const missed = await alreadySettled(context, queries, inputs, held);
  const rows = inputs.flatMap((input) => {
    const outcome = outcomeColumns(input.settlement.outcome, input.settlement.now, missed.has(input));
    return input.claim.events.map((event) => ({ id: event.id, ...outcome }));
  });
  if (rows.length === 0) return;
  await sql`
    update events set status = v.status, attempts = attempts + v.counted, due_at = coalesce(v.due_at, events.due_at),
      on_link_id = v.on_link_id, last_error = coalesce(v.last_error, events.last_error), settled_at = v.settled_at
    from ${context.dialect.rows(columns, rows)}
    where events.id = v.id`.execute(queries);
}

/** Records that have failed: people are told. */
export const failedRecords = (inputs: readonly SettleInput[]): Notice[] =>
  inputs.flatMap(({ claim: { link, events }, settlement: { outcome } }): Notice[] =>
    outcome.kind === 'dead' && events.length > 0
      ? [{ connectionId: link.connectionId, linkId: link.id, kind: 'failure' }]
      : [],
  );

const recoverColumns = { link_id: 'text', now: 'int' } as const;

/** Failed events of records that were compared and are in sync: settled by that. The events of each record. */
export async function recoverFailed(
  context: StoreContext,
  queries: Queries,
  inputs: readonly SettleInput[],
): Promise<Map<string, string[]>> {
  const compared = inputs.flatMap(({ claim, settlement: { outcome, now } }) =>
    outcome.kind === 'settled' && outcome.compared ? [{ link_id: claim.link.id, now }] : [],
  );
  if (compared.length === 0) return new Map();
  const { rows } = await sql<{ id: string; link_id: string }>`
    update events set status = 'settled', settled_at = v.now
    from ${context.dialect.rows(recoverColumns, compared)}
    where events.link_id = v.link_id and events.status = 'dead'
    returning events.id, events.link_id`.execute(queries);
  const recovered = new Map<string, string[]>();
  for (const { id, link_id } of rows) recovered.set(link_id, [...(recovered.get(link_id) ?? []), id].sort());
  await retractNotices(context, queries, { recovered: [...recovered.keys()] });
  return recovered;
}

function outcomeColumns(outcome: EventOutcome, now: number, missed: boolean): Omit<OutcomeRow, 'id'> {
  const none = { counted: 0, due_at: null, on_link_id: null, last_error: null, settled_at: null };
  switch (outcome.kind) {
    case 'settled':
      return { ...none, status: 'settled', settled_at: now };
    case 'held':
      return { ...none, status: 'held' };
    case 'retry':
      return {
        ...none,
        status: 'pending',
        counted: outcome.countAttempt ? 1 : 0,
        due_at: outcome.dueAt,
        last_error: JSON.stringify(outcome.error),
      };
    case 'waiting':
      return {
        ...none,
        status: missed ? 'pending' : 'waiting',
        counted: outcome.countAttempt ? 1 : 0,
        due_at: missed ? now : outcome.dueAt,
        on_link_id: missed ? null : outcome.onLinkId,
        last_error: JSON.stringify(outcome.error),
      };
    case 'dead':
      return { ...none, status: 'dead', last_error: JSON.stringify(outcome.error) };
  }
}

/**
 * Settlements that would wait for a record which has settled since they were claimed, or is gone: nobody would
 * wake them, so they look again at once.
 */
async function alreadySettled(
  { dialect }: StoreContext,
  queries: Queries,
  inputs: readonly SettleInput[],
  held: ReadonlyMap<string, HeldLink>,
): Promise<Set<SettleInput>> {
  const waits = inputs.flatMap((input) => {
    const { outcome } = input.settlement;
    return outcome.kind === 'waiting' ? [{ input, onLinkId: outcome.onLinkId }] : [];
  });
  if (waits.length === 0) return new Set();
  const { rows } = await sql<{ id: string; settled_at: number | null }>`
    select id, settled_at from links
    where id ${dialect.anyOf([...new Set(waits.map((wait) => wait.onLinkId))])}`.execute(queries);
  const settledAt = new Map(rows.map((row) => [row.id, row.settled_at]));
  const missed = waits.filter(({ input, onLinkId }) => {
    const at = settledAt.get(onLinkId);
    if (at === undefined) return true;
    return at !== null && at >= (held.get(input.claim.link.id)?.leased_at ?? Infinity);
  });
  return new Set(missed.map((wait) => wait.input));
}
