import { sql, type RawBuilder } from 'kysely';
import type { FailedFilter, FailedRecord, ListedFailure } from '../ports';
import type { StoreContext } from './context';
import type { EventRow, Queries } from './database';
import { failedRecord, isAbout } from './failedRecord';
import { eventFromRow } from './rows';

/** The record that a notice of failure is about. */
export interface FailedLink {
  link_id: string;
  link_entity: string;
  link_app_id: string | null;
  link_ledger_id: string | null;
}

interface Place extends FailedLink {
  place: number;
}

const PAGE = 200;

/** By the notices, of which there is one for each record as long as any of its events is dead. */
export async function listFailed(context: StoreContext, filter: FailedFilter): Promise<ListedFailure[]> {
  const { connectionId, text, limit } = filter;
  const found: ListedFailure[] = [];
  let after = filter.after;
  while (found.length < limit) {
    // What the database looks for a text in says more than the title.
    const size = text === undefined ? limit : PAGE;
    const page = await context.read(async (queries) => {
      const places = await placesOf(context, queries, {
        ...filter,
        ...(after === undefined ? {} : { after }),
        limit: size,
      });
      const records = await failedRecordsOf(context, queries, connectionId, places);
      const placeOf = new Map(places.map(({ link_id, place }) => [link_id, place]));
      const listed = records.map((record) => ({ ...record, place: placeOf.get(record.linkId)! }));
      return { listed, last: places.at(-1)?.place, isWhole: places.length === size };
    });
    found.push(...page.listed.filter((record) => text === undefined || isAbout(record, text)));
    after = page.last;
    if (!page.isWhole) break;
  }
  return found.slice(0, limit);
}

async function placesOf({ dialect }: StoreContext, queries: Queries, filter: FailedFilter): Promise<Place[]> {
  const { connectionId, linkIds, after = Number.MAX_SAFE_INTEGER, limit } = filter;
  // A range in the order of the index; records that are named are found by their own key.
  const among =
    linkIds === undefined
      ? sql`(n.connection_id, n.seq) < (${connectionId}, ${after}) and n.connection_id >= ${connectionId}`
      : sql`n.link_id ${dialect.anyOf(linkIds)} and n.connection_id = ${connectionId} and n.seq < ${after}`;
  const { rows } = await sql<Place>`
    select n.seq as place, n.link_id, l.entity as link_entity, l.app_id as link_app_id,
      l.ledger_id as link_ledger_id
    from notices n join links l on l.id = n.link_id
    where n.kind = 'failure' and ${among} ${narrowedBy(filter)}
    order by n.connection_id desc, n.seq desc limit ${limit}`.execute(queries);
  return rows;
}

function narrowedBy({ entity, text, sinceBefore }: FailedFilter): RawBuilder<unknown> {
  const deadWith = (condition: RawBuilder<unknown>) => sql`exists (
    select 1 from events e where e.link_id = n.link_id and e.status = 'dead' and ${condition})`;
  const conditions = [
    ...(entity === undefined ? [] : [sql`and l.entity = ${entity}`]),
    ...(sinceBefore === undefined ? [] : [sql`and ${deadWith(sql`e.received_at < ${sinceBefore}`)}`]),
    ...(text === undefined ? [] : [sql`and (${mayBeTitled(text, deadWith)})`]),
  ];
  return sql.join(conditions, sql` `);
}

/** Leaves out those that cannot have the text in their title. */
function mayBeTitled(text: string, deadWith: (condition: RawBuilder<unknown>) => RawBuilder<unknown>) {
  const inJson = JSON.stringify(text).slice(1, -1);
  return sql`lower(l.app_id) like ${pattern(text)} escape '!' or lower(l.ledger_id) like ${pattern(text)} escape '!'
    or lower(l.id) like ${pattern(text)} escape '!'
    or ${deadWith(sql`lower(e.last_error) like ${pattern(inJson)} escape '!'`)}`;
}

/** The databases do not agree on what is a lower case letter outside ASCII. */
const pattern = (text: string): string =>
  `%${text
    .toLowerCase()
    .replace(/[!%_]/g, '!$&')
    .replace(/[^\x20-\x7e]+/g, '%')}%`;

/** What has failed of these records; those of which nothing is failed any more are left out. */
export async function failedRecordsOf(
  { dialect }: StoreContext,
  queries: Queries,
  connectionId: string,
  links: readonly FailedLink[],
): Promise<FailedRecord[]> {
  if (links.length === 0) return [];
  const { rows } = await sql<EventRow>`
    select * from events where link_id ${dialect.anyOf(links.map(({ link_id }) => link_id))} and status = 'dead'
    order by received_at, id`.execute(queries);
  const eventsOf = Map.groupBy(rows.map(eventFromRow), ({ linkId }) => linkId);
  return links.flatMap((link) => {
    const events = eventsOf.get(link.link_id);
    if (!events) return [];
    const { link_id: linkId, link_entity: entity, link_app_id: appId, link_ledger_id: ledgerId } = link;
    return [failedRecord({ connectionId, linkId, entity, appId, ledgerId }, events)];
  });
}
