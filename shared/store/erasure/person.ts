import { sql } from 'kysely';
import { BusyError, NotFoundError } from '../../errors';
import type {
  Actor,
  Base,
  Choice,
  ConflictRecord,
  ConflictSide,
  ErasedCounts,
  ErasureStore,
  FieldConflict,
  OpenWork,
} from '../../ports';
import { entityNamed } from '../../schema/entities';
import type { Fields } from '../../schema/entity';
import { personErased } from '../acts';
import { appendAudit } from '../audit';
import type { ReplayedLink } from '../auditReplay';
import type { StoreContext } from '../context';
import type { AuditTableRow, ConflictRow, EventRow, IntentRow, LinkRow, Queries } from '../database';
import { findBySide } from '../queue/append';
import { holdLinks } from '../queue/fence';
import { parse } from '../rows';
import { single } from '../writer';
import { changedBy, eraseDetails } from './auditRows';
import {
  ERASED,
  namesIn,
  redactAll,
  redactDetail,
  redactor,
  scrubBase,
  scrubDetail,
  scrubFields,
  scrubState,
  type Redact,
} from './scrub';

type Person = Parameters<ErasureStore['person']>[0];

interface EraseInput {
  link: LinkRow;
  redact: Redact;
  /** Rows of the log up to here have been looked at. */
  seenTo: number;
  counts: ErasedCounts;
  now: number;
  by: Actor;
}

const PAGE = 500;

export function createPersonErasure(context: StoreContext): ErasureStore['person'] {
  const mentions = single(
    'erasure',
    async ({ queries }, { connectionId, rows, redact, now }: MentionsInput) => {
      const changes = changedBy(rows, (detail) => redactDetail(detail, redact));
      await eraseDetails(context, queries, connectionId, changes, now);
    },
  );
  const erase = single(
    'erasure',
    async ({ queries }, input: EraseInput) => await eraseOwn(context, queries, input),
  );
  return async (person, options) => {
    const link = await context.read(async (queries) => await linkOf(context, queries, person));
    const openWork = await context.read(async (queries) => await openWorkOf(queries, link, options.now));
    const redact = redactor(await context.read(async (queries) => await namesOf(queries, link)));
    if (options.dryRun) {
      const own = await context.read(async (queries) => await countOwn(queries, link, redact));
      const { found } = await eachMention(context, link, redact, async () => {});
      return { counts: { ...own, mentions: found }, openWork };
    }
    if (!options.force) assertDone(person, openWork);
    // Mentions first, as long as the names are known.
    const { now, by } = options;
    const { found, seenTo } = await eachMention(context, link, redact, async (rows) => {
      await context.write(mentions, { connectionId: link.connection_id, rows, redact, now });
    });
    const counts = await context.write(erase, { link, redact, seenTo, counts: { mentions: found }, now, by });
    return { counts, openWork };
  };
}

interface MentionsInput {
  connectionId: string;
  rows: readonly AuditTableRow[];
  redact: Redact;
  now: number;
}

async function linkOf(context: StoreContext, queries: Queries, person: Person): Promise<LinkRow> {
  const refs = (['ledger', 'app'] as const).map((side) => ({ ...person, side }));
  const [found] = await findBySide(context, queries, refs);
  if (found) return found[0];
  throw new NotFoundError(`The sync knows no ${entityNamed(person.entity).label} ${person.recordId}`, {
    entity: person.entity,
    recordId: person.recordId,
    nextStep: 'Use the ID that the app or the accounting tool has for the record.',
  });
}

async function openWorkOf(queries: Queries, link: LinkRow, now: number): Promise<OpenWork> {
  const { rows } = await sql<{ events: number; writes: number; conflicts: number }>`
    select
      (select count(*) from events where link_id = ${link.id} and status <> 'settled') as events,
      (select count(*) from intents where link_id = ${link.id} and outcome is null) as writes,
      (select count(*) from conflicts where link_id = ${link.id} and status <> 'closed') as conflicts`.execute(
    queries,
  );
  const { events, writes, conflicts } = rows[0]!;
  return { events, writes, conflicts, leased: (link.lease_until ?? 0) > now };
}

function assertDone({ entity, recordId }: Person, { events, writes, conflicts, leased }: OpenWork): void {
  if (events + writes + conflicts === 0 && !leased) return;
  const label = `${entityNamed(entity).label} ${recordId}`;
  throw new BusyError(
    `${label} has work that is not done: ${events} events, ${writes} writes, ${conflicts} conflicts${leased ? ', and is being worked on' : ''}`,
    {
      entity,
      recordId,
      nextStep:
        'Wait until it is in sync, or decide its conflict; Even With Open Work erases it all the same.',
    },
  );
}

