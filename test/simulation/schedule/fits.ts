import type { CallKind, FaultKind } from './steps';

/** The calls that a fault can strike; at another one it waits for the next that it fits. */
export const FITS: Readonly<Record<FaultKind, readonly CallKind[]>> = {
  crash_before: ['store', 'read', 'write'],
  crash_after: ['store', 'read', 'write'],
  transient: ['read', 'write'],
  '5xx_not_applied': ['write'],
  '5xx_applied': ['write'],
  answer_lost: ['write'],
  answer_late: ['store', 'read', 'write'],
  rate_limit: ['read', 'write'],
  refused: ['write'],
  unstorable: ['store'],
  store_down: ['store'],
  stale_read: ['read'],
  revoked: ['read', 'write'],
  meanwhile: ['store', 'read', 'write'],
};
