import { sql } from 'kysely';
import { NotFoundError } from '../../errors';
import type { NewEvent, QueueStore, SideName } from '../../ports';
import { latestOf } from '../../schema/calendar';
import { putCheckpoints } from '../checkpoints';
import type { StoreContext } from '../context';
import type { LinkRow, Queries } from '../database';
import type { Columns } from '../dialect';
import type { Command, Outcome, Transaction } from '../writer';

type AppendOptions = Parameters<QueueStore['append']>[1];

export interface AppendInput extends AppendOptions {
  events: readonly NewEvent[];
}

/** An event on its way into the queue. */
export interface PlannedEvent {
  event: NewEvent;
  now: number;
}

/** A record as one side knows it. */
export interface RecordRef {
  connectionId: string;
  entity: string;
  side: SideName;
  recordId: string;
}

/** A record that has no link yet. */
export interface NewStub extends RecordRef {
  now: number;
  replacedBy?: string;
}

interface SideRow {
  id: string;
  connection_id: string;
  entity: string;
  record_id: string;
  created_at: number;
  replaced_by: string | null;
}

const sideColumns: Columns<SideRow> = {
  id: 'text',
  connection_id: 'text',
  entity: 'text',
  record_id: 'text',
  created_at: 'int',
  replaced_by: 'text',
};

const eventColumns = {
  id: 'text',
  connection_id: 'text',
  entity: 'text',
  side: 'text',
  record_id: 'text',
  link_id: 'text',
  source: 'text',
  dedupe_key: 'text',
  occurred_at: 'text',
  received_at: 'int',
  due_at: 'int',
} as const;

interface RepeatedEvent {
  id: string;
  connection_id: string;
  link_id: string;
  dedupe_key: string | null;
  occurred_at: string | null;
  received_at: number;
  due_at: number;
}

const repeatedColumns: Columns<RepeatedEvent & { latest: string }> = {
  id: 'text',
  connection_id: 'text',
  link_id: 'text',
  dedupe_key: 'text',
  occurred_at: 'text',
  received_at: 'int',
  due_at: 'int',
  latest: 'text',
};

const dueColumns: Columns<{ id: string; due_at: number }> = { id: 'text', due_at: 'int' };

/**
 * Events of one commit at most: the embedded store holds the event loop for as long as a commit takes, and
 * PostgreSQL the locks of its records.
 */
const MAX_EVENTS = 125;

/** Another transaction may take a stub away (absorb) between our finding and our holding it. */
const MAX_ROUNDS = 5;

/** Unambiguous, whatever characters an id has. */
export const refKey = (ref: RecordRef): string =>
  JSON.stringify([ref.connectionId, ref.entity, ref.side, ref.recordId]);

/** Appends of many callers at once: links, events and checkpoints in a handful of statements. */
export function appendCommand(
  context: StoreContext,
): Command<AppendInput, { stored: number; duplicates: number }> {
  return {
    name: 'append',
    weight: ({ events }) => events.length,
    run: async (tx, inputs) => {
      const known = await knownConnections(
        context,
        tx.queries,
        inputs.flatMap((input) => connectionsOf(input)),
      );
      const refusals = inputs.map((input) => refusalOf(input, known));
      const accepted = inputs.filter((_input, index) => !refusals[index]);
      const planned = accepted.map((input) => input.events.map((event) => ({ event, now: input.now })));
      const stored = await insertEvents(context, tx, planned.flat());
      await putCheckpoints(
        context,
        tx.queries,
        accepted.flatMap(({ checkpoint, now }) => (checkpoint ? [{ ...checkpoint, now }] : [])),
      );
      let position = 0;
      return inputs.map((input, index): Outcome<{ stored: number; duplicates: number }> => {
        const refused = refusals[index];
        if (refused) return { refused };
        const mine = stored.slice(position, (position += input.events.length)).filter(Boolean).length;
        return { value: { stored: mine, duplicates: input.events.length - mine } };
      });
    },
  };
}

/** One input for each commit. The checkpoint goes with the last: it says that everything before it is stored. */
export function inParts({ events, checkpoint, now }: AppendInput): AppendInput[] {
  const parts: AppendInput[] = [];
  for (let from = 0; from < events.length; from += MAX_EVENTS) {
    parts.push({ events: events.slice(from, from + MAX_EVENTS), now });
  }
  if (!checkpoint) return parts;
  const last = parts.pop() ?? { events: [], now };
  return [...parts, { ...last, checkpoint }];
}

