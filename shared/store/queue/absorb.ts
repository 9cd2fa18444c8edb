import { sql } from 'kysely';
import { StaleVersionError, StoreError, type SyncError } from '../../errors';
import type { SideName } from '../../ports';
import type { StoreContext } from '../context';
import type { LinkRow, Queries } from '../database';
import { findBySide, refKey } from './append';
import type { HeldLink } from './fence';
import { moveNotices } from './notices';
import type { SettleInput } from './settle';

export interface Absorption {
  gone: string;
  target: string;
  now: number;
}

const columns = { gone: 'text', target: 'text', now: 'int' } as const;

/**
 * Which links go into which. Beside the one that a settlement names, a stub that an event has made for the
 * record's other side in the meantime goes too: the echo of a create often arrives before its settlement.
 * Settlements that would swallow a pair of its own are refused.
 */
export function planAbsorption(
  inputs: readonly SettleInput[],
  stubs: ReadonlyMap<SettleInput, readonly string[]>,
  held: ReadonlyMap<string, HeldLink>,
  refusals: Map<SettleInput, SyncError>,
): Absorption[] {
  const absorptions: Absorption[] = [];
  for (const input of inputs) {
    if (refusals.has(input)) continue;
    const { absorb, now } = input.settlement;
    const ids = new Set([...(absorb === undefined ? [] : [absorb]), ...(stubs.get(input) ?? [])]);
    const gone = [...ids].flatMap((id) => held.get(id) ?? []);
    const refused = gone.map((link) => refusalOf(input, link)).find(Boolean);
    if (refused) refusals.set(input, refused);
    else absorptions.push(...gone.map((link) => ({ gone: link.id, target: input.claim.link.id, now })));
  }
  return absorptions;
}

function refusalOf({ claim: { link } }: SettleInput, gone: HeldLink): SyncError | null {
  const related = gone.connection_id === link.connectionId && gone.entity === link.entity;
  const isFree = gone.app_id === null || gone.ledger_id === null || isOver(gone.base_state);
  if (related && isFree && gone.id !== link.id) return null;
  const what = `${link.entity} ${link.id} cannot take the place of link ${gone.id}`;
  if (related && gone.id !== link.id)
    return new StaleVersionError(`${what}, which has a record on both sides by now`, { entity: link.entity });
  return new StoreError(`${what}, which is of another kind`, { entity: link.entity });
}

/** Nothing is kept in step any more by a link like that. */
const isOver = (state: string | null): boolean => state !== null && state !== 'live';

/** Other links that have a side id which a settlement is about to set. */
export async function stubsInTheWay(
  context: StoreContext,
  queries: Queries,
  inputs: readonly SettleInput[],
): Promise<Map<SettleInput, string[]>> {
  const wanted = new Map<string, SettleInput>();
  const refs = inputs.flatMap((input) => {
    const { link: before } = input.claim;
    const { link } = input.settlement;
    return (['app', 'ledger'] as const).flatMap((side) => {
      const recordId = link?.[side].id ?? null;
      if (recordId === null || recordId === before[side].id) return [];
      const ref = { connectionId: before.connectionId, entity: before.entity, side, recordId };
      wanted.set(refKey(ref), input);
      return [ref];
    });
  });
  const stubs = new Map<SettleInput, string[]>();
  for (const [row, side] of await findBySide(context, queries, refs)) {
    const input = wanted.get(keyOf(row, side));
    if (input && row.id !== input.claim.link.id) stubs.set(input, [...(stubs.get(input) ?? []), row.id]);
  }
  return stubs;
}

const keyOf = (row: LinkRow, side: SideName): string =>
  refKey({ connectionId: row.connection_id, entity: row.entity, side, recordId: row[`${side}_id`] ?? '' });

/** Everything that belonged to the absorbed links moves; what their conflicts held back is looked at again. */
export async function absorbLinks(
  context: StoreContext,
  queries: Queries,
  absorptions: readonly Absorption[],
): Promise<void> {
  if (absorptions.length === 0) return;
  const { dialect } = context;
  const moved = dialect.rows(columns, absorptions);
  await sql`
    update events set link_id = v.target,
      due_at = case when status = 'held' then v.now else due_at end,
      status = case when status = 'held' then 'pending' else status end
    from ${moved} where events.link_id = v.gone`.execute(queries);
  await sql`update events set on_link_id = v.target from ${moved} where events.on_link_id = v.gone`.execute(
    queries,
  );
  await sql`update intents set link_id = v.target from ${moved} where intents.link_id = v.gone`.execute(
    queries,
  );
  await sql`
    update conflicts set link_id = v.target,
      closed_at = case when status = 'closed' then closed_at else v.now end,
      close_reason = case when status = 'closed' then close_reason else 'absorbed' end,
      status = 'closed'
    from ${moved} where conflicts.link_id = v.gone`.execute(queries);
  await sql`
    update decision_links set link_id = v.target from ${moved} where decision_links.link_id = v.gone`.execute(
    queries,
  );
  await sql`update links set replaced_by = v.target from ${moved} where links.replaced_by = v.gone`.execute(
    queries,
  );
  await moveNotices(context, queries, absorptions);
  await sql`delete from links where id ${dialect.anyOf(absorptions.map((row) => row.gone))}`.execute(queries);
}
