import type { RawBuilder } from 'kysely';
import type { Queries } from './database';

export type ColumnType = 'text' | 'int';

/** Columns of a parameter table, in order. */
export type Columns<T> = { readonly [K in keyof T & string]: ColumnType };

/** Where SQLite and PostgreSQL differ; everything else is written once. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres';
  /** One writer at a time: row locks are not needed and commits are shared by all operations. */
  readonly singleWriter: boolean;
  /**
   * Column types and table suffix of the migrations, what makes the database refuse changes of the audit, and what
   * keeps `event_counts` true whoever moves an event.
   */
  readonly ddl: {
    text: string;
    int: string;
    suffix: string;
    auditGuards: readonly string[];
    countEvents: readonly string[];
  };
  /** The values as a table `v`, sent as one parameter, so that the statement's text never changes. */
  rows<T extends object>(columns: Columns<T>, values: readonly T[]): RawBuilder<T>;
  /** `in (...)` of texts, sent as one parameter. */
  anyOf(values: readonly string[]): RawBuilder<unknown>;
  /** Holds the selected rows until the end of the transaction. */
  readonly forUpdate: RawBuilder<unknown>;
  /** As `forUpdate`, leaving out rows that somebody else holds. */
  readonly skipLocked: RawBuilder<unknown>;
  /** The largest of its arguments, none of them null. */
  greatest(...values: RawBuilder<unknown>[]): RawBuilder<number>;
  /** Keeps others from writing to the table until the end of the transaction. */
  lockTable(queries: Queries, table: string): Promise<void>;
  /** Whether the same transaction can succeed when it is tried again. */
  isTransient(error: unknown): boolean;
  /** Whether somebody's lock, or the sheer amount of work, kept a statement from ending in its time. */
  isBlocked(error: unknown): boolean;
  /** Shortens the wait for locks in this transaction; null where there are none. */
  readonly impatient: RawBuilder<unknown> | null;
  /** Whether a key appeared or went between look-up and write: tried again, it is seen. */
  isRace(error: unknown): boolean;
  /** Whether the connection was lost, so that an answer to COMMIT is unknown. */
  isDisconnect(error: unknown): boolean;
}
