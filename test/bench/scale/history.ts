import { padded, type Filling } from './filling';

/** How much has happened to one company. */
export interface History {
  connectionId: string;
  links: number;
  /** Of each link: settled, or as `due` says. */
  eventsPerLink: number;
  /** The last event of each link is still to be worked on. */
  due: boolean;
}

const CHUNK = 100_000;
const LINES = '[{"key":"k1","app":"1","ledger":"1"},{"key":"k2","app":"2","ledger":"2"}]';
const FIELDS = `{"number":"INV-1","dueDate":"2026-12-02","currency":"USD","total":"157.40","memo":"${'x'.repeat(200)}"}`;
const FAILURE = '{"code":"validation","message":"Due Date is required","field":"dueDate","title":"INV-1"}';
const T0 = 1_750_000_000_000;

/**
 * What years of syncing leave behind, in proportion: of each record a link, events, an audit row, an intent and an
 * app record, of which every second was deleted since; for a tenth a failure and a conflict, nearly all closed; for a
 * hundredth a change of the policies.
 */
export async function writeHistory(
  { numbers, run }: Filling,
  history: History,
  progress: (text: string) => void,
): Promise<void> {
  const { connectionId, links } = history;
  for (let first = 1; first <= links; first += CHUNK) {
    const last = Math.min(links, first + CHUNK - 1);
    for (const statement of statementsFor(history, (from, to) => numbers(from, to), first, last))
      await run(statement);
    progress(`${connectionId}: ${last} of ${links} links`);
  }
  await run(`update audit_heads set seq = ${links} + 1 where connection_id = '${connectionId}'`);
}

function statementsFor(
  { connectionId, links, eventsPerLink, due }: History,
  numbers: Filling['numbers'],
  first: number,
  last: number,
): string[] {
  const id = (kind: string, i = 'i') => `'${connectionId}-${kind}-' || ${padded(i)}`;
  const rows = numbers(first, last);
  const link = `((i - 1) / ${eventsPerLink} + 1)`;
  const events = numbers((first - 1) * eventsPerLink + 1, last * eventsPerLink);
  // Some wait for a person or are given up.
  const ended = `case when i % 997 = 0 then 'dead' when i % 991 = 0 then 'held' else 'settled' end`;
  const status = due ? `case when i % ${eventsPerLink} = 0 then 'pending' else ${ended} end` : ended;
  return [
    `insert into links (id, connection_id, entity, app_id, app_version, ledger_id, ledger_version,
       base_schema_version, base_state, base_fields, lines, fence, next_due_at, settled_at, created_at, title)
     select ${id('link')}, '${connectionId}', case when i % 10000 = 0 then 'customer' else 'invoice' end,
       ${id('app')}, '1', ${id('ledger')}, '1', 1, 'live', '${FIELDS}', '${LINES}', 1,
       ${due ? `${T0} + i` : 'null'}, ${T0} + i, ${T0} + i, 'inv-' || ${padded('i')} from ${rows}`,
    `insert into events (id, connection_id, entity, side, record_id, link_id, source, dedupe_key, status, attempts,
       received_at, due_at)
     select ${id('event')}, '${connectionId}', 'invoice', 'app', ${id('app', link)}, ${id('link', link)}, 'webhook',
       ${id('dedupe')}, ${status}, 0, ${T0} + i, ${T0} + i from ${events}`,
    // A tenth of the records have failed.
    `insert into events (id, connection_id, entity, side, record_id, link_id, source, status, attempts, received_at,
       due_at, last_error)
     select ${id('failure')}, '${connectionId}', 'invoice', 'app', ${id('app')}, ${id('link')}, 'app', 'dead', 7,
       ${T0} + i, ${T0} + i, '${FAILURE}' from ${rows} where i % 10 = 0`,
    `insert into notices (link_id, kind, connection_id, seq)
     select ${id('link')}, 'failure', '${connectionId}', i from ${rows} where i % 10 = 0`,
    // Its first row says that the connection was made.
    `insert into audit (connection_id, seq, at, kind, link_id, detail, prev_hash, hash, actor, detail_hash)
     select '${connectionId}', i + 1, ${T0} + i, 'synced', ${id('link')}, '{"reason":"the app changed it"}', '', '', 'sync', ''
     from ${rows}`,
    `insert into intents (key, connection_id, link_id, side, operation, desired, policy_version, stored_at, outcome)
     select ${id('intent')}, '${connectionId}', ${id('link')}, 'ledger', 'update', '{}', 0, ${T0} + i, 'done'
     from ${rows}`,
    `insert into app_records (connection_id, entity, id, version, state, schema_version, fields, updated_at)
     select '${connectionId}', 'invoice', ${id('app')}, 1, case when i % 2 = 0 then 'live' else 'deleted' end, 1,
       '${FIELDS}', ${T0} + i from ${rows}`,
    `insert into conflicts (id, connection_id, link_id, entity, status, title, fields, policy_version, opened_at,
       refreshed_at)
     select ${id('conflict')}, '${connectionId}', ${id('link')}, 'invoice',
       case when i % 100000 = 0 then 'open' else 'closed' end, 'INV-1', '[]', 0, ${T0} + i, ${T0} + i
     from ${rows} where i % 10 = 0`,
    // Rules that were set again and again: the last hundred are in force.
    `insert into policies (version, connection_id, entity, field, winner, set_by, set_at, replaced_by)
     select (select coalesce(max(version), 0) from policies) + (i - ${first}) / 100 + 1, '${connectionId}', 'invoice',
       'field' || (i / 100 % 100), 'app', 'ann', ${T0} + i, case when i > ${links} - 10000 then null else i end
     from ${rows} where i % 100 = 0`,
  ];
}
