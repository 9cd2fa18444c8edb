import { within, type Mutant } from './mutant';

const failure = within('failure');
const work = within('work');

/** Whatever was decided can be read later, and nothing that was not. */
export const audit: readonly Mutant[] = [
  {
    name: 'decisions-not-audited',
    breaks: 'Every decision is in the audit',
    patches: [work('...(decisions.length === 0 ? {} : { decisions }),', '')],
  },
  {
    name: 'landed-decisions-not-audited',
    breaks: 'A decision that has landed is in the audit, whatever became of its plan',
    patches: [
      work(
        'const decisions = distinct([...work.carriedOut, ...work.decisions]);',
        'const { decisions } = work;',
      ),
    ],
  },
  {
    name: 'undone-decisions-audited',
    breaks: 'A decision that was not carried out is not in the audit',
    patches: [failure('  work.decisions = [];\n', '')],
  },
  {
    name: 'audit-without-link',
    breaks: 'An audit entry names its record',
    patches: [work('linkId: link.id,', 'linkId: null,')],
  },
  {
    name: 'audit-without-policy-version',
    breaks: 'An audit entry names the policies it was decided under',
    patches: [work('policyVersion: run.policy.version,', 'policyVersion: 0,')],
  },
  {
    name: 'dead-letter-not-audited',
    breaks: 'A dead letter is in the audit',
    patches: [
      work(
        'await run.store.queue.settle(claim, settlement);',
        "await run.store.queue.settle(claim, extra.kind === 'dead_letter' ? { ...settlement, audit: [] } : settlement);",
      ),
    ],
  },
  {
    name: 'conflict-not-audited',
    breaks: 'A conflict is in the audit',
    patches: [
      work(
        'await run.store.queue.settle(claim, settlement);',
        "await run.store.queue.settle(claim, extra.kind === 'conflict' ? { ...settlement, audit: [] } : settlement);",
      ),
    ],
  },
];
