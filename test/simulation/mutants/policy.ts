import { within, type Mutant } from './mutant';

const decide = within('decide');
const engine = within('engine');
const inPolicy = within('policy');
const value = within('merge/value');

/** Nobody's edit is dropped unless somebody said so, and then as they said. */
export const policy: readonly Mutant[] = [
  {
    name: 'conflict-winner-guessed',
    breaks: 'Without a rule a conflict is raised',
    patches: [inPolicy("defaultWinner: PolicyWinner = 'raise'", "defaultWinner: PolicyWinner = 'ledger'")],
  },
  {
    name: 'winner-confused-with-loser',
    breaks: 'The side that the policy names wins',
    patches: [
      value(
        "const after = (winner === 'app' ? app : ledger) ?? null;",
        "const after = (winner === 'app' ? ledger : app) ?? null;",
      ),
    ],
  },
  {
    name: 'policy-read-once-per-engine',
    breaks: 'The policy in force is the one that decides',
    patches: [
      engine(
        'const policy = await store.policies.load(connectionId);',
        'const memory = this.ports.clock as { policy?: Run["policy"] };\n    const policy = (memory.policy ??= await store.policies.load(connectionId));',
      ),
    ],
    flaws: ['policy-version-not-checked'],
  },
  {
    name: 'broadest-rule-wins',
    breaks: 'The most specific rule wins',
    patches: [inPolicy('if (rank > bestRank) {', 'if (rank >= 0 && (best === null || rank < bestRank)) {')],
  },
  {
    name: 'rule-of-another-entity-applied',
    breaks: 'A rule for one entity says nothing of another',
    patches: [inPolicy("if (rule.entity !== '*' && rule.entity !== entity) return -1;", '')],
  },
  {
    name: 'rule-for-the-lines-ignored',
    breaks: 'A rule for a field holds for what is in it',
    patches: [inPolicy('path === field || path.startsWith(`${field}.`)', 'path === field')],
  },
  {
    name: 'field-rule-outranked-by-entity-rule',
    breaks: 'Of two rules the one for the field outranks the one for any field',
    patches: [inPolicy("if (field === '*') return 0;", "if (field === '*') return 999;")],
  },
  {
    name: 'connection-rule-outranked-by-general-rule',
    breaks: 'A rule for the connection outranks a general one',
    patches: [
      inPolicy(
        "(rule.connectionId === '*' ? 0 : STEP * STEP)",
        "(rule.connectionId === '*' ? STEP * STEP : 0)",
      ),
    ],
  },
  {
    name: 'rule-of-one-customer-applied-to-all',
    breaks: 'A rule for the documents of one customer says nothing of the others',
    patches: [
      inPolicy(
        'if (rule.counterparty !== undefined && rule.counterparty !== counterparty) return -1;',
        'if (rule.counterparty !== undefined && counterparty === null) return -1;',
      ),
    ],
  },
  {
    name: 'rule-of-one-customer-ignored',
    breaks: 'A rule for the documents of one customer beats the same rule without',
    patches: [inPolicy('const PARTY = 0.5;', 'const PARTY = -0.5;')],
  },
  {
    name: 'customer-of-the-base-alone-counts',
    breaks: 'While a document changes hands no rule for one customer applies',
    patches: [inPolicy('return named.size === 1 ? only : null;', 'return only;')],
  },
  {
    name: 'lock-ignored',
    breaks: 'Nothing more specific overrules a locked rule',
    patches: [inPolicy('return lock ?? best;', 'return best;')],
  },
  {
    name: 'narrowest-lock-wins',
    breaks: 'Of locked rules the broadest wins',
    patches: [
      inPolicy(
        'if (rule.locked && rank >= 0 && rank < lockRank) {',
        'if (rule.locked && rank >= 0 && (lock === null || rank > lockRank)) {',
      ),
    ],
  },
  {
    name: 'removal-decided-by-the-rule-for-nothing',
    breaks: 'A removal against an edit is decided by the rule for removals',
    patches: [decide(': verdictOf(input, STATE, STATE);', ": verdictOf(input, STATE, 'number');")],
  },
];
