/**
 * What people are asked, or find as a dead letter, because of a fault: where a ledger gives no means to tell what
 * became of a write. Everything else finds its own way.
 */
export interface Question {
  /** A reason of a conflict, or the error of a dead letter. */
  asks: string;
  why: string;
  /** In so many of the enumerated cases. */
  atMost: number;
}

const refused = (atMost: number): Question => ({
  asks: 'dead validation',
  why: 'a side that says no is not asked again until somebody has looked; replayed, the write goes through',
  atMost,
});

const normalized = (atMost: number): Question => ({
  asks: 'both_changed',
  why:
    'there is neither a lock with keys that would be answered nor a value that was sent: what the ledger has ' +
    'written its own way, and whose answer was lost, may as well be an edit',
  atMost,
});

const inDoubt = (atMost: number): Question => ({
  asks: 'uncertain_write',
  why: 'where one field of a lost write looks like an edit, the others it has changed are asked about along with it',
  atMost,
});

/** By the name of the ledger's profile. QuickBooks answers a repeated key, so nothing stays in doubt there. */
export const questions: Readonly<Record<string, readonly Question[]>> = {
  quickbooks: [refused(220)],
  xero: [
    refused(190),
    normalized(90),
    inDoubt(65),
    {
      asks: 'no_base',
      why: 'an item carries no mark: one that is found by its name and says something else may be another one',
      atMost: 20,
    },
  ],
  wave: [
    refused(210),
    normalized(50),
    {
      asks: 'uncertain_write',
      why: 'neither marks nor keys: whether a create has landed that nobody has heard of, only people can tell',
      atMost: 140,
    },
    {
      asks: 'delete_against_edit',
      why: 'the record made again has moved since somebody decided on it, and nothing says that we did that',
      atMost: 12,
    },
  ],
  accountedge: [refused(180), normalized(40), inDoubt(40)],
};
