/** Faults that can be planted in the twin, to see whether a simulation notices them. */
export const storeFlaws = [
  /** `settle` and `storeIntents` accept a claim whose lease has passed to another worker. */
  'fence-not-checked',
  /** `claim` hands out records that somebody holds. */
  'lease-not-checked',
  /** `claimLink` hands out a record that somebody holds. */
  'claimlink-ignores-lease',
  /** The last event of an append is acknowledged and not kept. */
  'append-forgets-last',
  /** An event is a duplicate when its record ever had one on that side, even one that is settled. */
  'dedupe-by-record',
  /** Settling a record also settles what arrived after the claim. */
  'settle-loses-newer-events',
  /** Intents are acknowledged and not kept. */
  'intents-not-stored',
  /** A claim comes without the open intents of its record. */
  'intents-forgotten-at-claim',
  /** What became of an intent is not stored: it comes back with the next claim. */
  'intent-outcome-ignored',
  /** A settlement that closes a conflict leaves it as it was. */
  'conflict-not-closed',
  /** A decision is accepted on a conflict that has been refreshed since it was looked at. */
  'resolution-without-version',
  /** A decision is recorded and its record not queued. */
  'resolution-not-queued',
  /** Held events stay held when their conflict is closed or their link absorbed. */
  'held-not-released',
  /** A record that settles wakes nobody. */
  'waiting-not-woken',
  /** The events of an absorbed link go with it. */
  'absorb-drops-events',
  /** A settlement stores everything but the link. */
  'link-not-written',
  /** A record that its link leaves for another one is not kept as that link's former one. */
  'former-record-forgotten',
  /** A settlement stores everything but its audit entries. */
  'audit-not-written',
  /** `claim` hands out records of paused connections. */
  'paused-is-claimed',
  /** Intents are stored whatever policies they were decided under. */
  'policy-version-not-checked',
  /** An event that is to be kept as a dead letter is recorded as settled. */
  'dead-letters-dropped',
  /** Attempts are never counted. */
  'attempts-not-counted',
  /** A conflict that comes to say something else is not announced again. */
  'refresh-not-told',
  /** A record that fails is not announced. */
  'failure-not-told',
  /** A consumer's place in the notices is not kept. */
  'told-again',
  /** A consumer's place is put past what did not fit in. */
  'notices-skipped',
  /** Failed events of a record that is in sync stay failed. */
  'failed-stay-failed',
] as const;

export type StoreFlaw = (typeof storeFlaws)[number];
