import { isDeepStrictEqual } from 'node:util';
import { canonicalJson } from '../../../shared/schema/canonicalJson';
import { replayAudit } from '../../../shared/store/auditReplay';
import type { Panorama } from './sight';

const PARTS = ['app', 'ledger', 'base', 'lines'] as const;

/** Invariant 5: replaying the audit log, from what was archived of it, gives every link and base, bit for bit. */
export function auditReplays({ log, links }: Panorama): string[] {
  const archived = new Map(log.states.map(({ linkId, state }) => [linkId, state]));
  const replayed = replayAudit(log.rows, archived);
  const faults: string[] = [];
  for (const [id, state] of replayed) {
    const link = links.get(id);
    if (!link) {
      faults.push(`link ${id} is in the audit log and nowhere else`);
      continue;
    }
    for (const part of PARTS) {
      const [told, stored] = [state[part], link[part]];
      // In memory they are one value; from a database they come with their members in another order.
      if (told === undefined || told === stored || isDeepStrictEqual(told, stored)) continue;
      faults.push(
        `${link.entity} ${id}: replayed ${part} is ${canonicalJson(told)}, stored is ${canonicalJson(stored)}`,
      );
    }
  }
  for (const [id, link] of links) {
    if (replayed.get(id)?.base === undefined && link.base !== null)
      faults.push(`${link.entity} ${id} has a base that the audit log does not know`);
  }
  return faults;
}
