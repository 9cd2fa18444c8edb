import type { ArchivedState, AuditEntry } from '../ports';

/** What the log says of a link: the parts that it has ever told of, as they were last. */
export type ReplayedLink = ArchivedState['state'];

/**
 * Adds rows of the log to what the rows before them said. Replaying what was archived and then the rest is the same
 * as replaying everything. `states` is changed and returned.
 */
export function replayAudit(
  rows: Iterable<Pick<AuditEntry, 'linkId' | 'detail'>>,
  states = new Map<string, ReplayedLink>(),
): Map<string, ReplayedLink> {
  for (const { linkId, detail } of rows) {
    const { absorbed } = detail;
    if (typeof absorbed === 'string') states.delete(absorbed);
    if (linkId !== null)
      states.set(linkId, { ...states.get(linkId), ...(detail['link'] as ReplayedLink | undefined) });
  }
  return states;
}
