import { within, type Mutant } from './mutant';

const inEcho = within('echo');
const failure = within('failure');
const work = within('work');

/** Our own writes come back as notifications; nobody else's change is taken for one. */
export const echo: readonly Mutant[] = [
  {
    name: 'echo-told-by-time',
    breaks: 'What happened between our read and the answer to our write is not taken for our echo',
    patches: [
      inEcho('if (!side.echo) return latest < side.asOf ? side : null;', 'if (side.asOf) return side;'),
    ],
  },
  {
    name: 'echo-absorbs-a-second-change',
    breaks: 'One change in the gap is our echo, any second one is read',
    patches: [inEcho('return seenAt === occurredAt && latest === occurredAt ? side : null;', 'return side;')],
  },
  {
    name: 'second-taken-for-a-moment',
    breaks: 'A service that names the second may mean any moment of it',
    patches: [inEcho('const latest = latestOf(occurredAt);', 'const latest = occurredAt;')],
  },
  {
    name: 'answer-taken-for-a-read',
    breaks: 'The answer to a write contains the state at its commit, not at its arrival',
    patches: [work('echo: { afterAsOf, seenAt: null },', 'echo: null,')],
  },
  {
    name: 'failed-edit-taken-for-an-echo',
    breaks: 'What was read before a failure has not been dealt with',
    patches: [failure('  forgetTimes(work.link);\n', '')],
  },
];
