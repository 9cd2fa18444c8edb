import type { Conflict, Resolution, SideName } from '../../../shared/ports';
import type { Violation } from '../violation';
import { CONNECTION } from '../world/connection';
import { editables, valueAt, type EntityInPlay } from '../world/entities';
import type { World } from '../world/world';

/** What somebody chose for a conflict that spoke of the records as they were then. */
export interface Decided {
  conflict: Conflict;
  choices: Resolution['choices'];
}

/** Whether both records are as the conflict says: a decision on one that has moved since does not count. */
export async function speaksOfNow(
  world: World,
  { linkId, entity, appVersion, ledgerVersion }: Conflict,
): Promise<boolean> {
  const link = await world.store.links.get(linkId);
  const versionOf = (side: SideName) => world.twins[side].get(entity, link?.[side].id ?? '')?.version ?? null;
  return appVersion === versionOf('app') && ledgerVersion === versionOf('ledger');
}

/** Invariant 6, of people: what somebody chose, and nobody asks about any more, is what both sides say. */
export async function ignoredChoices(world: World, decided: readonly Decided[]): Promise<Violation[]> {
  // What could not be carried out for other reasons is told as a dead letter.
  if ((await world.store.queue.counts(CONNECTION)).dead > 0) return [];
  const asked = new Set((await world.openConflicts()).map(({ linkId }) => linkId));
  const faults: string[] = [];
  for (const { conflict, choices } of decided) {
    const link = await world.store.links.get(conflict.linkId);
    if (!link || asked.has(link.id)) continue;
    for (const editable of editables[conflict.entity as EntityInPlay]) {
      const { path } = editable;
      const choice = choices[path];
      const field = conflict.fields.find((each) => each.path === path);
      if (!choice || !field || (path === 'notes' && !world.hasNotes)) continue;
      const chosen = 'value' in choice ? choice.value : field[choice.winner];
      for (const side of ['app', 'ledger'] as const) {
        const record = world.twins[side].get(conflict.entity, link[side].id ?? '');
        if (record?.state !== 'live' || low(valueAt(record.fields, editable)) === low(chosen)) continue;
        faults.push(
          `${conflict.entity} ${conflict.title}: ${path} was chosen to be ${String(chosen)}, the ${side} has ${String(valueAt(record.fields, editable))}`,
        );
      }
    }
  }
  return faults.map((message) => ({ invariant: 'resolutions obeyed', message }));
}

const low = (value: unknown): string | null => (typeof value === 'string' ? value.toLowerCase() : null);
