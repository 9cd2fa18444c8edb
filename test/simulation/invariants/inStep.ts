import { hasLines } from '../twin/totals';
import type { SideName } from '../../../shared/ports';
import { entityNamed } from '../../../shared/schema/entities';
import type { Fields } from '../../../shared/schema/entity';
import type { Stored } from '../twin/table';
import type { World } from '../world/world';
import { linesOf } from '../world/entities';
import { markerOfReference, type Panorama, type Sight } from './sight';

/** Invariants 1 and 3: one record on each side, saying the same; or somebody was asked. */
export function inStep(panorama: Panorama): string[] {
  return panorama.sights.flatMap((sight) => {
    const name = `${sight.entity} ${sight.history.marker}`;
    return checkPair(panorama, sight).map((fault) => `${name}: ${fault}`);
  });
}

/** Invariant 3: at most one remote record per logical record. */
export function onlyOnce({ sights }: Panorama): string[] {
  // What was brought back may have been made anew before.
  return sights.flatMap(({ entity, history, live }) =>
    (['app', 'ledger'] as const).flatMap((side) =>
      live[side].length > 1 + history.reopenings
        ? [
            `${entity} ${history.marker}: ${live[side].length} times in the ${side} (${live[side].map(({ id }) => id).join(', ')})`,
          ]
        : [],
    ),
  );
}

function checkPair(panorama: Panorama, sight: Sight): string[] {
  const { world } = panorama;
  const [app, ledger] = [sight.live.app[0], sight.live.ledger[0]];
  if (sight.excused || sight.live.app.length > 1 || sight.live.ledger.length > 1) return [];
  if (!app && !ledger) return sight.history.removals.length === 0 ? ['is gone, and nobody removed it'] : [];
  if (!app || !ledger) {
    if (sight.links.some((link) => link.base?.state === 'apart')) return [];
    const only = app ? 'app' : 'ledger';
    return world.entities().includes(sight.entity) ? [`lives in the ${only} only, and nothing says why`] : [];
  }
  const linked = sight.links.some((link) => link.app.id === app.id && link.ledger.id === ledger.id);
  const anyTrouble =
    panorama.conflictLinks.size + panorama.open.dead.length + panorama.open.waiting.length > 0;
  return [
    ...(linked ? [] : ['is not linked']),
    ...differences(world, sight.entity, app, ledger, anyTrouble || world.variant.app.computes),
  ];
}

function differences(
  world: World,
  entity: string,
  app: Stored,
  ledger: Stored,
  derivedMayDiffer: boolean,
): string[] {
  const faults: string[] = [];
  for (const spec of entityNamed(entity).fields) {
    const { name } = spec;
    if (name === 'active' || (name === 'notes' && !world.hasNotes) || (spec.derived && derivedMayDiffer))
      continue;
    const say = (side: SideName, fields: Fields) =>
      spec.kind === 'reference'
        ? String(markerOfReference(world, side, fields[name]))
        : name === 'allocations'
          ? allocationsOf(world, side, fields)
          : name === 'lines' && hasLines(entity)
            ? textOfLines(world, side, fields)
            : flat(fields[name]);
    const [a, l] = [say('app', app.fields), say('ledger', ledger.fields)];
    if (a !== l) faults.push(`${name} differs: app ${a}, ledger ${l}`);
  }
  return faults;
}

const textOfLines = (world: World, side: SideName, fields: Fields): string =>
  linesOf(fields)
    .map(
      (line) =>
        `${String(line['description'])}=${String(line['amount'])}${line['item'] ? `/${markerOfReference(world, side, line['item'])}` : ''}`,
    )
    .join(' ');

const allocationsOf = (world: World, side: SideName, fields: Fields): string =>
  ((fields['allocations'] ?? []) as Fields[])
    .map((each) => `${markerOfReference(world, side, each['document'])}=${String(each['amount'])}`)
    .sort()
    .join(' ');

function flat(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value ?? null);
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return members.length === 0 ? 'null' : JSON.stringify(members.sort());
}
