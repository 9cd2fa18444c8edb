import { normalizeInstant, type Instant } from '../../schema/calendar';
import { isStorableId } from '../../schema/text';

const MAX_ID = 100;
/** Longer than any that was seen; what is longer still is not looked at. */
const MAX_TIME = 60;
/** A clock may be a little ahead of ours, and no more. */
const MAX_AHEAD_MS = 60 * 60_000;

/** Stands for bytes that were no text. */
const NO_TEXT = '\u{fffd}';

/** An id as providers send it; null where it is none. A number beyond the safe ones has been rounded already. */
export function idOf(value: unknown, maxLength = MAX_ID): string | null {
  const id = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof id !== 'string' || id === '' || id.length > maxLength) return null;
  return isStorableId(id) && !id.includes(NO_TEXT) ? id : null;
}

/**
 * When a change happened. An event whose time is missing or odd is worth reading all the same, without it: a
 * time from the future would say that the record is older than the change for as long as it lies ahead.
 */
export function timeOf(value: unknown, now: number): { occurredAt?: Instant } {
  if (typeof value !== 'string' || value.length > MAX_TIME) return {};
  // Nanoseconds are cut to what a Date holds; the seconds stay exact.
  const occurredAt = normalizeInstant(value.replace(/(\.\d{3})\d+/, '$1'));
  if (occurredAt === null || Date.parse(occurredAt) > now + MAX_AHEAD_MS) return {};
  return { occurredAt };
}
