import type { AuditRow } from '../../../../shared/ports';
import { fieldLabelOf } from '../../../runtime/fieldLabel';

interface Decision {
  path: string;
  from: string;
  by: string;
  before?: unknown;
  after?: unknown;
}

const WHAT: Readonly<Record<string, string>> = {
  absorbed: 'Two entries of one record became one',
  audit_head_mismatch: 'The end of the audit was found changed',
  audit_key_changed: 'The audit continues with another key',
  conflict: 'Changed on both sides, a person was asked',
  conflict_resolved: 'Conflict decided',
  connection_changed: 'Connection changed',
  connection_created: 'Connection created',
  connection_erased: 'Connection erased',
  connection_paused: 'Connection paused',
  connection_rebound: 'Connection handed to another credential',
  connection_resumed: 'Connection resumed',
  dead_letter: 'Failed',
  decision_link_created: 'Link to decide a conflict made',
  echo: 'Own write recognized',
  erasure_begun: 'Erasure of a connection begun',
  events_dismissed: 'Failure dismissed',
  events_replayed: 'Failed events tried again',
  gone: 'Record is gone',
  deferred: 'Put off',
  in_step: 'In sync already',
  person_erased: 'Personal data erased',
  policy_removed: 'Policy removed',
  policy_set: 'Policy set',
  policy_undone: 'Change of a policy undone',
  resolution_refused: 'Decision could not be carried out, asked again',
  settings_changed: 'Settings changed',
  store_cleaned_up: 'Old data removed',
  synced: 'Brought in sync',
};

const RULE: Readonly<Record<string, string>> = {
  edit: 'changed on one side',
  policy: 'policy',
  resolution: 'decided by a person',
};

const FROM: Readonly<Record<string, string>> = {
  agreed: 'both sides alike',
  app: 'from the app',
  ledger: 'from the accounting tool',
  typed: 'typed in',
};

/** An entry of the log as people read it: one item for each field that was decided, or one for the act. */
export function entriesOf(row: AuditRow): object[] {
  const { at, by, kind, detail, linkId, seq } = row;
  const { entity, decisions = [], before = null, after = null, error = null } = detail;
  const lead = {
    time: new Date(at).toISOString(),
    who: by === 'sync' ? 'Accounting Sync' : by,
    what: WHAT[kind] ?? kind.replaceAll('_', ' '),
    entity: entity ?? null,
  };
  const tail = { number: seq, linkId, connectionId: row.connectionId };
  const fields = (decisions as Decision[]).map((decision) => ({
    ...lead,
    field: fieldLabelOf(String(entity), decision.path),
    before: decision.before ?? null,
    after: decision.after ?? null,
    rule: [RULE[decision.by] ?? decision.by, FROM[decision.from] ?? decision.from].join(', '),
    path: decision.path,
    ...tail,
  }));
  if (fields.length > 0) return fields;
  return [{ ...lead, field: null, before, after, rule: null, details: error ?? detail, ...tail }];
}
