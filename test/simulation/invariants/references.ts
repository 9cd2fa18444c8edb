import type { Link, QueuedEvent, SideName } from '../../../shared/ports';
import { entityNamed } from '../../../shared/schema/entities';
import type { Reference } from '../../../shared/schema/fields';
import { referencesIn } from '../../../shared/sync/references';
import type { Stored } from '../twin/table';
import { markerOf, type EntityInPlay } from '../world/entities';
import type { World } from '../world/world';
import type { Panorama } from './sight';

const SIDES = ['app', 'ledger'] as const;

/**
 * Invariant 1, what others were made anew for: once everything has been looked at, nothing in step names a record
 * that is gone and has another in its place, and nothing was given up for it.
 */
export function namesRenewed(panorama: Panorama): string[] {
  const { world } = panorama;
  return panorama.sights.flatMap(({ entity, history, live, excused, links }) => {
    const given = panorama.open.dead.filter(
      ({ linkId, lastError }) =>
        links.some(({ id }) => id === linkId) &&
        / (that is no longer there|which is gone)$/.test(lastError?.message ?? ''),
    );
    return SIDES.flatMap((side) => {
      const [record] = live[side];
      if (!record || live[side].length > 1) return [];
      const gone = referencesIn(entityNamed(entity), record.fields).filter(
        ({ reference }) => !isThere(world, side, reference),
      );
      const renewed = gone.filter(({ reference }) => hasSuccessor(panorama, side, reference));
      const isInStep =
        !excused && links.some((link) => link.base?.state === 'live' && isPair(link, record, side));
      const canChange = world.variant[side].entities[entity]?.update;
      const name = `${entity} ${history.marker} in the ${side}`;
      if (isInStep && canChange && renewed.length > 0)
        return [`${name} names ${textOf(renewed[0]?.reference)}, which another has taken the place of`];
      return given.length > 0 && gone.length > 0 && renewed.length === gone.length
        ? [`${name} was given up although ${textOf(gone[0]?.reference)} is there again`]
        : [];
    });
  });
}

const textOf = (reference: Reference | undefined): string => `${reference?.entity} ${reference?.id}`;

const isPair = (link: Link, { id }: Stored, side: SideName): boolean =>
  link[side].id === id && link.app.id !== null && link.ledger.id !== null;

function isThere({ twins }: World, side: SideName, { entity, id }: Reference): boolean {
  const record = twins[side].get(entity, id);
  return record !== undefined && twins[side].isLive(record);
}

/** Its link has another record in its place now, in step, and nobody has brought this one back meanwhile. */
export function hasSuccessor(
  { world, sights, audit }: Panorama,
  side: SideName,
  { entity, id }: Reference,
): boolean {
  const former = world.twins[side].get(entity, id);
  if (!former) return false;
  const marker = markerOf(entity as EntityInPlay, former.fields);
  const sight = sights.find(({ history }) => history.marker === marker);
  const [record] = sight?.live[side] ?? [];
  if (!sight || !record || sight.live[side].length > 1) return false;
  if (sight.excused || sight.history.reopenings > 0) return false;
  const hadFormer = (link: Link) =>
    audit.some(
      ({ linkId, detail }) => linkId === link.id && (detail['link'] as Partial<Link>)?.[side]?.id === id,
    );
  return sight.links.some((link) => isPair(link, record, side) && hadFormer(link));
}

/**
 * Whether a record that was given up for it names something that is missing on a side, and that nobody is asked
 * about: as long as somebody is, it has to wait.
 */
export function lacksReference({ entity, side, recordId }: QueuedEvent, panorama: Panorama): boolean {
  const { world, links, conflictLinks } = panorama;
  const record = world.twins[side].get(entity, recordId);
  if (!record || world.journal.hasReopenings) return true;
  return referencesIn(entityNamed(entity), record.fields).some(({ reference }) => {
    const link = [...links.values()].find(
      (each) => each.entity === reference.entity && each[side].id === reference.id,
    );
    if (!link) return true;
    if (conflictLinks.has(link.id)) return false;
    return SIDES.some((each) => {
      const id = link[each].id;
      return id === null || !isThere(world, each, { entity: reference.entity, id });
    });
  });
}
