import type { StoreFlaw } from '../store/flaws';
import type { Mutant } from './mutant';

/** What each flaw of the store breaks. */
const promises: Readonly<Record<StoreFlaw, string>> = {
  'fence-not-checked': 'What a worker does after its lease has passed on is refused',
  'lease-not-checked': 'A record that somebody holds is handed to nobody else',
  'claimlink-ignores-lease': 'A record that somebody holds is handed to nobody else, as a dependency either',
  'append-forgets-last': 'What an append has acknowledged is kept',
  'dedupe-by-record': 'Only the same notification is a duplicate, not the next one of its record',
  'settle-loses-newer-events': 'What arrives while a record is worked on is not settled with it',
  'intents-not-stored': 'A write is stored as an intent before it is sent',
  'intents-forgotten-at-claim': 'Whoever takes a record over learns of its open intents',
  'intent-outcome-ignored': 'An intent that is done with does not come back',
  'conflict-not-closed': 'A conflict that is settled is closed',
  'resolution-without-version': 'A decision on a conflict that has been refreshed is refused',
  'resolution-not-queued': 'A decision is carried out without further ado',
  'held-not-released': 'What was held goes on when its conflict is closed',
  'waiting-not-woken': 'What waited for a record goes on when that is settled',
  'absorb-drops-events': 'The events of an absorbed link are carried out by the other one',
  'link-not-written': 'What was learned of a record is stored with its settlement',
  'former-record-forgotten': 'What refers to a record that was made anew means the one that took its place',
  'audit-not-written': 'Every settlement is in the audit',
  'paused-is-claimed': 'Nothing is claimed of a paused connection',
  'policy-version-not-checked': 'Nothing is written under policies that are no longer in force',
  'dead-letters-dropped': 'Dead letters are kept for people',
  'attempts-not-counted': 'Attempts are counted, and so bounded',
  'refresh-not-told': 'People are told when a conflict has come to say something else',
  'failure-not-told': 'People are told of every record that has failed',
  'told-again': 'Nobody is told the same thing twice',
  'notices-skipped': 'What did not fit into one execution is told by the next',
  'failed-stay-failed': 'A failed event whose record is in sync later is settled by that',
};

/** The faults that the store in memory can be given. */
export const store: readonly Mutant[] = Object.entries(promises).map(([flaw, breaks]) => ({
  name: `store-${flaw}`,
  breaks,
  flaws: [flaw],
}));
