import type { JsonObject } from '../../mapping/json';
import type { Change, ChangeAnswer, Clock } from '../../ports';
import type { Instant } from '../../schema/calendar';
import type { QuickBooksClient } from './client';
import { isVoided } from './notes';
import { pageQuery, readCursor, readPage, wholeSecond, type Cursor } from './paging';
import { anyActive, buildQuery, MAX_RESULTS } from './query';
import type { Resource } from './resources';
import { changedRecordsOf, headOf, recordsOf } from './wire';

/** An answer with this many objects may have been cut off. */
const FULL_ANSWER = 1000;
/** The feed looks back 30 days; the hour is for clocks that differ. */
const LOOK_BACK_MS = 30 * 24 * 3_600_000 - 3_600_000;
/** What committed around the last answer may carry a slightly earlier time. */
const OVERLAP_MS = 90_000;
/** No company has more changes than this between two looks; beyond it a reconcile is the better way. */
const MAX_PAGES = 200;

export interface ChangeContext {
  client: QuickBooksClient;
  clock: Pick<Clock, 'now'>;
  realmId: string;
}

/**
 * Everything that changed since a moment. One call covers all resources; where its answer may be cut off, the
 * resources are asked in halves, and one that is too much by itself by query, which cannot show deletions.
 */
export async function readChanges(
  context: ChangeContext,
  resources: readonly Resource[],
  since: Instant,
): Promise<ChangeAnswer> {
  if (resources.length === 0) return { changes: [], asOf: since, complete: true };
  const earliest = context.clock.now() - LOOK_BACK_MS;
  const from = Date.parse(since) - OVERLAP_MS;
  const answer =
    Date.parse(since) < earliest
      ? await byQueries(context, resources, since)
      : await byFeed(context, resources, new Date(Math.max(from, earliest)).toISOString());
  return { ...answer, changes: withoutRepeats(answer.changes) };
}

async function byFeed(
  context: ChangeContext,
  resources: readonly Resource[],
  since: Instant,
): Promise<ChangeAnswer> {
  const names = resources.map((resource) => resource.name);
  const { body, asOf } = await context.client.get(
    'cdc',
    { entities: names.join(','), changedSince: wholeSecond(since) },
    { kind: 'read', action: 'read the changes' },
  );
  const records = changedRecordsOf(body, names);
  const changes = resources.flatMap((resource) =>
    (records.get(resource.name) ?? []).map((wire) => changeOf(context.realmId, resource, wire)),
  );
  if (changes.length < FULL_ANSWER) return { changes, asOf, complete: true };
  const [only] = resources;
  if (only && resources.length === 1) {
    const rest = await byQueries(context, [only], since);
    return { changes: [...changes, ...rest.changes], asOf, complete: false };
  }
  const half = Math.ceil(resources.length / 2);
  const first = await byFeed(context, resources.slice(0, half), since);
  const second = await byFeed(context, resources.slice(half), since);
  return {
    changes: [...first.changes, ...second.changes],
    asOf,
    complete: first.complete && second.complete,
  };
}

/** The way past the feed's limits: all that is still there, page by page. */
async function byQueries(
  context: ChangeContext,
  resources: readonly Resource[],
  since: Instant,
): Promise<ChangeAnswer> {
  const changes: Change[] = [];
  let asOf: Instant | null = null;
  for (const resource of resources) {
    let cursor: Cursor | null = readCursor(null, since);
    for (let page = 0; cursor !== null && page < MAX_PAGES; page++) {
      const query = pageQuery(
        resource.name,
        cursor,
        MAX_RESULTS,
        resource.kind === 'name_list' ? [anyActive] : [],
      );
      const answer = await context.client.query(buildQuery(query), {
        kind: 'read',
        action: `list what changed among the ${resource.label}s`,
        entity: resource.entity,
      });
      asOf ??= answer.asOf;
      const { fresh, next } = readPage(resource.name, cursor, query, recordsOf(answer.body, resource.name));
      changes.push(...fresh.map((wire) => changeOf(context.realmId, resource, wire)));
      cursor = next;
    }
  }
  return { changes, asOf: asOf ?? since, complete: false };
}

function changeOf(realmId: string, resource: Resource, wire: JsonObject): Change {
  const { id, syncToken, deleted, createdAt, updatedAt } = headOf(wire, resource.name);
  const operation = deleted
    ? 'deleted'
    : resource.kind === 'transaction' && isVoided(wire)
      ? 'voided'
      : createdAt !== null && createdAt === updatedAt
        ? 'created'
        : 'updated';
  // The stub of a deleted record has no token. A posting moves balance and time, and not the token.
  const state = deleted ? 'deleted' : (syncToken ?? '');
  return {
    tenantId: realmId,
    entity: resource.entity,
    id,
    operation,
    dedupeKey: `cdc:${resource.name}:${id}:${state}:${updatedAt ?? ''}`,
    ...(updatedAt === null ? {} : { occurredAt: updatedAt }),
  };
}

function withoutRepeats(changes: readonly Change[]): Change[] {
  return [...new Map(changes.map((change) => [change.dedupeKey, change])).values()];
}
