import type { EntityCapability, SideCapabilities } from '../../../shared/ports';
import type { Profile } from './profile';

/** What the engine is told about a side with these habits. */
export function capabilitiesOf(profile: Profile): SideCapabilities {
  const entities = Object.entries(profile.entities).map(([name, habits]): [string, EntityCapability] => [
    name,
    {
      create: true,
      update: habits.update,
      remove: habits.remove,
      unsupported: profile.unsupportedNotes && name === 'customer' ? { notes: 'There are no notes.' } : {},
      readOnly: {},
      lookup: habits.lookup,
      webhook: habits.webhook,
      changeFeed: true,
    },
  ]);
  return {
    label: profile.name,
    lock: profile.lock,
    versions: profile.versions === 'counter' || profile.versions === 'time' ? 'rising' : 'opaque',
    idempotency: profile.idempotencyMs === null ? null : { maxLength: 50, ttlMs: profile.idempotencyMs },
    lineIds: profile.lineIds === 'replaced' ? 'replaced' : 'kept',
    lookupLagMs: Math.max(profile.lookupLagMs, profile.listLagMs),
    entities: Object.fromEntries(entities),
  };
}
