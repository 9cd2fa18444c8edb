import type { Coverage } from '../coverage';
import { boostOf, topics, type Topic } from './topics';

/** What shows that a topic has come up. */
const SIGNS: Readonly<Record<Topic, readonly string[]>> = {
  add: ['step:add'],
  edit: ['step:edit'],
  clear: ['step:edit'],
  lines: ['step:lines'],
  refer: ['step:refer'],
  pay: ['step:pay'],
  remove: [
    'remove:delete@app',
    'remove:void@ledger',
    'remove:archive@ledger',
    'decide:hold delete_against_edit',
  ],
  merge: ['step:merge'],
  twin: ['decide:hold no_base'],
  forge: ['step:forge'],
  crash: ['fault:crash_before@write', 'fault:crash_after@write'],
  answer_lost: ['fault:answer_lost@write', 'decide:hold uncertain_write'],
  answer_late: ['fault:answer_late@write', 'met:lease lost'],
  '5xx': ['fault:5xx_applied@write', 'fault:5xx_not_applied@write'],
  rate_limit: ['fault:rate_limit@write'],
  revoked: ['fault:revoked@write'],
  stale_read: ['fault:stale_read@read'],
  refused: ['fault:refused@write', 'settle:dead_letter'],
  meanwhile: ['fault:meanwhile@write'],
  together: ['together:worker+worker', 'together:worker+reconcile'],
  sweep: ['sweep:import', 'sweep:replay'],
  wait: ['step:wait'],
  decide: ['decide:by resolution', 'settle:resolution_refused'],
  policy: ['decide:by policy', 'met:policy changed'],
  budget: ['step:budget'],
  credit_note: ['intent:create credit_note@ledger'],
  payment: ['intent:create payment@ledger', 'intent:create payment@app'],
  item: ['intent:create item@ledger'],
  exotic: ['side:versions hash'],
  lossy: ['side:lossy'],
  outage: ['step:outage'],
  back: ['step:edit back'],
  reopen: ['step:reopen'],
};

const EVERY = 25;
const BOOSTED = 4;

/**
 * Raises the weight of what has come up least in this stretch so far. Every stretch begins anew, so that a
 * schedule depends on its own stretch only and not on which core played the others.
 */
export class Steering {
  private played = 0;
  private boost = 0;

  constructor(private readonly coverage: Coverage) {}

  next(): number {
    if (this.played > 0 && this.played % EVERY === 0) this.boost = boostOf(this.rarest());
    this.played++;
    // Every other schedule goes its own way.
    return this.played % 2 === 0 ? this.boost : 0;
  }

  private rarest(): Topic[] {
    const countOf = (topic: Topic) =>
      Math.min(...SIGNS[topic].map((sign) => this.coverage.counts.get(sign) ?? 0));
    return [...topics].sort((a, b) => countOf(a) - countOf(b)).slice(0, BOOSTED);
  }
}
