import type { SyncError, SyncErrorCode } from '../errors';

/** What the side itself said no to: this very request will not do, and has done nothing. */
const refusals: readonly SyncErrorCode[] = [
  'stale_version',
  'duplicate',
  'validation',
  'not_found',
  'unsupported',
  'mapping',
];

/** What never got as far as being judged, and has done nothing either. */
const unsent: readonly SyncErrorCode[] = ['auth', 'rate_limit', 'budget', 'transient'];

export const isRefusal = (error: SyncError): boolean => refusals.includes(error.code);

export const wasNotSent = (error: SyncError): boolean => unsent.includes(error.code);
