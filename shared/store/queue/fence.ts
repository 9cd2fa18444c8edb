import { sql } from 'kysely';
import { LeaseLostError } from '../../errors';
import type { Claim } from '../../ports';
import type { StoreContext } from '../context';
import type { LinkRow, Queries } from '../database';

/** The parts of a link that decide whether a write is let through, without its bulk. */
export type HeldLink = Pick<
  LinkRow,
  | 'id'
  | 'connection_id'
  | 'entity'
  | 'app_id'
  | 'ledger_id'
  | 'base_state'
  | 'fence'
  | 'lease_owner'
  | 'leased_at'
  | 'settled_at'
>;

/** Holds links until the end of the transaction, in one order for everybody. Those that are gone are missing. */
export async function holdLinks(
  { dialect }: StoreContext,
  queries: Queries,
  ids: readonly string[],
): Promise<Map<string, HeldLink>> {
  const { rows } = await sql<HeldLink>`
    select id, connection_id, entity, app_id, ledger_id, base_state, fence, lease_owner, leased_at, settled_at
    from links where id ${dialect.anyOf([...new Set(ids)])}
    order by id ${dialect.forUpdate}`.execute(queries);
  return new Map(rows.map((row) => [row.id, row]));
}

/** Null while the claim is still ours. An expired lease that nobody took over is ours. */
export function lostLease(claim: Claim, held: ReadonlyMap<string, HeldLink>): LeaseLostError | null {
  const link = held.get(claim.link.id);
  if (link && link.fence === claim.link.fence && link.lease_owner !== null) return null;
  return new LeaseLostError(
    `The lease of ${claim.link.entity} ${claim.link.id} is gone: ${
      !link ? 'the link was merged into another' : 'it was released, or another worker has taken over'
    }`,
    { entity: claim.link.entity },
  );
}
