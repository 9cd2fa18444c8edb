import type { Panorama } from './sight';

/** Invariant 1, of conflicts: an open one speaks of both records as they are now, or nobody could decide on it. */
export function conflictsCurrent({ world, conflicts, links, open }: Panorama): string[] {
  const isWaited = new Set([...open.dead, ...open.waiting].map((event) => event.linkId));
  return conflicts.flatMap(({ linkId, entity, title, appVersion, ledgerVersion }) => {
    const link = links.get(linkId);
    if (!link || isWaited.has(linkId)) return [];
    return (['app', 'ledger'] as const).flatMap((side) => {
      const record = link[side].id === null ? undefined : world.twins[side].get(entity, link[side].id);
      const told = side === 'app' ? appVersion : ledgerVersion;
      if (!record || record.state === 'deleted' || record.version === told) return [];
      return [
        `${entity} ${title}: the conflict speaks of ${side} version ${told}, which is ${record.version} now`,
      ];
    });
  });
}
