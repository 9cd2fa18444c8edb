import { appCapabilities } from '../../../shared/app/side';
import { dryRun } from '../../../shared/people/dryRun';
import type { RuleCompany } from '../../../shared/people/rules';
import type { ConflictFilter, ConflictRecord, FieldConflict, Resolution } from '../../../shared/ports';
import { quickBooks } from '../../../shared/providers/quickbooks';
import { openStore, type OpenStore } from '../../../shared/store';
import { systemRandom } from '../../../shared/system';
import { aConnection } from '../../support/connection';
import { below, type BenchResult, type BenchSuite } from '../result';
import { editedInvoice, sampleInvoice } from '../samples';
import { onEach, type Database } from '../scale/databases';
import { padded, type Filling } from '../scale/filling';

const [OPEN, PAST] = [100_000, 10_000];
/** A tenth of either, to compare with. */
const FEW = 0.1;
/** How often, and how long it may take; a search passes over tens of thousands that it does not want. */
const LIST = { times: 50, goalMs: 20 };
const SEARCH = { times: 50, goalMs: 50 };
const DRY_RUN = { times: 9, goalMs: 1_000 };
const T0 = 1_750_000_000_000;

type Progress = (text: string) => void;

export const people: BenchSuite = {
  name: 'people',
  about:
    'What people wait for: lists of a hundred thousand open conflicts, a dry run over ten thousand past ones',
  run: async (progress) => await onEach(async (database) => await measure(database, progress)),
};

async function measure(database: Database, progress: Progress): Promise<BenchResult[]> {
  const [few, many] = [await storeOf(database, 'few', FEW), await storeOf(database, 'many', 1)];
  try {
    const results: BenchResult[] = [];
    for (const [name, look] of Object.entries(looks)) {
      progress(`${database.name}, ${name}`);
      const { times, goalMs } = look;
      const take = async (store: OpenStore) => await timesOf(times, async () => await look.take(store));
      const reference = { name: 'a tenth of them', times: await take(few) };
      results.push(below(`${database.name}, ${name}`, 'ms', await take(many), goalMs, reference));
    }
    return results;
  } finally {
    await few.close();
    await many.close();
  }
}

interface Look {
  times: number;
  goalMs: number;
  take(store: OpenStore): Promise<void>;
}

const list = (filter: Partial<ConflictFilter>, of = LIST): Look => ({
  ...of,
  take: async (store: OpenStore) => {
    const found = await store.conflicts.list({ connectionId: 'open', status: 'open', limit: 50, ...filter });
    if (found.length === 0) throw new Error('Nothing was found');
  },
});

const looks: Readonly<Record<string, Look>> = {
  'conflicts, the newest 50': list({}),
  'conflicts, 50 in the middle': list({ afterId: 'open-00005000' }),
  'conflicts, 50 of an entity': list({ entity: 'payment' }),
  'conflicts, 50 of a name': list({ text: 'inv-7' }, SEARCH),
  'conflicts, 50 older than': list({ openedBefore: T0 + 5_000 }, SEARCH),
  'dry run over past conflicts': {
    ...DRY_RUN,
    take: async (store) => {
      const edit = { connectionId: 'past', entity: 'invoice', field: '*', winner: 'app' as const };
      const { past } = await dryRun(store, { edit, companies: [company], since: 0, limit: 50 });
      if (past.decided === 0) throw new Error('Nothing was tried');
    },
  },
};

const company: RuleCompany = {
  id: 'past',
  name: 'Acme Ltd',
  sides: {
    labels: { app: 'Your app', ledger: quickBooks.label },
    capabilities: { app: appCapabilities, ledger: quickBooks.capabilities },
    timeZone: 'UTC',
  },
};

async function timesOf(count: number, look: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await look();
    times.push(performance.now() - start);
  }
  return times;
}

/** One company with open conflicts, and one with those that people have decided. */
async function storeOf({ at }: Database, name: string, share: number): Promise<OpenStore> {
  const { location, fill } = at(name);
  const store = await openStore({ ...location, random: systemRandom });
  for (const id of ['open', 'past']) await store.connections.create(aConnection(id));
  const filling = await fill();
  await conflictsOf(filling, 'open', OPEN * share);
  await conflictsOf(filling, 'past', PAST * share);
  await filling.finish();
  return store;
}

async function conflictsOf({ numbers, run }: Filling, connectionId: string, count: number): Promise<void> {
  const rows = numbers(1, count);
  const id = `'${connectionId}-' || ${padded('i')}`;
  const isOpen = connectionId === 'open';
  await run(
    `insert into links (id, connection_id, entity, app_id, ledger_id, lines, fence, created_at)
     select ${id}, '${connectionId}', ${ENTITY}, ${id}, ${id}, '[]', 1, ${T0} from ${rows}`,
  );
  await run(
    `insert into conflicts (id, connection_id, link_id, entity, status, title, fields, record, policy_version,
       opened_at, refreshed_at, resolution, closed_at, close_reason)
     select ${id}, '${connectionId}', ${id}, ${ENTITY}, '${isOpen ? 'open' : 'closed'}', 'INV-' || i,
       ${json([field])}, ${json(record)}, 0, ${T0} + i, ${T0} + i,
       ${isOpen ? 'null, null, null' : `${json(resolution)}, ${T0} + i + 1, 'resolved'`} from ${rows}`,
  );
}

const ENTITY = `case when i % 10 = 0 then 'payment' else 'invoice' end`;

const json = (value: unknown): string => `'${JSON.stringify(value).replace(/'/g, "''")}'`;

const [base, ledger] = [sampleInvoice(3), editedInvoice(3)];
const app = { ...base, dueDate: '2027-01-31' };

const field: FieldConflict = {
  ...{ path: 'dueDate', label: 'Due Date', reason: 'both_changed' },
  ...{ base: base['dueDate'], app: app.dueDate, ledger: '2027-02-28' },
};
const record: ConflictRecord = {
  base,
  app: { state: 'live', fields: app, lastChange: null },
  ledger: { state: 'live', fields: ledger, lastChange: null },
};
const resolution: Resolution = { choices: { dueDate: { winner: 'app' } }, by: 'user ann', at: T0 };
