import { LeaseLostError } from '../../../shared/errors';
import type { Claim } from '../../../shared/ports';
import type { StoreFlaw } from './flaws';
import type { MemoryDatabase } from './memoryDatabase';
import type { LinkRow } from './rows';

/** The link of a claim that is still ours. An expired lease that nobody took over is ours. */
export function heldLink(database: MemoryDatabase, claim: Claim, flaw?: StoreFlaw): LinkRow {
  const link = database.links.get(claim.link.id);
  if (link && link.fence === claim.link.fence && link.leaseOwner !== null) return link;
  if (link && flaw !== undefined && database.flaws?.has(flaw)) return link;
  throw new LeaseLostError(
    `The lease of ${claim.link.entity} ${claim.link.id} is gone: ${
      link ? 'it was released, or another worker has taken over' : 'the link was merged into another'
    }`,
    { entity: claim.link.entity },
  );
}

export function release(link: LinkRow): void {
  link.leaseOwner = null;
  link.leasedAt = null;
  link.leaseUntil = null;
}