/** What the person was and is called, as far as the store remembers. */
async function namesOf(queries: Queries, link: LinkRow): Promise<string[]> {
  const { entity } = link;
  const record = await appRecordOf(queries, link);
  const states = await queries
    .selectFrom('audit_states')
    .select('state')
    .where('connection_id', '=', link.connection_id)
    .where('link_id', '=', link.id)
    .execute();
  const rows = await auditOf(queries, link, 0);
  const told = [...states.map(({ state }) => parse<ReplayedLink>(state)), ...rows.map(stateTold)];
  const records: Fields[] = [
    ...(link.base_fields === null ? [] : [parse<Fields>(link.base_fields)]),
    ...(record ? [parse<Fields>(record.fields)] : []),
    ...told.flatMap((state) => (state?.base ? [state.base.fields] : [])),
  ];
  return records.flatMap((fields) => namesIn(entity, fields));
}

const stateTold = ({ detail }: AuditTableRow): ReplayedLink | undefined =>
  parse<{ link?: ReplayedLink }>(detail).link;

async function auditOf(queries: Queries, link: LinkRow, afterSeq: number): Promise<AuditTableRow[]> {
  return await queries
    .selectFrom('audit')
    .selectAll()
    .where('connection_id', '=', link.connection_id)
    .where('link_id', '=', link.id)
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .execute();
}

async function appRecordOf(queries: Queries, link: LinkRow) {
  if (link.app_id === null) return undefined;
  return await queries
    .selectFrom('app_records')
    .select('fields')
    .where('connection_id', '=', link.connection_id)
    .where('entity', '=', link.entity)
    .where('id', '=', link.app_id)
    .executeTakeFirst();
}

async function countOwn(queries: Queries, link: LinkRow, redact: Redact): Promise<ErasedCounts> {
  const { rows } = await sql<Record<'audit' | 'conflicts' | 'writes' | 'events', number>>`
    select
      (select count(*) from audit where connection_id = ${link.connection_id} and link_id = ${link.id}) as audit,
      (select count(*) from conflicts where link_id = ${link.id}) as conflicts,
      (select count(*) from intents where link_id = ${link.id} and outcome is not null) as writes,
      (select count(*) from events where link_id = ${link.id} and last_error is not null) as events`.execute(
    queries,
  );
  const policies = (await reasonsNaming(queries, link.connection_id, redact)).length;
  const edits = recordsOf(await editorsNamed(queries, link.connection_id, redact));
  return { records: (await appRecordOf(queries, link)) ? 1 : 0, links: 1, policies, edits, ...rows[0]! };
}

/** Rows of the log that are of other records and name the person, page by page. */
async function eachMention(
  context: StoreContext,
  link: LinkRow,
  redact: Redact,
  use: (rows: readonly AuditTableRow[]) => Promise<void>,
): Promise<{ found: number; seenTo: number }> {
  let found = 0;
  let seenTo = 0;
  while (true) {
    const rows = await context.read(async (queries) => await auditAfter(queries, link.connection_id, seenTo));
    const mentions = changedBy(othersOf(rows, link), (detail) => redactDetail(detail, redact)).map(
      ({ row }) => row,
    );
    if (mentions.length > 0) await use(mentions);
    found += mentions.length;
    seenTo = rows.at(-1)?.seq ?? seenTo;
    if (rows.length < PAGE) return { found, seenTo };
  }
}

const othersOf = (rows: readonly AuditTableRow[], link: LinkRow): AuditTableRow[] =>
  rows.filter(({ link_id }) => link_id !== link.id);

async function auditAfter(queries: Queries, connectionId: string, seq: number): Promise<AuditTableRow[]> {
  return await queries
    .selectFrom('audit')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(PAGE)
    .execute();
}

/**
 * What is kept of the record itself, in one transaction. A worker who has the record in hand loses it, because what
 * it knows would bring the text back.
 */
