import type { Conflict, FieldConflict, SideName } from '../../../shared/ports';
import { entityNamed } from '../../../shared/schema/entities';
import type { Fields } from '../../../shared/schema/entity';
import type { Stored } from '../twin/table';
import { customerIn } from '../world/decisions';
import { editables, linesOf } from '../world/entities';
import type { Panorama, Sight } from './sight';

/**
 * Invariant 1, of conflicts: nobody is asked in vain. Where the policy names a winner it decides, and what is
 * said to have changed on both sides was changed on both, by people.
 */
export function askedWithReason(panorama: Panorama): string[] {
  const { world, conflicts, sights } = panorama;
  const sightOf = new Map(sights.flatMap((sight) => sight.links.map((link) => [link.id, sight] as const)));
  return conflicts.flatMap((conflict) => {
    const sight = sightOf.get(conflict.linkId);
    if (!sight) return [];
    const isCurrent = conflict.policyVersion === world.decisions.policyVersion;
    return conflict.fields
      .filter((field) => !field.chosen)
      .flatMap((field) => [
        ...(isDerived(sight.entity, field.path)
          ? [`${field.path} is asked about, which the ledger works out`]
          : []),
        ...(isCurrent ? decidedAlready(panorama, sight, conflict, field) : []),
        ...(field.reason === 'no_base' ? onBothAlready(sight, field) : []),
        // What the link that was taken over had under way is learned later.
        ...(field.reason === 'both_changed' && !panorama.absorbers.has(conflict.linkId)
          ? oneSided(panorama, sight, field)
          : []),
      ])
      .map((fault) => `${conflict.entity} ${conflict.title}: ${fault}`);
  });
}

const isDerived = (entity: string, path: string): boolean =>
  entityNamed(entity).fields.some((spec) => spec.derived === true && spec.path === path);

function decidedAlready(
  { world }: Panorama,
  { entity }: Sight,
  { record }: Conflict,
  { path, reason }: FieldConflict,
): string[] {
  if (reason !== 'both_changed' && reason !== 'delete_against_edit') return [];
  const states = [record?.base, record?.app.fields, record?.ledger.fields];
  const customers = new Set(states.map(customerIn).filter((customer) => customer !== null));
  const [only = null] = customers;
  const winner = world.decisions.winnerFor(entity, path, customers.size === 1 ? only : null);
  return winner === 'raise'
    ? []
    : [`${path} is asked about (${reason}), which the policy decides for ${winner}`];
}

function oneSided(
  { world }: Panorama,
  { entity, history, all }: Sight,
  { path, app, ledger }: FieldConflict,
): string[] {
  const { variant, journal } = world;
  // A side that changes what it is sent has changed it, without anybody there.
  if (variant.app.normalizes || variant.ledger.normalizes) return [];
  const isPlain = editables[entity].some((each) => each.path === path);
  if (!isPlain || history.isTwin || all.app.length > 1 || all.ledger.length > 1) return [];
  const values = { app, ledger };
  return (['app', 'ledger'] as const)
    .filter((side) => !journal.typed.has(String(values[side]).toLowerCase()))
    .filter((side) => !isEntered(history.edits, side, path, values[side]))
    .map(
      (side) =>
        `${path} is said to have changed on both sides; nobody entered ${String(values[side])} in the ${side}`,
    );
}

/** A line that stands on both sides is one line, whatever each of them calls it. */
function onBothAlready({ live }: Sight, { path, app, ledger }: FieldConflict): string[] {
  const line = (app ?? ledger) as Fields | null | undefined;
  const [mine, theirs] = [live.app[0], live.ledger[0]];
  if (!/^lines\[[^\]]*\]$/.test(path) || !line || !mine || !theirs || (app && ledger)) return [];
  const has = ({ fields }: Stored) =>
    linesOf(fields).some(
      (each) => each['description'] === line['description'] && each['amount'] === line['amount'],
    );
  return has(mine) && has(theirs)
    ? [`line ${String(line['description'])} is asked about, which both sides have`]
    : [];
}

const isEntered = (edits: Sight['history']['edits'], side: SideName, path: string, value: unknown): boolean =>
  edits.some(
    (edit) =>
      edit.side === side &&
      edit.path === path &&
      edit.value?.toLowerCase() === (value as string | null | undefined)?.toLowerCase(),
  );
