import { sql } from 'kysely';
import type { SyncError } from '../../errors';
import type { AuditEntry, Claim, Settlement } from '../../ports';
import { appendAudit } from '../audit';
import type { StoreContext } from '../context';
import type { Queries } from '../database';
import { linkColumns } from '../rows';
import type { Command, Outcome, Transaction } from '../writer';
import { absorbLinks, planAbsorption, stubsInTheWay, type Absorption } from './absorb';
import { advanceDue, findBySide, insertEvents, makeStubs, type NewStub } from './append';
import { applyConflicts } from './conflict';
import { holdLinks, lostLease, type HeldLink } from './fence';
import { announce } from './notices';
import { applyOutcomes, failedRecords, recoverFailed } from './outcome';

export interface SettleInput {
  claim: Claim;
  settlement: Settlement;
}

const intentColumns = { key: 'text', link_id: 'text', outcome: 'text', now: 'int' } as const;

/** `settled` is null for a record that was put off: nothing that waits for it can go on. */
const releaseColumns = { id: 'text', settled: 'int' } as const;

const changedColumns = {
  ...releaseColumns,
  app_id: 'text',
  app_version: 'text',
  app_as_of: 'text',
  app_echo: 'text',
  ledger_id: 'text',
  ledger_version: 'text',
  ledger_as_of: 'text',
  ledger_echo: 'text',
  base_schema_version: 'int',
  base_state: 'text',
  base_fields: 'text',
  lines: 'text',
  title: 'text',
} as const;

/**
 * Settles many claims in one go. All locks are taken first and in one order; then come the checks, which refuse
 * single claims; only then is anything written.
 */
export function settleCommand(context: StoreContext): Command<SettleInput, void> {
  return {
    name: 'settle',
    subjects: ({ claim, settlement: { absorb } }) => [claim.link.id, ...(absorb ? [absorb] : [])],
    run: async (tx, inputs) => {
      const { held, stubs, wakeable } = await holdAll(context, tx.queries, inputs);
      const refusals = new Map<SettleInput, SyncError>();
      for (const input of inputs) {
        const lost = lostLease(input.claim, held);
        if (lost) refusals.set(input, lost);
      }
      const absorptions = planAbsorption(inputs, stubs, held, refusals);
      const ours = inputs.filter((input) => !refusals.has(input));
      if (ours.length > 0) {
        await absorbLinks(context, tx.queries, absorptions);
        await write(context, tx, ours, held, wakeable, absorptions);
      }
      return inputs.map((input): Outcome<void> => {
        const refused = refusals.get(input);
        return refused ? { refused } : { value: undefined };
      });
    },
  };
}

/** Holds the links to settle, to absorb, to wake and to append to: all that this transaction will change. */
async function holdAll(context: StoreContext, queries: Queries, inputs: readonly SettleInput[]) {
  const own = inputs.flatMap(({ claim, settlement: { absorb } }) => [
    claim.link.id,
    ...(absorb ? [absorb] : []),
  ]);
  const stubs = await stubsInTheWay(context, queries, inputs);
  const going = [...own, ...[...stubs.values()].flat()];
  const { rows } = await sql<{ link_id: string }>`
    select distinct link_id from events
    where on_link_id is not null and on_link_id ${context.dialect.anyOf(going)}`.execute(queries);
  const wakeable = rows.map((row) => row.link_id);
  const followed = await findBySide(
    context,
    queries,
    inputs.flatMap(({ settlement }) => settlement.append ?? []),
  );
  const held = await holdLinks(context, queries, [
    ...going,
    ...wakeable,
    ...followed.map(([link]) => link.id),
  ]);
  return { held, stubs, wakeable };
}

async function write(
  context: StoreContext,
  tx: Transaction,
  inputs: readonly SettleInput[],
  held: ReadonlyMap<string, HeldLink>,
  wakeable: readonly string[],
  absorptions: readonly Absorption[],
): Promise<void> {
  const { queries } = tx;
  await finishIntents(context, queries, inputs);
  await applyOutcomes(context, queries, inputs, held);
  const conflicts = await applyConflicts(context, queries, inputs);
  const recovered = await recoverFailed(context, queries, inputs);
  await updateLinks(context, tx, inputs);
  await makeStubs(context, queries, inputs.flatMap(leftBehind));
  await wakeDependents(context, tx, inputs, wakeable);
  await insertEvents(
    context,
    tx,
    inputs.flatMap(({ settlement: { append = [], now } }) => append.map((event) => ({ event, now }))),
  );
  // Last, because every settlement of a connection goes through the ends of its notices and its log.
  await announce(context, queries, [...failedRecords(inputs), ...conflicts]);
  await appendAudit(
    context,
    queries,
    inputs.flatMap(({ claim, settlement }) =>
      [
        ...settlement.audit,
        ...absorbedUnasked(claim, settlement, absorptions),
        ...recoveredEntries(claim, recovered),
      ].map((entry) => ({
        connectionId: claim.link.connectionId,
        at: settlement.now,
        entry,
      })),
    ),
  );
}

