import type { SideName } from '../../../shared/ports';

/** The marker of a record that people made, the same on both sides. */
export type Marker = string;

/** One value that somebody entered, and what they saw there before. */
export interface Edit {
  marker: Marker;
  side: SideName;
  /** `email`, `billingAddress.city`; `line.description` and `line.amount` for any line. */
  path: string;
  /** Null: taken away. */
  value: string | null;
  /** Undefined: they saw nothing, it was a new record or line. */
  saw: string | null | undefined;
  at: number;
}

/** What somebody saw on the side where they removed a record. */
export interface Removal {
  marker: Marker;
  side: SideName;
  saw: ReadonlySet<string>;
}

/** Everything people did, so that it can be asked afterwards what became of it. */
export class LedgerOfEdits {
  readonly edits: Edit[] = [];
  readonly removals: Removal[] = [];
  readonly markers = new Set<Marker>();
  /** Entered on both sides by hand: until they meet, what one side empties or removes says nothing of the other. */
  readonly twins = new Set<Marker>();
  private issued = 0;

  /** A value that nobody has entered before. */
  token(): string {
    return `V${++this.issued}`;
  }
}
