import type { PolicyWinner, SideName } from '../../ports';
import type { FieldSpec, FieldValue } from '../../schema/entity';

/** How one field came to its merged value. `agreed`: both sides moved it to the same value. */
export interface FieldDecision {
  path: string;
  from: SideName | 'agreed' | 'typed';
  by: 'edit' | 'policy' | 'resolution';
  before: unknown;
  after: unknown;
}

/** What settles a field that moved apart: the policy, or what a person chose. */
export type Verdict =
  | { winner: PolicyWinner; by: 'policy' | 'resolution' }
  | { value: FieldValue; by: 'resolution' };

export interface MergeRules {
  /** `path` is the instance (`lines[app:7].amount`), `specPath` what policies name (`lines.amount`). */
  verdict(path: string, specPath: string): Verdict;
  /** Why this side cannot take a new value for the field, or null when it can. */
  refusal(side: SideName, spec: FieldSpec): 'immutable' | 'not_writable' | null;
  /** Where a record may be one that we have made and somebody has changed since. */
  uncertain: SideName | 'both' | null;
  /** Whether somebody has been asked about the field and nothing was ever agreed on it. */
  isOpen(path: string): boolean;
}
