import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RequestHeaders } from '../provider';

export interface SignatureScheme {
  encoding: 'base64' | 'hex';
  /** What was signed; the raw body, unless the provider signs more than that. */
  payload: Buffer;
}

/** The one value of a header; undefined where it is missing or came as a list. */
export function headerOf(headers: RequestHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value.trim() : undefined;
}

/**
 * Whether one of the secrets makes this HMAC-SHA256. The text must be exactly the one that the secret makes:
 * decoders are lenient, and what they forgive is nothing that a provider sends. Every secret is tried, so that
 * the time tells nothing of which one fits.
 */
export function isSigned(
  given: string | undefined,
  secrets: readonly string[],
  { encoding, payload }: SignatureScheme,
): boolean {
  const signature = Buffer.from(given ?? '');
  let fits = false;
  for (const secret of secrets) {
    if (secret === '') continue;
    const expected = Buffer.from(createHmac('sha256', secret).update(payload).digest(encoding));
    if (signature.length === expected.length && timingSafeEqual(signature, expected)) fits = true;
  }
  return fits;
}
