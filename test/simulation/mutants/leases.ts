import { within, type Mutant } from './mutant';

const adopt = within('adopt');
const converge = within('converge');
const engine = within('engine');
const write = within('write');

/** One worker at a time works on a record, and a paused connection rests. */
export const leases: readonly Mutant[] = [
  {
    name: 'lease-shorter-than-a-call',
    breaks: 'A lease lasts longer than any call to a side',
    patches: [
      engine('leaseMs: this.options.leaseMs,', 'leaseMs: 1,'),
      engine('const isLate = claim.leaseUntil - now < run.options.leaseMs / 2;', 'const isLate = false;'),
    ],
  },
  {
    name: 'claims-worked-on-after-their-lease',
    breaks: 'A claim that has waited too long for its turn is given back',
    patches: [
      engine('const isLate = claim.leaseUntil - now < run.options.leaseMs / 2;', 'const isLate = false;'),
      write('  refuseWhenLate(work, attempt);\n', ''),
    ],
  },
  {
    name: 'late-write-sent',
    breaks: 'Nothing is sent when its answer may come after the lease',
    patches: [write('  refuseWhenLate(work, attempt);\n', '')],
  },
  {
    name: 'batch-goes-on-while-resting',
    breaks: 'What was claimed before a pause is given back',
    patches: [engine('if (!isLate && !isResting(run.connection, now))', 'if (!isLate)')],
  },
  {
    name: 'busy-maker-not-waited-for',
    breaks: 'A record that its maker still works on is waited for',
    patches: [
      converge(
        "if (!ownerClaim) throw new AwaitsRecordError(owner, 1_000, 'Waits for the write that made this record');",
        'if (!ownerClaim) continue;',
      ),
    ],
  },
  {
    name: 'busy-maker-not-waited-for-at-adoption',
    breaks: 'A record that another link is just making is not adopted meanwhile',
    patches: [adopt("if (side === 'ledger') return;", 'if (side) return;')],
  },
];
