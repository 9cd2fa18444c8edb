/**
 * Milliseconds to wait according to a Retry-After header (seconds or an HTTP date), or null without a usable one. It
 * may ask for centuries; nobody waits longer than LONGEST_WAIT_MS.
 */
export function parseRetryAfter(header: string | undefined, now: number): number | null {
  const text = header?.trim() ?? '';
  if (/^\d{1,15}(\.\d{1,9})?$/.test(text)) return Math.ceil(Number(text) * 1000);
  if (text.length > 60 || !/[a-z]/i.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
