import type { SideName } from '../../../shared/ports';

/** One value that somebody entered, and what they saw there before. */
export interface Edit {
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
  side: SideName;
  saw: ReadonlySet<string>;
}

/** All that people did to one logical record. */
export interface History {
  marker: string;
  entity: string;
  edits: Edit[];
  removals: Removal[];
  /** How often somebody has taken a removal back. */
  reopenings: number;
  /** Lines as somebody has put them in order, by what they say. */
  orders: { side: SideName; texts: readonly string[] }[];
  /** Entered on both sides by hand: until they meet, what one side empties or removes says nothing of the other. */
  isTwin: boolean;
}

/** Everything people did, so that it can be asked afterwards what became of it. */
export class Journal {
  readonly histories = new Map<string, History>();
  /** Values that somebody typed to resolve a conflict, in lower case. */
  readonly typed = new Set<string>();
  private issued = 0;

  begin(entity: string): History {
    const history: History = {
      marker: `R${this.histories.size + 1}`,
      entity,
      edits: [],
      removals: [],
      reopenings: 0,
      orders: [],
      isTwin: false,
    };
    this.histories.set(history.marker, history);
    return history;
  }

  of(marker: string): History {
    const history = this.histories.get(marker);
    if (!history) throw new Error(`nobody has made ${marker}`);
    return history;
  }

  /** Whether somebody has brought back anything at all. */
  get hasReopenings(): boolean {
    return [...this.histories.values()].some(({ reopenings }) => reopenings > 0);
  }

  /** A number that nobody has used before. */
  fresh(): number {
    return ++this.issued;
  }
}