const connectionsOf = ({ events, checkpoint }: AppendInput): string[] => [
  ...new Set([
    ...events.map((event) => event.connectionId),
    ...(checkpoint ? [checkpoint.connectionId] : []),
  ]),
];

function refusalOf(input: AppendInput, known: ReadonlySet<string>): NotFoundError | null {
  const missing = connectionsOf(input).find((id) => !known.has(id));
  return missing === undefined ? null : unknownConnection(missing);
}

export function unknownConnection(id: string): NotFoundError {
  return new NotFoundError(`There is no connection ${id} in this store`, {
    nextStep: 'Create the connection first, or correct its id.',
  });
}

export async function knownConnections(
  context: StoreContext,
  queries: Queries,
  ids: string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ id: string }>`
    select id from connections where id ${context.dialect.anyOf([...new Set(ids)])}`.execute(queries);
  return new Set(rows.map((row) => row.id));
}

/** Queues the events; for each, whether it was new. Their connections exist. */
export async function insertEvents(
  context: StoreContext,
  tx: Transaction,
  planned: readonly PlannedEvent[],
): Promise<boolean[]> {
  if (planned.length === 0) return [];
  const { dialect, random } = context;
  const links = await holdLinks(context, tx.queries, planned);
  const rows = planned.map(({ event, now }) => ({
    id: random.id(),
    connection_id: event.connectionId,
    entity: event.entity,
    side: event.side,
    record_id: event.recordId,
    link_id: links.get(refKey(event))!,
    source: event.source,
    dedupe_key: event.dedupeKey ?? null,
    occurred_at: event.occurredAt ?? null,
    received_at: now,
    due_at: event.dueAt ?? now,
  }));
  const inserted = await sql<{ id: string; link_id: string; due_at: number }>`
    insert into events (id, connection_id, entity, side, record_id, link_id, source, dedupe_key, occurred_at,
      status, attempts, received_at, due_at)
    select v.id, v.connection_id, v.entity, v.side, v.record_id, v.link_id, v.source, v.dedupe_key, v.occurred_at,
      'pending', 0, v.received_at, v.due_at
    from ${dialect.rows(eventColumns, rows)} where true
    on conflict (dedupe_key, connection_id) do nothing
    returning id, link_id, due_at`.execute(tx.queries);
  await advanceDue(
    context,
    tx.queries,
    inserted.rows.map((row) => ({ id: row.link_id, due_at: row.due_at })),
  );
  const stored = new Set(inserted.rows.map((row) => row.id));
  const again = await lookAgain(
    context,
    tx.queries,
    rows.filter((row) => !stored.has(row.id)),
  );
  if (inserted.rows.length + again > 0) tx.wake();
  return rows.map((row) => stored.has(row.id));
}

/**
 * A repeated event that may speak of a second change: where a side tells the time to the second and gives its
 * notifications no ids, two changes within one second look the same. Unless the record was read after that
 * second, or is about to be, it is looked at again. One that is being worked on becomes another event by its id,
 * so that it outlives the settlement of the one that was claimed.
 */
async function lookAgain(
  context: StoreContext,
  queries: Queries,
  repeated: readonly RepeatedEvent[],
): Promise<number> {
  const rows = repeated.flatMap((row) =>
    row.occurred_at === null ? [] : [{ ...row, latest: latestOf(row.occurred_at) }],
  );
  if (rows.length === 0) return 0;
  const again = await sql<{ link_id: string; due_at: number }>`
    update events set id = v.id, status = 'pending', received_at = v.received_at, due_at = v.due_at,
      attempts = case events.status when 'settled' then 0 else events.attempts end,
      on_link_id = null, settled_at = null
    from ${context.dialect.rows(repeatedColumns, rows)} cross join links l
    where events.dedupe_key = v.dedupe_key and events.connection_id = v.connection_id
      and events.link_id = v.link_id and l.id = v.link_id
      and v.latest >= case events.side when 'app' then l.app_as_of else l.ledger_as_of end
      and (events.status = 'settled' or (events.status in ('pending', 'waiting') and l.lease_owner is not null))
    returning events.link_id, events.due_at`.execute(queries);
  await advanceDue(
    context,
    queries,
    again.rows.map((row) => ({ id: row.link_id, due_at: row.due_at })),
  );
  return again.rows.length;
}

