import type {
  ErasedCounts,
  Removed,
  RetentionDays,
  Actor,
  AuditEntry,
  Binding,
  Conflict,
  Connection,
  DecisionLink,
  Dismissal,
  PolicyEdit,
  Resolution,
} from '../ports';

/**
 * What people do to a store, as its audit tells it. These rows say nothing of a link's state, so that whoever
 * replays the log passes over them.
 */

const act = (
  kind: string,
  by: Actor,
  detail: Record<string, unknown>,
  linkId: string | null = null,
): AuditEntry => ({
  kind,
  linkId,
  by,
  detail,
});

export function connectionCreated(connection: Connection, by: Actor): AuditEntry {
  const { id, name, provider, tenantId, settings, binding } = connection;
  return act('connection_created', by, { id, name, provider, tenantId, settings, binding });
}

export const connectionRebound = (before: Binding, after: Binding, by: Actor): AuditEntry =>
  act('connection_rebound', by, { before, after });

/** That a connection rests for a while is no act: it says so itself, and a busy company does it often. */
type Told = Partial<Pick<Connection, 'name' | 'state' | 'pausedReason' | 'settings'>>;

/** Null where nothing changes that people would ask about. */
export function connectionChanged(before: Told, patch: Told, by: Actor): AuditEntry | null {
  const changed = (['name', 'state', 'pausedReason', 'settings'] as const).filter(
    (member) =>
      patch[member] !== undefined && JSON.stringify(patch[member]) !== JSON.stringify(before[member]),
  );
  if (changed.length === 0) return null;
  const of = (values: Told) => Object.fromEntries(changed.map((member) => [member, values[member] ?? null]));
  const kind = changed.includes('state')
    ? patch.state === 'paused'
      ? 'connection_paused'
      : 'connection_resumed'
    : 'connection_changed';
  return act(kind, by, { before: of(before), after: of(patch) });
}

/** `before` is the rule that was in force for the same. */
export function policyChanged(
  edit: PolicyEdit,
  { before, version, undoes }: { before: PolicyEdit | null; version: number; undoes?: number },
  by: Actor,
): AuditEntry {
  const { entity, field, counterparty, winner, locked = false, reason, decidedBy } = edit;
  const wasLocked = before?.locked ?? false;
  const kind = undoes !== undefined ? 'policy_undone' : winner === null ? 'policy_removed' : 'policy_set';
  return act(kind, by, {
    entity,
    field,
    ...(counterparty === undefined ? {} : { counterparty }),
    before: before?.winner ?? null,
    after: winner,
    ...(locked || wasLocked ? { locked: { before: wasLocked, after: locked } } : {}),
    ...(decidedBy === undefined ? {} : { decidedBy }),
    ...(reason === undefined ? {} : { note: reason }),
    ...(undoes === undefined ? {} : { undoes }),
    version,
  });
}

export const daysChanged = (before: RetentionDays, after: RetentionDays, by: Actor): AuditEntry =>
  act('settings_changed', by, { before, after });

export const storeCleanedUp = (removed: Removed, by: Actor): AuditEntry =>
  act('store_cleaned_up', by, { removed });

/** Names no more events than people would look at. */
const MOST_NAMED = 50;

/** Failed events of one record, of which somebody has decided something. */
interface FailedEvents {
  linkId: string;
  entity: string;
  eventIds: readonly string[];
}

const named = (eventIds: readonly string[]) => ({
  count: eventIds.length,
  events: [...eventIds].sort().slice(0, MOST_NAMED),
});

export const eventsReplayed = (
  { linkId, entity, eventIds }: FailedEvents,
  by: Actor,
  decidedBy?: string,
): AuditEntry =>
  act(
    'events_replayed',
    by,
    { entity, ...named(eventIds), ...(decidedBy === undefined ? {} : { decidedBy }) },
    linkId,
  );

export const eventsDismissed = (
  { linkId, entity, eventIds }: FailedEvents,
  { by, reason, decidedBy }: Dismissal,
): AuditEntry =>
  act(
    'events_dismissed',
    by,
    // Not `reason`: that names a cause of ours, this is somebody's text.
    { entity, ...named(eventIds), note: reason, ...(decidedBy === undefined ? {} : { decidedBy }) },
    linkId,
  );

export function conflictResolved(
  { id, linkId, entity, title }: Pick<Conflict, 'id' | 'linkId' | 'entity' | 'title'>,
  { by, choices, decidedBy, note }: Resolution,
): AuditEntry {
  const told = { ...(decidedBy === undefined ? {} : { decidedBy }), ...(note === undefined ? {} : { note }) };
  return act('conflict_resolved', by, { conflict: id, entity, title, choices, ...told }, linkId);
}

export const decisionLinkCreated = (
  { conflictId, linkId, person, expiresAt }: DecisionLink,
  { entity, title }: { entity: string; title: string },
  by: Actor,
): AuditEntry =>
  act('decision_link_created', by, { conflict: conflictId, entity, title, person, expiresAt }, linkId);

/** Where the chain of an erased connection ended: an anchor of it can still be told from one that was made up. */
interface LastRow {
  id: string;
  seq: number;
  hash: string;
}

export const erasureBegun = (last: LastRow, by: Actor): AuditEntry => act('erasure_begun', by, { ...last });

export const connectionErased = (erased: LastRow & { counts: ErasedCounts }, by: Actor): AuditEntry =>
  act('connection_erased', by, { ...erased });

export const personErased = (
  { linkId, entity, counts }: { linkId: string; entity: string; counts: ErasedCounts },
  by: Actor,
): AuditEntry => act('person_erased', by, { entity, counts }, linkId);
