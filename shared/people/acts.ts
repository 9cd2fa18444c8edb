/** What the audit tells of, in plain words. */

export const WHAT: Readonly<Record<string, string>> = {
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
  recovered: 'No longer failed: in sync since',
  settings_changed: 'Settings changed',
  store_cleaned_up: 'Old data removed',
  synced: 'Brought in sync',
};

/** How a value came to count. */
export const RULE: Readonly<Record<string, string>> = {
  edit: 'changed on one side',
  policy: 'policy',
  resolution: 'decided by a person',
};