/** Makes links due no later than given. */
export async function advanceDue(
  context: StoreContext,
  queries: Queries,
  due: readonly { id: string; due_at: number }[],
): Promise<void> {
  if (due.length === 0) return;
  const earliest = new Map<string, number>();
  for (const { id, due_at } of due) earliest.set(id, Math.min(due_at, earliest.get(id) ?? Infinity));
  const rows = [...earliest].map(([id, due_at]) => ({ id, due_at })).sort((a, b) => (a.id < b.id ? -1 : 1));
  await sql`
    update links set next_due_at = v.due_at from ${context.dialect.rows(dueColumns, rows)}
    where links.id = v.id and (links.next_due_at is null or links.next_due_at > v.due_at)`.execute(queries);
}

/** Finds or makes the link of each record and holds it until the end of the transaction. */
async function holdLinks(
  context: StoreContext,
  queries: Queries,
  planned: readonly PlannedEvent[],
): Promise<Map<string, string>> {
  const { dialect } = context;
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const links = await ensureLinks(
      context,
      queries,
      planned.map(({ event, now }) => ({ ...event, now })),
    );
    if (dialect.singleWriter) return links;
    const ids = [...new Set(links.values())];
    const held = await sql<{ id: string }>`
      select id from links where id ${dialect.anyOf(ids)} order by id ${dialect.forUpdate}`.execute(queries);
    if (held.rows.length === ids.length) return links;
  }
  throw new Error('links came and went while events were appended');
}

/** The link of each record by `refKey`, made where there is none. Connections are known to exist. */
export async function ensureLinks(
  context: StoreContext,
  queries: Queries,
  refs: readonly (RecordRef & { now: number })[],
): Promise<Map<string, string>> {
  const wanted = new Map(refs.map((ref) => [refKey(ref), ref]));
  const links = new Map<string, string>();
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const missing = [...wanted.values()].filter((ref) => !links.has(refKey(ref)));
    if (missing.length === 0) return links;
    if (round > 1) await makeStubs(context, queries, missing);
    for (const [row, side] of await findBySide(context, queries, missing)) {
      const recordId = (side === 'app' ? row.app_id : row.ledger_id)!;
      links.set(refKey({ connectionId: row.connection_id, entity: row.entity, side, recordId }), row.id);
    }
  }
  throw new Error('links came and went while they were made');
}

/** The links that know these records, each with the side it was asked by. */
export async function findBySide(
  context: StoreContext,
  queries: Queries,
  refs: readonly RecordRef[],
): Promise<[LinkRow, SideName][]> {
  const found: [LinkRow, SideName][] = [];
  for (const side of ['app', 'ledger'] as const) {
    const rows = sideRows(refs, side);
    if (rows.length === 0) continue;
    // A cross join keeps SQLite from starting at the big table; PostgreSQL reads it as a plain join.
    const links = await sql<LinkRow>`
      select l.* from ${context.dialect.rows(sideColumns, rows)} cross join links l
      where l.connection_id = v.connection_id and l.entity = v.entity
        and l.${sql.ref(`${side}_id`)} = v.record_id`.execute(queries);
    for (const row of links.rows) found.push([row, side]);
  }
  return found;
}

/** Links of records known on one side only, except where they have one by now. */
export async function makeStubs(
  context: StoreContext,
  queries: Queries,
  refs: readonly NewStub[],
): Promise<void> {
  for (const side of ['app', 'ledger'] as const) {
    const rows = sideRows(refs, side).map((row) => ({ ...row, id: context.random.id() }));
    if (rows.length === 0) continue;
    await sql`
      insert into links (id, connection_id, entity, ${sql.ref(`${side}_id`)}, lines, fence, created_at, replaced_by)
      select v.id, v.connection_id, v.entity, v.record_id, '[]', 0, v.created_at, v.replaced_by
      from ${context.dialect.rows(sideColumns, rows)} where true
      on conflict (${sql.ref(`${side}_id`)}, entity, connection_id) do nothing`.execute(queries);
  }
}

/** Sorted, so that two transactions which make the same stubs wait for each other and not in a circle. */
function sideRows(refs: readonly (RecordRef & Partial<NewStub>)[], side: SideName): SideRow[] {
  return refs
    .filter((ref) => ref.side === side)
    .map((ref) => ({
      id: '',
      connection_id: ref.connectionId,
      entity: ref.entity,
      record_id: ref.recordId,
      created_at: ref.now ?? 0,
      replaced_by: ref.replacedBy ?? null,
    }))
    .sort((a, b) => (a.record_id < b.record_id ? -1 : a.record_id > b.record_id ? 1 : 0));
}
