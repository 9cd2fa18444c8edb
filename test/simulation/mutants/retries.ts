import { within, type Mutant } from './mutant';

const failure = within('failure');

/** What passes is tried again, what does not is put before people, and nothing is tried for ever. */
export const retries: readonly Mutant[] = [
  {
    name: 'retry-without-bound',
    breaks: 'Attempts are bounded',
    patches: [failure('if (attempt >= attemptsFor(run.options.retry, error))', 'if (!error.retryable)')],
  },
  {
    name: 'passing-fault-taken-for-permanent',
    breaks: 'A passing fault is tried again',
    patches: [
      failure('if (attempt >= attemptsFor(', "if (error.code === 'transient' || attempt >= attemptsFor("),
    ],
  },
  {
    name: 'lost-answer-taken-for-permanent',
    breaks: 'A write whose answer was lost is settled later, not given up',
    patches: [
      failure(
        'if (attempt >= attemptsFor(',
        "if (error.code === 'uncertain_write' || attempt >= attemptsFor(",
      ),
    ],
  },
  {
    name: 'ended-grant-does-not-pause',
    breaks: 'An ended grant pauses the connection, its events wait',
    patches: [
      failure("if (error.code === 'auth') {", "if (error.code === 'budget' && error.retryable === null) {"),
    ],
  },
  {
    name: 'rate-limit-counted-as-an-attempt',
    breaks: 'Being asked to slow down is no failed attempt',
    patches: [
      failure(
        "return { kind: 'retry', dueAt: resumeAt, error: report, countAttempt: false };",
        "return { kind: 'retry', dueAt: resumeAt, error: report, countAttempt: true };",
      ),
    ],
  },
  {
    name: 'rate-limit-taken-for-a-fault',
    breaks: 'A rate limit rests the connection, however often it comes',
    patches: [
      failure(
        "if (error.code === 'rate_limit' || error.code === 'budget') {",
        "if (error.code === 'budget') {",
      ),
    ],
  },
  {
    name: 'rate-limit-not-respected',
    breaks: 'Nothing is asked of a side that asked to be left alone',
    patches: [failure('const resumeAt = now + restOf(error);', 'const resumeAt = now;')],
  },
  {
    name: 'dead-letter-settled-in-silence',
    breaks: 'An event that cannot be carried out is kept for people',
    patches: [failure("return { kind: 'dead', error: report };\n", "return { kind: 'settled' };\n")],
  },
  {
    name: 'failed-converge-settles-its-events',
    breaks: 'An event is settled when its record is in step, not when it was tried',
    patches: [
      failure(
        "return { kind: 'retry', dueAt: now + delay, error: report, countAttempt: true };",
        "return { kind: 'settled' };",
      ),
    ],
  },
];
