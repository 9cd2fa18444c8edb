import type { Actor } from './rows';

/** How many days what is over is kept. Links are kept for ever. */
export interface RetentionDays {
  /** Settled events, and with them what tells repeated notifications apart. */
  events: number;
  /** Writes that are done with. */
  intents: number;
  /** Conflicts that are closed. */
  conflicts: number;
  /** Links to decide a conflict that have expired. */
  decisionLinks: number;
  /** Records of the built-in app that were deleted. */
  appRecords: number;
  /** Counted calls. */
  usage: number;
  audit: number;
}

/** Rows that were removed. */
export type Removed = Record<keyof RetentionDays, number>;

export interface RetentionStore {
  days(): Promise<RetentionDays>;
  /** ValidationError where one is below what the sync needs. */
  setDays(patch: Partial<RetentionDays>, act: { now: number; by: Actor }): Promise<RetentionDays>;
  /** Whether a run may begin: true for one caller, wherever it runs, and not again for so long. */
  begin(options: { now: number; everyMs: number }): Promise<boolean>;
  /** Removes one batch of what is older than it has to be kept; returns how many rows. Zero: nothing is left. */
  removeSome(
    kind: Exclude<keyof RetentionDays, 'audit'>,
    options: { now: number; limit: number },
  ): Promise<number>;
  /** Leaves a row in the audit. */
  finish(removed: Removed, act: { now: number; by: Actor }): Promise<void>;
}
