import { within, type Mutant } from './mutant';

const converge = within('converge');
const merge = within('merge');

/** A person is asked once, about what is there now, and is obeyed. */
export const resolutions: readonly Mutant[] = [
  {
    name: 'resolution-applied-blindly',
    breaks: "A person's decision counts only on the very state it was made on",
    patches: [
      converge(
        'return speaksOf(conflict, work) ? conflict.resolution : null;',
        'return conflict.resolution;',
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
    patches: [converge(' &&\n    speaksOf(conflict, work);', ';')],
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
    name: 'typed-value-dropped',
    breaks: 'A value that a person typed is what both sides get',
    patches: [merge('return verdict.value;', 'return app;')],
  },
  {
    name: 'answer-to-a-doubt-ignored',
    breaks: "A person's word counts for a change that was doubtful",
    patches: [
      merge(
        "if (this.isDecided(path, spec)) return this.apart(spec, path, base, app, ledger, 'both_changed');",
        '',
      ),
    ],
  },
];