/** Links that went away without the settlement naming them: whoever replays the log has to know. */
const absorbedUnasked = (
  { link }: Claim,
  { absorb }: Settlement,
  absorptions: readonly Absorption[],
): AuditEntry[] =>
  absorptions
    .filter(({ gone, target }) => target === link.id && gone !== absorb)
    .map(({ gone }) => ({ kind: 'absorbed', linkId: link.id, detail: { absorbed: gone } }));

/** Events that had failed, and that the record's settlement is the end of. */
function recoveredEntries({ link }: Claim, recovered: ReadonlyMap<string, string[]>): AuditEntry[] {
  const events = recovered.get(link.id);
  return events ? [{ kind: 'recovered', linkId: link.id, detail: { entity: link.entity, events } }] : [];
}

async function finishIntents(context: StoreContext, queries: Queries, inputs: readonly SettleInput[]) {
  const rows = inputs.flatMap(({ claim, settlement: { intents, now } }) =>
    intents.map(({ key, outcome }) => ({ key, link_id: claim.link.id, outcome, now })),
  );
  if (rows.length === 0) return;
  await sql`
    update intents set outcome = v.outcome, settled_at = v.now from ${context.dialect.rows(intentColumns, rows)}
    where intents.key = v.key and intents.link_id = v.link_id`.execute(queries);
}

/** Records that a link had before it got others in their place. */
const leftBehind = ({ claim: { link: before }, settlement: { link: after, now } }: SettleInput): NewStub[] =>
  (['app', 'ledger'] as const).flatMap((side) => {
    const recordId = before[side].id;
    if (!after || recordId === null || recordId === after[side].id) return [];
    const { connectionId, entity } = before;
    return [{ connectionId, entity, side, recordId, now, replacedBy: before.id }];
  });

/** Only a record that is in step, or gone, lets others go on. */
const settledAt = ({ outcome, now }: Settlement): number | null => (outcome.kind === 'settled' ? now : null);

/** The links' new states; releases the leases and finds out when they are due next. */
async function updateLinks(context: StoreContext, tx: Transaction, inputs: readonly SettleInput[]) {
  const { dialect } = context;
  const { queries } = tx;
  const released = sql`lease_owner = null, leased_at = null, lease_until = null,
    settled_at = coalesce(v.settled, links.settled_at), next_due_at = (
    select min(e.due_at) from events e where e.link_id = links.id and e.status in ('pending', 'waiting'))`;
  const changed = inputs.flatMap(({ claim, settlement }) =>
    settlement.link
      ? [
          {
            id: claim.link.id,
            settled: settledAt(settlement),
            ...linkColumns(claim.link.entity, settlement.link),
          },
        ]
      : [],
  );
  const unchanged = inputs.flatMap(({ claim, settlement }) =>
    settlement.link ? [] : [{ id: claim.link.id, settled: settledAt(settlement) }],
  );
  if (changed.length > 0) {
    await sql`
      update links set app_id = v.app_id, app_version = v.app_version, app_as_of = v.app_as_of,
        app_echo = v.app_echo, ledger_id = v.ledger_id, ledger_version = v.ledger_version,
        ledger_as_of = v.ledger_as_of, ledger_echo = v.ledger_echo, base_schema_version = v.base_schema_version,
        base_state = v.base_state, base_fields = v.base_fields, lines = v.lines,
        title = v.title, ${released}
      from ${dialect.rows(changedColumns, changed)} where links.id = v.id`.execute(queries);
  }
  if (unchanged.length > 0) {
    await sql`
      update links set ${released}
      from ${dialect.rows(releaseColumns, unchanged)} where links.id = v.id`.execute(queries);
  }
  // What came in meanwhile, or is to be tried again.
  tx.wake();
}

/**
 * What waited for these records is due now. A wait that another process is storing at this very moment is not
 * seen here; it ends with its own due time.
 */
async function wakeDependents(
  context: StoreContext,
  tx: Transaction,
  inputs: readonly SettleInput[],
  wakeable: readonly string[],
): Promise<void> {
  const { dialect } = context;
  const settled = inputs.filter(({ settlement }) => settledAt(settlement) !== null);
  if (settled.length === 0) return;
  const links = [...new Set([...wakeable, ...inputs.map(({ claim }) => claim.link.id)])];
  const now = Math.max(...inputs.map(({ settlement }) => settlement.now));
  const { rows } = await sql<{ link_id: string }>`
    update events set status = 'pending', due_at = ${now}, on_link_id = null
    where on_link_id is not null and on_link_id ${dialect.anyOf(settled.map(({ claim }) => claim.link.id))}
      and status = 'waiting' and link_id ${dialect.anyOf(links)}
    returning link_id`.execute(tx.queries);
  await advanceDue(
    context,
    tx.queries,
    rows.map((row) => ({ id: row.link_id, due_at: now })),
  );
}