async function eraseOwn(context: StoreContext, queries: Queries, input: EraseInput): Promise<ErasedCounts> {
  const { link: seen, redact, seenTo, now, by } = input;
  const { dialect } = context;
  if (!(await holdLinks(context, queries, [seen.id])).has(seen.id)) {
    throw new NotFoundError(`The link of ${seen.entity} ${seen.id} was merged into another meanwhile`, {
      nextStep: 'Erase the record once more.',
    });
  }
  const link = (await sql<LinkRow>`select * from links where id = ${seen.id}`.execute(queries)).rows[0]!;
  const { entity } = link;
  await sql`
    update links set fence = fence + 1, lease_owner = null, leased_at = null, lease_until = null, title = null,
      base_fields = ${link.base_fields === null ? null : JSON.stringify(scrubFields(entity, parse<Fields>(link.base_fields)))}
    where id = ${link.id}`.execute(queries);
  const counts: ErasedCounts = {
    ...input.counts,
    links: 1,
    records: await eraseAppRecord(queries, link),
    edits: await eraseEditors(queries, link.connection_id, redact),
    conflicts: await eraseConflicts(queries, link, redact),
    writes: await eraseIntents(queries, link, redact),
    events: await eraseErrors(queries, link.connection_id, redact),
    policies: await eraseReasons(queries, link.connection_id, redact),
  };
  await eraseState(queries, link);
  await eraseDecisionLinks(queries, link, redact);
  // Held until the end: rows that others add come after ours.
  await sql`select seq from audit_heads where connection_id = ${link.connection_id} ${dialect.forUpdate}`.execute(
    queries,
  );
  const own = changedBy(await auditOf(queries, link, 0), (detail) => scrubDetail(entity, detail, redact));
  const late = othersOf(await auditAfter(queries, link.connection_id, seenTo), link);
  const others = changedBy(late, (detail) => redactDetail(detail, redact));
  await eraseDetails(context, queries, link.connection_id, [...own, ...others], now);
  counts['audit'] = own.length;
  counts['mentions'] = (counts['mentions'] ?? 0) + others.length;
  const entry = personErased({ linkId: link.id, entity, counts }, by);
  await appendAudit(context, queries, [{ connectionId: link.connection_id, at: now, entry }]);
  return counts;
}

/** Those of the record, and those that were made for the person. */
async function eraseDecisionLinks(queries: Queries, link: LinkRow, redact: Redact): Promise<void> {
  const all = await queries
    .selectFrom('decision_links')
    .select(['token_hash', 'link_id', 'person'])
    .where('connection_id', '=', link.connection_id)
    .execute();
  for (const { token_hash, link_id, person } of all) {
    if (link_id !== link.id && redact(person) === person) continue;
    await queries.deleteFrom('decision_links').where('token_hash', '=', token_hash).execute();
  }
}

async function eraseAppRecord(queries: Queries, link: LinkRow): Promise<number> {
  const record = await appRecordOf(queries, link);
  if (!record || link.app_id === null) return 0;
  // The version stays: for the sync, nothing was edited.
  await queries
    .updateTable('app_records')
    .set({ fields: JSON.stringify(scrubFields(link.entity, parse<Fields>(record.fields))), updated_by: null })
    .where('connection_id', '=', link.connection_id)
    .where('entity', '=', link.entity)
    .where('id', '=', link.app_id)
    .execute();
  await queries
    .deleteFrom('app_record_keys')
    .where('connection_id', '=', link.connection_id)
    .where('entity', '=', link.entity)
    .where('record_id', '=', link.app_id)
    .execute();
  return 1;
}

/** Whoever made versions of other records, and is called like the person. */
async function editorsNamed(queries: Queries, connectionId: string, redact: Redact) {
  const { rows } = await sql<{ updated_by: string; records: number }>`
    select updated_by, count(*) as records from app_records
    where connection_id = ${connectionId} and updated_by is not null group by updated_by`.execute(queries);
  return rows.filter(({ updated_by: editor }) => redact(editor) !== editor);
}

const recordsOf = (editors: readonly { records: number }[]): number =>
  editors.reduce((sum, { records }) => sum + records, 0);

async function eraseEditors(queries: Queries, connectionId: string, redact: Redact): Promise<number> {
  const editors = await editorsNamed(queries, connectionId, redact);
  for (const { updated_by } of editors) {
    await queries
      .updateTable('app_records')
      .set({ updated_by: null })
      .where('connection_id', '=', connectionId)
      .where('updated_by', '=', updated_by)
      .execute();
  }
  return recordsOf(editors);
}

async function eraseConflicts(queries: Queries, link: LinkRow, redact: Redact): Promise<number> {
  const own = await queries.selectFrom('conflicts').selectAll().where('link_id', '=', link.id).execute();
  for (const row of own) {
    await queries.updateTable('conflicts').set(scrubConflict(row, redact)).where('id', '=', row.id).execute();
  }
  // Closed ones of other records are history; in an open one people have to see what they decide on.
  const others = await queries
    .selectFrom('conflicts')
    .select(['id', 'title', 'fields', 'record'])
    .where('connection_id', '=', link.connection_id)
    .where('link_id', '<>', link.id)
    .where('status', '=', 'closed')
    .execute();
  let mentions = 0;
  for (const { id, title, fields, record } of others) {
    const redacted = (text: string) => JSON.stringify(redactAll(parse(text), redact));
    const told = { title: redact(title), fields: redacted(fields), record: record && redacted(record) };
    if (told.title === title && told.fields === fields && told.record === record) continue;
    await queries.updateTable('conflicts').set(told).where('id', '=', id).execute();
    mentions++;
  }
  return own.length + mentions;
}

