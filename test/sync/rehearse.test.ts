import fc from 'fast-check';
import type { Conflict, Connection, SideName } from '../../shared/ports';
import type { Fields } from '../../shared/schema/entity';
import { firstImport, type EntityImport } from '../../shared/sync/import';
import { RehearsedSide, rehearseImport } from '../../shared/sync/rehearse';
import { createAppSide } from '../../shared/app/side';
import { engineBench, type EngineBench } from '../support/engineBench';
import { MemorySide } from '../support/memorySide';
import { quickBooksBench } from '../support/quickBooksBench';
import { silentLogger, systemRandom } from '../../shared/system';

const SIDES = ['app', 'ledger'] as const;
const ENTITIES = ['customer', 'item', 'invoice'] as const;

interface Customer {
  name: string;
  email: string | null;
}

interface Invoice {
  /** Of the customers of its side. */
  customer: number;
  number: string | null;
  memo: string | null;
  amount: string;
}

interface Books {
  customers: Customer[];
  items: string[];
  invoices: Invoice[];
}

interface World {
  app: Books;
  ledger: Books;
  lookup: 'external_id' | 'unique_key';
}

/** Few names, so that many meet, also twice on one side. */
const books = (isUnique: boolean): fc.Arbitrary<Books> => {
  const customer = fc.record({
    name: fc.constantFrom('Acme', 'Bolt', 'Cool Cars', 'Dune'),
    email: fc.constantFrom(null, 'a@example.com', 'b@example.com'),
  });
  const item = fc.constantFrom('Hours', 'Parts', 'Travel');
  return fc.record({
    customers: isUnique
      ? fc.uniqueArray(customer, { maxLength: 4, selector: ({ name }) => name })
      : fc.array(customer, { maxLength: 5 }),
    items: isUnique ? fc.uniqueArray(item, { maxLength: 3 }) : fc.array(item, { maxLength: 3 }),
    invoices: fc.array(
      fc.record({
        customer: fc.nat(10),
        number: fc.constantFrom(null, '1001', '1002', '1003'),
        memo: fc.constantFrom(null, 'Thanks', 'Net 30'),
        amount: fc.constantFrom('10', '20'),
      }),
      { maxLength: 5 },
    ),
  });
};

const worlds: fc.Arbitrary<World> = fc.record({
  app: books(false),
  ledger: books(true),
  lookup: fc.constantFrom('external_id', 'unique_key'),
});

function fill(side: MemorySide, { customers, items, invoices }: Books): void {
  const made = customers.map(({ name, email }) =>
    side.add('customer', { displayName: name, ...(email === null ? {} : { email }) }),
  );
  for (const name of items) side.add('item', { name, type: 'service' });
  for (const { customer, number, memo, amount } of invoices) {
    const of = made[customer % Math.max(1, made.length)];
    if (!of) continue;
    side.add('invoice', {
      customer: { entity: 'customer', id: of.id },
      ...(number === null ? {} : { number }),
      ...(memo === null ? {} : { customerMemo: memo }),
      lines: [{ description: 'Work', amount }],
    } as Fields);
  }
}

async function benchOf({ app, ledger, lookup }: World): Promise<EngineBench> {
  const capability = { customer: { lookup }, item: { lookup } };
  const bench = await engineBench({
    app: new MemorySide('a'),
    ledger: new MemorySide('l', {}, capability),
    // One after another: which of two records of one name comes first is chance otherwise.
    engine: { concurrency: 1 },
  });
  fill(bench.app, app);
  fill(bench.ledger, ledger);
  return bench;
}

async function rehearse(bench: EngineBench) {
  const copy = await bench.store.copyOf('c1');
  try {
    const report = await rehearseImport(
      {
        store: copy,
        sides: { app: new RehearsedSide(bench.app), ledger: new RehearsedSide(bench.ledger) },
        clock: bench.clock,
        random: systemRandom,
        logger: silentLogger,
      },
      bench.connection,
      { engine: { concurrency: 1 } },
    );
    return { report, asked: asked(await copy.conflicts.list({ connectionId: 'c1', limit: 100 })) };
  } finally {
    await copy.close();
  }
}

