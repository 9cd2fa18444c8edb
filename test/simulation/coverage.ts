import { FITS } from './schedule/fits';
import { entitiesInPlay } from './world/entities';

/** Counts what came up, by name: `fault:answer_lost@ledger.create`, `decide:hold both_changed`. */
export class Coverage {
  readonly counts = new Map<string, number>();

  hit(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  toJson(): Record<string, number> {
    return Object.fromEntries([...this.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** All that ought to come up in a long run; what is missing in its counts was never reached. */
export const wanted: readonly string[] = [
  ...Object.entries(FITS).flatMap(([fault, kinds]) => kinds.map((kind) => `fault:${fault}@${kind}`)),
  ...entitiesInPlay.flatMap((entity) =>
    ['app', 'ledger'].flatMap((side) => [
      `intent:create ${entity}@${side}`,
      `intent:update ${entity}@${side}`,
    ]),
  ),
  ...['delete', 'void', 'archive'].map((mode) => `remove:${mode}@ledger`),
  ...['delete', 'void'].map((mode) => `remove:${mode}@app`),
  ...[
    'both_changed',
    'delete_against_edit',
    'no_base',
    'not_writable',
    'ambiguous_match',
    'uncertain_write',
  ].map((reason) => `decide:hold ${reason}`),
  ...['edit', 'policy', 'resolution'].map((by) => `decide:by ${by}`),
  ...['echo', 'in_step', 'synced', 'conflict', 'resolution_refused', 'deferred', 'dead_letter', 'gone'].map(
    (kind) => `settle:${kind}`,
  ),
  ...['poll', 'reconcile', 'replay', 'worker'].map((who) => `together:worker+${who}`),
  ...['poll', 'reconcile', 'replay', 'import'].map((who) => `sweep:${who}`),
  ...[
    'add',
    'edit',
    'edit back',
    'reopen',
    'lines',
    'refer',
    'arrive',
    'pay',
    'remove',
    'merge',
    'hear',
    'forge',
    'decide',
    'policy',
    'restore',
    'limit',
    'budget',
    'outage',
  ].map((step) => `step:${step}`),
  ...['lease lost', 'policy changed', 'decision refused', 'late decision', 'awaited'].map(
    (what) => `met:${what}`,
  ),
  ...['conflict', 'failure'].map((what) => `told:${what}`),
  ...['plain', 'locked', 'of one customer'].map((kind) => `rule:${kind}`),
  ...['counter', 'time', 'random', 'hash'].map((kind) => `side:versions ${kind}`),
  ...['kept', 'replaced', 'numbered'].map((kind) => `side:line ids ${kind}`),
  ...['sparse', 'full'].map((kind) => `side:update ${kind}`),
  ...['ms', 'second', 'none'].map((kind) => `side:timestamps ${kind}`),
  ...[
    'lock',
    'no lock',
    'keys',
    'keys expire',
    'no keys',
    'tombstones',
    'no tombstones',
    'lookup lags',
    'lists lag',
    'reads lag',
    'skewed',
    'normalizes',
    'lossy',
  ].map((flag) => `side:${flag}`),
];

/** What was reached how often, and what never was. */
export function coverageReport(counts: Readonly<Record<string, number>>): {
  reached: Record<string, number>;
  unreached: string[];
} {
  return { reached: { ...counts }, unreached: wanted.filter((name) => !counts[name]) };
}
