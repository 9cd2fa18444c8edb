/** A calendar date, `YYYY-MM-DD`, in nobody's time zone. */
export type CalendarDate = string;
/** A point in time, ISO 8601 in UTC with milliseconds. */
export type Instant = string;

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/;

/** True when the text is a day that exists, 30 February excluded. */
export function isCalendarDate(text: string): boolean {
  const parts = DATE.exec(text);
  if (!parts) return false;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  // Days that every month has need no calendar.
  if (month >= 1 && month <= 12 && day >= 1 && day <= 28 && year >= 100) return true;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** The instant in UTC, or null when the text is not an ISO timestamp with a zone. */
export function normalizeInstant(text: string): Instant | null {
  if (!INSTANT.test(text)) return null;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

/** The last moment that is meant: who names a second and no more may mean any moment of that second. */
export const latestOf = (instant: Instant): Instant => instant.replace(/(:\d\d)(\.000)?Z$/, '$1.999Z');