const asked = (conflicts: readonly Conflict[]) =>
  conflicts
    .map(
      ({ entity, title, fields }) =>
        `${entity} ${title}: ${fields.map(({ path, reason }) => `${path} ${reason}`).join()}`,
    )
    .sort();

const counted = (entities: readonly EntityImport[]) =>
  entities.map(({ entity, inLedger, inApp, linked, created, conflicts, failed, waiting }) => ({
    entity,
    inLedger,
    inApp,
    linked,
    created,
    conflicts,
    failed,
    waiting,
  }));

const sizes = (bench: EngineBench, side: SideName) =>
  Object.fromEntries(ENTITIES.map((name) => [name, bench[side].all(name).length]));

describe('a rehearsal of the first import', () => {
  it('says what the import then does, and writes and stores nothing', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const bench = await benchOf(world);
        try {
          const before = { app: sizes(bench, 'app'), ledger: sizes(bench, 'ledger') };
          const { report, asked: wouldAsk } = await rehearse(bench);
          expect([bench.app.writes, bench.ledger.writes]).toEqual([0, 0]);
          expect(await bench.store.links.list('c1', { limit: 10 })).toEqual([]);
          expect((await bench.store.audit.list('c1', { limit: 10 })).map(({ kind }) => kind)).toEqual([
            'connection_created',
          ]);

          const imported = await firstImport(
            {
              store: bench.store,
              sides: { app: bench.app, ledger: bench.ledger },
              clock: bench.clock,
              random: systemRandom,
              logger: silentLogger,
            },
            bench.engine,
            bench.connection,
          );
          expect(counted(report.entities)).toEqual(counted(imported.entities));
          expect(wouldAsk).toEqual(
            asked(await bench.store.conflicts.list({ connectionId: 'c1', limit: 100 })),
          );
          for (const side of SIDES) {
            const made = ENTITIES.map((name) => (sizes(bench, side)[name] ?? 0) - (before[side][name] ?? 0));
            const told = ENTITIES.map(
              (name) => report.entities.find(({ entity }) => entity === name)?.creates[side],
            );
            expect(told).toEqual(made);
          }
          expect([
            report.entities.reduce((sum, { writes }) => sum + writes.app, 0),
            report.entities.reduce((sum, { writes }) => sum + writes.ledger, 0),
          ]).toEqual([bench.app.writes, bench.ledger.writes]);
        } finally {
          await bench.close();
        }
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it('counts what QuickBooks and the app records lack, without a write', async () => {
    const bench = await quickBooksBench();
    try {
      await bench.records.upsert('customer', { fields: { displayName: 'Only in the app' } });
      const [customer] = bench.control.records('Customer') as { Id: string; DisplayName: string }[];
      const twin = { displayName: customer?.DisplayName as string, notes: 'Prefers calls' };
      await bench.records.upsert('customer', { fields: twin });
      const copy = await bench.store.copyOf('c1');
      const parts = { store: copy, connectionId: 'c1', clock: bench.clock, random: systemRandom };
      const report = await rehearseImport(
        {
          ...parts,
          sides: { app: createAppSide(parts), ledger: new RehearsedSide(bench.ledger) },
          logger: silentLogger,
        },
        (await bench.store.connections.get('c1')) as Connection,
      );
      await copy.close();
      const reads = bench.calls.read;
      expect(bench.calls.write).toBe(0);
      expect((await bench.records.list('invoice', { limit: 1 })).length).toBe(0);

      const imported = await bench.firstImport();
      expect(counted(report.entities)).toEqual(counted(imported.entities));
      expect(report.entities.find(({ entity }) => entity === 'customer')?.creates.ledger).toBe(1);
      expect(report.entities.reduce((sum, { writes }) => sum + writes.ledger, 0)).toBe(bench.calls.write);
      // What the rehearsal has read is what the import reads.
      expect(bench.calls.read - reads).toBeLessThanOrEqual(reads + 2);
      expect(bench.calls.read - reads).toBeGreaterThanOrEqual(reads - 2);
    } finally {
      await bench.close();
    }
  });
});
