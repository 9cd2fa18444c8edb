import { isDeepStrictEqual } from 'node:util';
import type { Base, LineLink, LinkSide } from '../../../shared/ports';
import { canonicalJson } from '../../../shared/schema/canonicalJson';
import type { Panorama } from './sight';

interface Replayed {
  app?: LinkSide;
  ledger?: LinkSide;
  base?: Base | null;
  lines?: LineLink[];
}

const PARTS = ['app', 'ledger', 'base', 'lines'] as const;

/** Invariant 5: replaying the audit log gives every link and base, bit for bit. */
export function auditReplays({ audit, links }: Panorama): string[] {
  const replayed = new Map<string, Replayed>();
  const absorbed = new Set<string>();
  for (const { linkId, detail } of audit) {
    if (linkId === null) continue;
    if (typeof detail['absorbed'] === 'string') absorbed.add(detail['absorbed']);
    replayed.set(linkId, { ...replayed.get(linkId), ...(detail['link'] as Replayed | undefined) });
  }
  const faults: string[] = [];
  for (const [id, state] of replayed) {
    const link = links.get(id);
    if (!link) {
      if (!absorbed.has(id)) faults.push(`link ${id} is in the audit log and nowhere else`);
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
