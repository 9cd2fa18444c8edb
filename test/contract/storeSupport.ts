import type { Claim, ConflictRecord, Intent, Link, NewEvent, Settlement, Store } from '../../shared/ports';

export { aBinding, aConnection } from '../support/connection';

/** The tests' own clock: any moment will do. */
export const T0 = 1_750_000_000_000;
export const MINUTE = 60_000;

export const anEvent = (recordId: string, patch: Partial<NewEvent> = {}): NewEvent => ({
  connectionId: 'c1',
  entity: 'invoice',
  side: 'ledger',
  recordId,
  source: 'webhook',
  ...patch,
});

export const claimSome = async (
  store: Store,
  { now = T0, limit = 100, worker = 'w1', leaseMs = MINUTE, connectionIds = ['c1'] } = {},
): Promise<Claim[]> => await store.queue.claim({ connectionIds, worker, now, leaseMs, limit });

export const claimOne = async (
  store: Store,
  options: Parameters<typeof claimSome>[1] = {},
): Promise<Claim> => {
  const [claim] = await claimSome(store, { ...options, limit: 1 });
  if (!claim) throw new Error('nothing to claim');
  return claim;
};

/** A settlement that only says that all is well. */
export const settled = (patch: Partial<Settlement> = {}): Settlement => ({
  now: T0,
  intents: [],
  audit: [],
  outcome: { kind: 'settled' },
  ...patch,
});

export const anIntent = (claim: Claim, key: string, patch: Partial<Intent> = {}): Intent => ({
  key,
  connectionId: claim.link.connectionId,
  linkId: claim.link.id,
  side: 'app',
  operation: 'update',
  recordId: 'a1',
  expectedVersion: '3',
  desired: { total: '12.5', docNumber: 'INV-1' },
  agreed: { schemaVersion: 1, state: 'live', fields: { total: '12.5', docNumber: 'INV-1' } },
  policyVersion: 0,
  storedAt: T0,
  ...patch,
});

/** The link's state with both sides known. */
export const paired = (link: Link, appId: string, ledgerId: string): NonNullable<Settlement['link']> => ({
  app: { id: appId, version: '1', asOf: null, echo: null },
  ledger: {
    id: ledgerId,
    version: '7',
    asOf: '2026-01-02T03:04:05.000Z',
    echo: { afterAsOf: null, seenAt: '2026-01-02T03:04:06.000Z' },
  },
  base: { schemaVersion: 1, state: 'live', fields: { zeta: 'last', alpha: 'first', none: null } },
  lines: [{ key: 'k1', app: '1', ledger: link.ledger.id }],
});

export const failure = { code: 'transient', message: 'the ledger did not answer' };

/** The record behind a conflict that nobody looks at. */
export const NO_RECORD: ConflictRecord = {
  base: null,
  app: { state: 'absent', fields: {}, lastChange: null },
  ledger: { state: 'absent', fields: {}, lastChange: null },
};
