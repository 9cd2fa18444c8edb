import { hasLines } from '../twin/totals';
import type { SideName } from '../../../shared/ports';
import type { Fields } from '../../../shared/schema/entity';
import { editables, linesOf, valueAt } from '../world/entities';
import type { Edit } from '../world/journal';
import type { World } from '../world/world';
import type { Panorama, Sight } from './sight';

/** Invariant 2: every edit is present, replaced by somebody who saw it, or superseded by a recorded decision. */
export function noEditLost({ world, sights }: Panorama): string[] {
  return sights.flatMap((sight) => {
    const name = `${sight.entity} ${sight.history.marker}`;
    if (sight.excused || sight.live.app.length > 1 || sight.live.ledger.length > 1) return [];
    // What was made inactive still says what it said.
    const standing = (side: SideName) => sight.all[side].find((record) => record.state === 'live');
    const [app, ledger] = [standing('app'), standing('ledger')];
    const faults =
      app && ledger
        ? lostEdits(world, sight, app.fields, ledger.fields)
        : !app && !ledger
          ? lostWithRemoval(world, sight)
          : [];
    return faults.map((fault) => `${name}: ${fault}`);
  });
}

const low = (value: string | null | undefined) => value?.toLowerCase() ?? null;

function lostEdits(world: World, sight: Sight, fields: Fields, ledger: Fields): string[] {
  const faults: string[] = [];
  const { history } = sight;
  // A copy that was deleted before anybody heard of it leaves no trace to find, and is made again.
  if (sight.all.app.length > 1 || sight.all.ledger.length > 1) return [];
  if (history.isTwin && history.removals.length > 0) return [];
  for (const editable of editables[sight.entity]) {
    const { path } = editable;
    const here = history.edits.filter((edit) => edit.path === path);
    if (here.length === 0 || sight.decided.some((decided) => decided === path || decided === '$state'))
      continue;
    // What one side has no place for stands on the other.
    const there = path === 'notes' && world.variant.app.unsupportedNotes ? ledger : fields;
    const final = low(valueAt(there, editable));
    if (final !== null && !here.some((edit) => low(edit.value) === final) && !world.journal.typed.has(final))
      faults.push(`${path} is ${final}, which nobody entered`);
    for (const edit of here) {
      if (mayBeLost(edit, final, history.isTwin) && !isReplaced(edit, here) && !isReturn(edit, here))
        faults.push(`the ${edit.side}'s ${path} ${edit.value} is lost, it is ${final}`);
    }
  }
  if (hasLines(sight.entity)) faults.push(...lostLines(sight, fields));
  return faults;
}

/** What was emptied is lost when it is back; somebody else's new value may stand in its place. */
const mayBeLost = (edit: Edit, final: string | null, isTwin: boolean): boolean =>
  edit.value === null ? !isTwin && low(edit.saw) === final && final !== null : low(edit.value) !== final;

const isReplaced = (edit: Edit, others: readonly Edit[]): boolean =>
  others.some(
    (other) =>
      other !== edit && other.at >= edit.at && other.saw !== undefined && low(other.saw) === low(edit.value),
  );

/** Back to what stood there before: perhaps nobody has heard of what was there in between. */
const isReturn = (edit: Edit, others: readonly Edit[]): boolean =>
  others.some(
    (other) =>
      other !== edit && other.at <= edit.at && other.saw !== undefined && low(other.saw) === low(edit.value),
  );

function lostLines({ history, decided }: Sight, fields: Fields): string[] {
  const faults: string[] = [];
  const lines = linesOf(fields);
  const linesDecided = decided.some((path) => path.startsWith('lines'));
  if (!linesDecided) faults.push(...lostOrder(history, lines));
  for (const line of lines) {
    const [text, amount] = [String(line['description']), String(line['amount'])];
    if (!linesDecided && text.split('.')[0] !== amount.split('.')[0])
      faults.push(`line ${text} has the amount ${amount}`);
  }
  for (const name of ['description', 'amount'] as const) {
    const final = lines.map((line) => String(line[name]));
    // Whoever could not tell two lines apart may have kept both.
    if (!linesDecided && new Set(final).size < final.length)
      faults.push(`a line is there twice: ${final.join(' ')}`);
    if (linesDecided || decided.includes('$state')) continue;
    const here = history.edits.filter((edit) => edit.path === `line.${name}`);
    const replacedValues = new Set(here.map((edit) => edit.saw));
    for (const edit of here) {
      if (edit.value === null) {
        if (final.includes(edit.saw as string))
          faults.push(`line ${name} ${edit.saw} was removed and is back`);
        continue;
      }
      const replaced = replacedValues.has(edit.value);
      if (!final.includes(edit.value) && !replaced) faults.push(`line ${name} ${edit.value} is lost`);
      if (final.includes(edit.value) && replaced)
        faults.push(`line ${name} ${edit.value} was replaced and is back`);
    }
  }
  return faults;
}

/** Where only one person has moved lines, and they are the same lines still, they stand as that person put them. */
function lostOrder({ orders, marker, isTwin }: Sight['history'], lines: readonly Fields[]): string[] {
  const [only, ...others] = orders;
  if (!only || others.length > 0 || isTwin) return [];
  const [then, now] = [only.texts, lines.map(({ description }) => String(description))];
  const areSame = then.length === now.length && then.every((text) => now.includes(text));
  return !areSame || now.join(' ') === then.join(' ')
    ? []
    : [
        `the ${only.side} put the lines of ${marker} in the order ${then.join(' ')}, they stand as ${now.join(' ')}`,
      ];
}

/** A record that is gone takes along only what its remover saw. */
function lostWithRemoval(world: World, { history, decided }: Sight): string[] {
  const { removals, edits, reopenings } = history;
  if (removals.length !== 1 || reopenings > 0 || decided.length > 0) return [];
  const saw = removals[0]?.saw as ReadonlySet<string>;
  return edits
    .filter((edit) => edit.path !== 'notes' || world.hasNotes)
    .filter((edit) => edit.value !== null && !saw.has(`${edit.path}=${edit.value}`.toLowerCase()))
    .filter((edit) => !edits.some((other) => other.path === edit.path && low(other.saw) === low(edit.value)))
    .map((edit) => `is gone with the ${edit.side}'s ${edit.path} ${edit.value}, which the remover never saw`);
}
