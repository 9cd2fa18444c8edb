import { TransientError, UncertainWriteError, ValidationError, type SyncError } from '../../errors';
import type { HttpRequest } from '../../ports';
import { cut, escapeControls } from '../../schema/text';

/** Failures that come before the first byte of the request has left. */
const NOTHING_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

interface Failure {
  code: string;
  syscall?: string;
}

function failureOf(error: unknown): Failure {
  const { code, syscall, cause } = (error ?? {}) as { code?: unknown; syscall?: unknown; cause?: unknown };
  if (typeof code === 'string') return { code, ...(typeof syscall === 'string' ? { syscall } : {}) };
  return cause === undefined || cause === error ? { code: 'unknown' } : failureOf(cause);
}

/**
 * What a request without an answer means. The original error is not kept as cause: HTTP clients hang the
 * request on it, and with it the token.
 */
export function toTransportError(error: unknown, { method, url }: HttpRequest): SyncError {
  const { code, syscall } = failureOf(error);
  if (!URL.canParse(url)) {
    return new ValidationError(`The address of the provider is not a URL: ${cut(escapeControls(url), 100)}`, {
      nextStep: 'Open the credential in n8n and correct the address.',
    });
  }
  const { host } = new URL(url);
  const isRead = method === 'GET';
  if (NOTHING_SENT.has(code) || (code === 'ETIMEDOUT' && syscall === 'connect')) {
    return new TransientError(`${host} could not be reached (${code})`, {
      scope: 'connection',
      ...(isRead ? {} : { landed: 'no' }),
      nextStep: 'Check the network; the call is repeated automatically.',
    });
  }
  if (isRead) {
    return new TransientError(`${host} did not answer a read (${code})`, {
      scope: 'connection',
      nextStep: 'Nothing to do; the read is repeated automatically.',
    });
  }
  return new UncertainWriteError(`${host} did not answer a write (${code}); it may have landed`, {
    scope: 'connection',
    nextStep: 'Nothing to do; the record is looked up before anything is repeated.',
  });
}
