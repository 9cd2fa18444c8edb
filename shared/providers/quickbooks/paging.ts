import { ValidationError, toSyncError } from '../../errors';
import type { JsonObject } from '../../mapping/json';
import { normalizeInstant, type Instant } from '../../schema/calendar';
import { MAX_RESULTS, type Condition, type Query } from './query';
import { headOf, type RecordHead } from './wire';

/**
 * Where a list goes on: at a time of change, with the ids of that very second that were handed out already.
 * Unlike an offset, this neither skips nor loses records that change while somebody pages.
 */
export interface Cursor {
  from: string | null;
  seen: string[];
  /** First position to ask for; beyond 1 only when more records than a page changed in one second. */
  start: number;
}

/** Records that may move up by others' changes while paging within one second. */
const OVERLAP = 20;

export function readCursor(text: string | null | undefined, changedSince: Instant | undefined): Cursor {
  if (text === null || text === undefined)
    return { from: changedSince === undefined ? null : wholeSecond(changedSince), seen: [], start: 1 };
  try {
    const { from, seen, start } = JSON.parse(text) as Cursor;
    if (
      (from === null || normalizeInstant(from) !== null) &&
      Array.isArray(seen) &&
      Number.isInteger(start)
    ) {
      return { from, seen: seen.map(String), start: Math.max(1, start) };
    }
  } catch (error) {
    throw toSyncError(badCursor(error));
  }
  throw badCursor();
}

/** The service keeps seconds only; a bound within a second would miss what else changed in it. */
export function wholeSecond(instant: Instant): Instant {
  return instant.replace(/\.\d+Z$/, 'Z');
}

function badCursor(cause?: unknown): ValidationError {
  return new ValidationError('The place to continue the list from is not one of QuickBooks', {
    provider: 'quickbooks',
    nextStep: 'Start the list from its beginning.',
    ...(cause === undefined ? {} : { cause }),
  });
}

export function pageQuery(
  resource: string,
  cursor: Cursor,
  limit: number,
  conditions: readonly Condition[],
): Query {
  const repeated = cursor.start > 1 ? OVERLAP : cursor.seen.length;
  return {
    from: resource,
    where: [
      ...conditions,
      ...(cursor.from === null
        ? []
        : [{ property: 'MetaData.LastUpdatedTime', operator: '>=', value: cursor.from } as const]),
    ],
    orderBy: 'MetaData.LastUpdatedTime ASC',
    start: cursor.start,
    max: Math.min(MAX_RESULTS, Math.max(1, limit) + repeated),
  };
}

export interface Page {
  /** Without what an earlier page had. */
  fresh: JsonObject[];
  next: Cursor | null;
}

/** What of an answer is new, and where the next page begins. */
export function readPage(
  resource: string,
  cursor: Cursor,
  asked: Query,
  answered: readonly JsonObject[],
): Page {
  const heads = answered.map((wire) => headOf(wire, resource));
  const known = new Set(cursor.seen);
  const fresh = answered.filter((_wire, index) => {
    const { id } = heads[index] as RecordHead;
    if (known.has(id)) return false;
    known.add(id);
    return true;
  });
  const last = heads.at(-1);
  if (!last || answered.length < (asked.max ?? MAX_RESULTS)) return { fresh, next: null };
  const lastTime = last.updatedAt;
  const sameSecond = heads.filter((head) => head.updatedAt === lastTime).map((head) => head.id);
  const stuck = sameSecond.length === heads.length || lastTime === null;
  if (stuck) {
    const start = Math.max(1, (asked.start ?? 1) + answered.length - OVERLAP);
    return { fresh, next: { from: cursor.from ?? last.updatedText, seen: [...known], start } };
  }
  return { fresh, next: { from: last.updatedText, seen: sameSecond, start: 1 } };
}
