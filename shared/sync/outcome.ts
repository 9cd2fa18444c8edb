import type { ErrorReport, FieldConflict, SideName } from '../ports';
import type { FieldDecision } from './merge/rules';

/** What became of one record in one converge; what the nodes output. */
export interface Outcome {
  connectionId: string;
  linkId: string;
  entity: string;
  /** The record's number or name, for people. */
  title: string;
  appId: string | null;
  ledgerId: string | null;
  /**
   * `synced`: both sides are in step. `conflict`: held for a person. `waiting`: for another record, or for its
   * next attempt. `failed`: a dead letter.
   */
  result: 'synced' | 'conflict' | 'waiting' | 'failed';
  /** `echo`: nothing was read or written; `in_step`: nothing was written. */
  action: 'echo' | 'in_step' | 'linked' | 'created' | 'updated' | 'removed' | 'held' | 'none';
  /** The sides that were written to. */
  wrote: SideName[];
  changes: FieldDecision[];
  conflictFields: FieldConflict[];
  /** The events it was about; those of a dead letter can be replayed. */
  eventIds: string[];
  error: ErrorReport | null;
}
