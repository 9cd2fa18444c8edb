import type { FieldConflict, SideName } from '../../ports';
import type { FieldSpec } from '../../schema/entity';
import type { Verdict } from './rules';
import type { ValueMerger } from './value';

/** The order of the elements of an ordered list is a field of its own. */
export const ORDER = '$order';

/**
 * The backbone is the order of the side that moved lines; lines only the other side has follow their
 * predecessor there.
 */
export function mergeOrder(
  values: ValueMerger,
  spec: FieldSpec,
  base: string[],
  app: string[],
  ledger: string[],
): string[] {
  const { rules, decisions, firstMeeting } = values;
  if (sameOrder(app, ledger)) return app;
  const [inBase, inApp, inLedger] = [new Set(base), new Set(app), new Set(ledger)];
  // Of lines that a write in doubt may have made, nobody can tell who has moved them since.
  const isShared = (key: string) => inLedger.has(key) && !inBase.has(key);
  const isDoubtful = rules.uncertain !== null && app.some(isShared);
  const known = isDoubtful ? app : base;
  const common = new Set(known.filter((key) => inApp.has(key) && inLedger.has(key)));
  const sequence = (keys: string[]) => keys.filter((key) => common.has(key)).join('\n');
  const [b, a, l] = [sequence(base), sequence(app), sequence(ledger)];
  let first: SideName = 'app';
  if ((isDoubtful || !firstMeeting) && a !== l) {
    const path = `${spec.path}.${ORDER}`;
    const verdict = rules.verdict(path, path);
    const conflict = { path, label: `${spec.label}: Order`, base, app, ledger };
    if (verdict.by === 'resolution' && 'winner' in verdict && verdict.winner !== 'raise')
      first = verdict.winner;
    else if (isDoubtful) first = winnerOf(values, verdict, { ...conflict, reason: 'uncertain_write' });
    else if (a === b) first = 'ledger';
    else if (l !== b) first = winnerOf(values, verdict, { ...conflict, reason: 'both_changed' });
    const after = first === 'app' ? a : l;
    decisions.push({
      path,
      from: first,
      by: isDoubtful || verdict.by === 'resolution' || (a !== b && l !== b) ? verdict.by : 'edit',
      before: isDoubtful ? null : b,
      after,
    });
  }
  const [backbone, other] = first === 'app' ? [app, ledger] : [ledger, app];
  return interleave(backbone, other);
}

function winnerOf({ conflicts }: ValueMerger, verdict: Verdict, conflict: FieldConflict): SideName {
  if ('winner' in verdict && verdict.winner !== 'raise') return verdict.winner;
  conflicts.push(conflict);
  return 'app';
}

function sameOrder(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((key, i) => key === b[i]);
}

/** The backbone, with each other key behind the one that it follows in `other`. */
function interleave(backbone: string[], other: string[]): string[] {
  /** What stands behind a key; behind null stands the first. */
  const following = new Map<string | null, string | undefined>();
  let before: string | null = null;
  for (const key of backbone) {
    following.set(before, key);
    before = key;
  }
  const placed = new Set(backbone);
  before = null;
  for (const key of other) {
    if (!placed.has(key)) {
      following.set(key, following.get(before));
      following.set(before, key);
      placed.add(key);
    }
    before = key;
  }
  const result: string[] = [];
  for (let key = following.get(null); key !== undefined; key = following.get(key)) result.push(key);
  return result;
}
