import type { Actor } from './rows';

/** Rows that were erased, or from which personal text was taken, by what people call them. */
export type ErasedCounts = Record<string, number>;

/** Work on a record that is not done yet. */
export interface OpenWork {
  /** Pending, waiting, held and failed events. */
  events: number;
  /** Writes that may or may not have landed. */
  writes: number;
  conflicts: number;
  /** A worker has the record at this very moment. */
  leased: boolean;
}

export interface PersonErasure {
  counts: ErasedCounts;
  openWork: OpenWork;
}

export interface ErasureStore {
  /**
   * Everything of one connection. What stays is in the store's own chain: when, by whom, how many rows, and the last
   * hash. It can be repeated when it was interrupted. Nothing is changed in a dry run.
   */
  connection(id: string, options: { now: number; by: Actor; dryRun: boolean }): Promise<ErasedCounts>;
  /**
   * Personal text of one record, and what names it elsewhere; ids, amounts and dates stay. Refused (BusyError) while
   * there is open work, unless forced; a write that may have landed is left as it is all the same.
   */
  person(
    person: { connectionId: string; entity: string; recordId: string },
    options: { now: number; by: Actor; dryRun: boolean; force: boolean },
  ): Promise<PersonErasure>;
}