function scrubConflict({ entity, fields, record, resolution }: ConflictRow, redact: Redact) {
  const told = { fields: parse<FieldConflict[]>(fields) };
  const decided = resolution === null ? null : parse<{ choices: Record<string, Choice> }>(resolution);
  return {
    title: ERASED,
    fields: JSON.stringify(scrubDetail(entity, told, redact)['fields']),
    record: record && JSON.stringify(scrubRecord(entity, parse<ConflictRecord>(record))),
    resolution:
      decided && JSON.stringify({ ...decided, ...scrubDetail(entity, { choices: decided.choices }, redact) }),
  };
}

function scrubRecord(entity: string, { base, app, ledger }: ConflictRecord): ConflictRecord {
  const scrubSide = (side: ConflictSide): ConflictSide => ({
    ...side,
    fields: scrubFields(entity, side.fields),
    lastChange: side.lastChange && { ...side.lastChange, by: null },
  });
  return { base: base && scrubFields(entity, base), app: scrubSide(app), ledger: scrubSide(ledger) };
}

/** One that may have landed is sent again as it was, and so stays. */
async function eraseIntents(queries: Queries, link: LinkRow, redact: Redact): Promise<number> {
  const rows = await queries
    .selectFrom('intents')
    .selectAll()
    .where('link_id', '=', link.id)
    .where('outcome', 'is not', null)
    .execute();
  for (const row of rows) {
    await queries
      .updateTable('intents')
      .set(scrubIntent(link.entity, row, redact))
      .where('key', '=', row.key)
      .execute();
  }
  return rows.length;
}

function scrubIntent(entity: string, { desired, agreed, decisions }: IntentRow, redact: Redact) {
  const told = decisions === null ? null : { decisions: parse<{ path: string }[]>(decisions) };
  return {
    desired: JSON.stringify(scrubFields(entity, parse<Fields>(desired))),
    agreed: agreed === null ? null : JSON.stringify(scrubBase(entity, parse<Base>(agreed))),
    decisions: told && JSON.stringify(scrubDetail(entity, told, redact)['decisions']),
  };
}

/** Errors of any record may name the person. */
async function eraseErrors(queries: Queries, connectionId: string, redact: Redact): Promise<number> {
  let erased = 0;
  let afterId = '';
  while (true) {
    const rows: Pick<EventRow, 'id' | 'last_error'>[] = await queries
      .selectFrom('events')
      .select(['id', 'last_error'])
      .where('connection_id', '=', connectionId)
      .where('last_error', 'is not', null)
      .where('id', '>', afterId)
      .orderBy('id')
      .limit(PAGE)
      .execute();
    for (const { id, last_error: before } of rows) {
      const after = JSON.stringify(redactAll(parse(before!), redact));
      if (after === before) continue;
      await queries.updateTable('events').set({ last_error: after }).where('id', '=', id).execute();
      erased++;
    }
    if (rows.length < PAGE) return erased;
    afterId = rows.at(-1)!.id;
  }
}

async function eraseReasons(queries: Queries, connectionId: string, redact: Redact): Promise<number> {
  const told = await reasonsNaming(queries, connectionId, redact);
  for (const { version, reason } of told) {
    await queries.updateTable('policies').set({ reason }).where('version', '=', version).execute();
  }
  return told.length;
}

/** Whoever made a rule may have said for whom: the reasons that do, without the names. */
async function reasonsNaming(queries: Queries, connectionId: string, redact: Redact) {
  const rows = await queries
    .selectFrom('policies')
    .select(['version', 'reason'])
    .where('connection_id', '=', connectionId)
    .where('reason', 'is not', null)
    .execute();
  return rows
    .map(({ version, reason }) => ({ version, before: reason!, reason: redact(reason!) }))
    .filter(({ before, reason }) => before !== reason);
}

async function eraseState(queries: Queries, { connection_id, id, entity }: LinkRow): Promise<void> {
  const row = await queries
    .selectFrom('audit_states')
    .select('state')
    .where('connection_id', '=', connection_id)
    .where('link_id', '=', id)
    .executeTakeFirst();
  if (!row) return;
  await queries
    .updateTable('audit_states')
    .set({ state: JSON.stringify(scrubState(entity, parse<ReplayedLink>(row.state))) })
    .where('connection_id', '=', connection_id)
    .where('link_id', '=', id)
    .execute();
}
