/** What each of these leaves to others. */
const ANOTHER_GUARD = {
  'renamed-lost-create-trusted': 'whatever has come since is listed, and asked about',
  'complete-link-absorbed': 'the store refuses to absorb a link that has both its records',
  'key-without-what-is-written': 'the key has the version that was read',
  'hash-without-line-order': 'the key has the version that was read',
  'older-read-believed': 'a write on the older state is refused, and the next look reads the newer one',
  'claims-worked-on-after-their-lease': 'the store refuses what comes too late, and versions move',
  'late-write-sent': 'calls take no time here: the store refuses what comes too late',
  'store-resolution-without-version': 'the engine compares the versions that the conflict speaks of itself',
  'store-paused-is-claimed': 'the engine looks at the connection itself',
  'store-waiting-not-woken': 'whatever waits looks again by itself, later',
  'store-absorb-drops-events': 'the record is looked at by whoever absorbs its link',
  'absorbed-link-still-referred-to': 'references are looked up anew with every run',
  'rate-limit-taken-for-a-fault': 'a limit is about the connection, which rests for any trouble of its own',
  'ended-grant-does-not-pause':
    'an ended grant is about the connection, which rests instead; unit tests see to the pause',
  'refused-reference-final':
    'a failed record is settled by the next look, which comes when what it names is recreated',
} as const;

/** What chance has not brought up in ten thousand schedules. */
const RARE = {
  'found-record-not-left-to-its-maker': 'two links that both could have made one record, at one moment',
  'base-of-the-predecessor-kept': 'a record made anew whose predecessor differs where nobody has edited',
  'line-ids-of-the-predecessor-kept': 'a record made anew that names its lines by the same numbers',
  'ambiguous-match-guessed': 'three records of one name',
  'answer-taken-for-a-read': 'an edit between the read and the answer of one write, told before that',
  'busy-maker-not-waited-for-at-adoption': 'two links that meet in one millisecond',
  'chosen-order-stays-doubtful': 'an order of lines in doubt that somebody decides',
} as const;

/** What no promise of the simulation speaks of. */
const NOBODY_LOOKS = {
  'doubt-not-raised': 'somebody who takes back what we wrote, and what they saw before, cannot be told apart',
  'batch-goes-on-while-resting': 'calls that a resting side refuses are only bounded',
  'failed-dependency-waited-for-ever': 'how long something may wait is not bounded',
  'store-attempts-not-counted': 'no outage here lasts for ever',
  'undone-decisions-audited': 'a decision that is made again is in the log twice',
} as const;

/** Planted bugs that are not noticed, and why; `--mutants --all` tries them too. One that is noticed leaves. */
export const elusive: Readonly<Record<string, string>> = { ...ANOTHER_GUARD, ...RARE, ...NOBODY_LOOKS };
