import { PolicyChangedError } from '../../../shared/errors';
import type { Claim, Intent } from '../../../shared/ports';
import { heldLink } from './fence';
import type { MemoryDatabase } from './memoryDatabase';
import type { LinkRow } from './rows';
import { asStored } from './values';

/**
 * Stores writes before they are sent. A key that is there already is open again and keeps the time when it was
 * first stored; what decided it is what decides it now.
 */
export function storeIntents(database: MemoryDatabase, claim: Claim, intents: readonly Intent[]): void {
  const link = heldLink(database, claim, 'fence-not-checked');
  if (intents.length === 0) return;
  checkPolicy(database, link, intents);
  if (database.flaws?.has('intents-not-stored')) return;
  // Of two with one key in one call, the last one holds.
  const unique = intents.length === 1 ? intents : new Map(intents.map((each) => [each.key, each])).values();
  for (const intent of unique) {
    const known = database.intents.get(intent.key);
    if (known) {
      const { connectionId, linkId, side, operation, recordId, expectedVersion, desired, storedAt } =
        known.intent;
      const first = { connectionId, linkId, side, operation, recordId, expectedVersion, desired, storedAt };
      known.intent = database.sealed({ ...storedIntent(link, intent), ...first, renewedAt: intent.storedAt });
      known.outcome = null;
      continue;
    }
    const row = { intent: database.sealed(storedIntent(link, intent)), outcome: null };
    database.intents.set(intent.key, row);
    link.intents.push(row);
  }
}

function checkPolicy(database: MemoryDatabase, link: LinkRow, intents: readonly Intent[]): void {
  if (database.flaws?.has('policy-version-not-checked')) return;
  const version = database.policyVersion(link.connection.value.id);
  if (intents.every((intent) => intent.policyVersion === version)) return;
  throw new PolicyChangedError('The conflict policy has changed since this was decided', {
    entity: link.entity,
  });
}

function storedIntent(link: LinkRow, intent: Intent): Intent {
  return {
    key: intent.key,
    connectionId: link.connection.value.id,
    linkId: link.id,
    side: intent.side,
    operation: intent.operation,
    recordId: intent.recordId,
    expectedVersion: intent.expectedVersion,
    desired: asStored(intent.desired),
    agreed: asStored(intent.agreed),
    ...(intent.decisions?.length ? { decisions: asStored(intent.decisions) } : undefined),
    policyVersion: intent.policyVersion,
    storedAt: intent.storedAt,
  };
}
