import type { Panorama } from './sight';

const IN_SYNC = ['synced', 'in_step', 'gone'];
const OF_OTHERS = ['recovered', 'absorbed'];

/** Invariant: a record that was compared and is in sync has no failed event from before. */
export function failuresCurrent({ audit, open }: Panorama): string[] {
  const last = new Map<string, string>();
  for (const { linkId, kind } of audit)
    if (linkId !== null && !OF_OTHERS.includes(kind)) last.set(linkId, kind);
  return open.dead
    .filter(({ linkId }) => IN_SYNC.includes(last.get(linkId) ?? ''))
    .map(({ entity, recordId }) => `${entity} ${recordId} has failed, and is in sync since`);
}
