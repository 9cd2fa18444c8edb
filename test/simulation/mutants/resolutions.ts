import { within, type Mutant } from './mutant';

const converge = within('converge');
const decide = within('decide');
const order = within('merge/order');
const value = within('merge/value');

/** A person is asked once, about what is there now, and is obeyed. */
export const resolutions: readonly Mutant[] = [
  {
    name: 'resolution-applied-blindly',
    breaks: "A person's decision counts only on the very state it was made on",
    patches: [
      converge(
        "if (conflict?.status !== 'resolved' || !conflict.resolution) return null;\n  if (!speaksOf(conflict, work)) return null;",
        "if (conflict?.status !== 'resolved' || !conflict.resolution) return null;",
      ),
    ],
  },
  {
    name: 'resolution-checks-the-app-only',
    breaks: 'A decision is refused when either side has moved',
    patches: [converge(" && conflict.ledgerVersion === versionOf(work, 'ledger');", ';')],
  },
  {
    name: 'resolution-ignored',
    breaks: 'What a person decided is carried out',
    patches: [converge('const resolution = currentResolution(work);', 'const resolution = null;')],
  },
  {
    name: 'conflict-left-open',
    breaks: 'A conflict that is settled is closed',
    patches: [converge('...(close ? { conflict: close } : {}),', '')],
  },
  {
    name: 'conflict-not-refreshed',
    breaks: 'An open conflict speaks of what is there now',
    patches: [
      converge(' &&\n    speaksOf(conflict, work) &&\n    asksTheSame(conflict.fields, fields);', ';'),
    ],
  },
  {
    name: 'held-although-nobody-was-asked',
    breaks: 'What is held for a person is shown to one',
    patches: [converge('...(unchanged\n        ? {}', '...(unchanged || fields.length > 1\n        ? {}')],
  },
  {
    name: 'refused-value-sent-again-and-again',
    breaks: 'What a side did not take is not sent again until something moves',
    patches: [converge('if (standing) return settleHold(work, standing);', '')],
  },
  {
    name: 'choice-forgotten',
    breaks: 'What was chosen for one field is kept while others are open',
    patches: [converge('stillOpen(work, plan.conflicts, resolution)', 'plan.conflicts')],
  },
  {
    name: 'chosen-emptiness-filled-in',
    breaks: 'An empty value that somebody chose is no gap to fill',
    patches: [
      value(
        "    if (this.isDecided(path, spec)) return this.apart(spec, path, undefined, app, ledger, 'no_base');\n",
        '',
      ),
    ],
  },
  {
    name: 'what-was-left-apart-is-asked-again',
    breaks: 'What somebody left as it is on each side stays so',
    patches: [decide("if (base?.state === 'apart') return { kind: 'gone', agreed: base };", '')],
  },
  {
    name: 'chosen-order-stays-doubtful',
    breaks: 'The order of lines that somebody chose is doubtful no more',
    patches: [
      order(
        "isDoubtful || verdict.by === 'resolution' || (a !== b && l !== b) ? verdict.by",
        'a !== b && l !== b ? verdict.by',
      ),
    ],
  },
  {
    name: 'typed-value-dropped',
    breaks: 'A value that a person typed is what both sides get',
    patches: [value('return verdict.value;', 'return app;')],
  },
  {
    name: 'answer-to-a-doubt-ignored',
    breaks: "A person's word counts for a change that was doubtful",
    patches: [
      value(
        "if (this.isDecided(path, spec)) return this.apart(spec, path, base, app, ledger, 'both_changed');",
        '',
      ),
    ],
  },
];
