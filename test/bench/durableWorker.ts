import { Engine } from '../../shared/sync/engine';
import { openStore, type StoreLocation } from '../../shared/store';
import { silentLogger, systemClock, systemRandom } from '../../shared/system';
import { aConnection } from '../support/connection';
import { InstantSide } from './instantSide';
import { sampleInvoice } from './samples';
import type { NewEvent } from '../../shared/ports';

/**
 * One worker of the durable suite: its own process, connection and records, on the store it is told. Prints
 * `ready`, waits for a line on standard input, works, prints the milliseconds it took.
 */
async function main(): Promise<void> {
  const [worker = '0', count = '1000', rounds = '3', store = '{}'] = process.argv.slice(2);
  await measure(worker, Number(count), Number(rounds), JSON.parse(store) as StoreLocation);
}

async function measure(worker: string, count: number, rounds: number, options: StoreLocation): Promise<void> {
  const store = await openStore({ ...options, random: systemRandom });
  const connectionId = `bench-${worker}`;
  const connection = aConnection(connectionId, { provider: 'bench', createdAt: Date.now() });
  await store.connections.create(connection);
  const [app, ledger] = [new InstantSide('app', ['invoice']), new InstantSide('ledger', ['invoice'])];
  const { customer: _customer, ...fields } = sampleInvoice(3);
  for (let i = 0; i < count; i++) {
    for (const side of [app, ledger]) {
      const id = `${side.capabilities.label}-${i}`;
      const lines = (fields['lines'] as object[]).map((line, at) => {
        const { item: _item, taxRate: _taxRate, ...rest } = line as Record<string, string>;
        return { ...rest, id: `${id}-${at}` };
      });
      const customerOf = { entity: 'customer', id: `${side.capabilities.label}-customer` };
      side.put(id, '0', { ...fields, number: `INV-${i}`, customer: customerOf, lines });
    }
  }
  const engine = new Engine(
    { store, sides: { app, ledger }, clock: systemClock, random: systemRandom, logger: silentLogger },
    `worker-${worker}`,
    { concurrency: 50 },
  );
  const notify = (entity: string, prefix: string) =>
    store.queue.append(
      Array.from(
        { length: count },
        (_, i): NewEvent => ({
          connectionId,
          entity,
          side: 'app',
          recordId: `${prefix}-${i}`,
          source: 'app',
        }),
      ),
      { now: Date.now() },
    );
  await linkCustomer(store, connectionId);
  await notify('invoice', 'app');
  const linked = await engine.processDue(connectionId, { maxRecords: Infinity });
  const notLinked = linked.find((outcome) => outcome.result !== 'synced');
  if (notLinked) throw new Error(`could not be prepared: ${JSON.stringify(notLinked)}`);

  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < count; i++) app.edit(`app-${i}`, { dueDate: `2027-01-${10 + round}` });
    await notify('invoice', 'app');
    await turn();
    const start = performance.now();
    const outcomes = await engine.processDue(connectionId, { maxRecords: Infinity });
    const took = performance.now() - start;
    const written = outcomes.filter((outcome) => outcome.wrote.includes('ledger')).length;
    if (written !== count) throw new Error(`${written} of ${count} were written`);
    process.stdout.write(`${took}\n`);
  }
  await store.close();
}

/** The customer all invoices share, known on both sides. */
async function linkCustomer(
  store: Awaited<ReturnType<typeof openStore>>,
  connectionId: string,
): Promise<void> {
  const now = Date.now();
  const link = await store.links.ensure(connectionId, 'customer', 'app', 'app-customer', now);
  const claim = await store.queue.claimLink(link.id, { worker: 'setup', now, leaseMs: 60_000 });
  if (!claim) throw new Error('the customer could not be claimed');
  await store.queue.settle(claim, {
    now,
    link: { ...link, ledger: { ...link.ledger, id: 'ledger-customer' } },
    intents: [],
    audit: [],
    outcome: { kind: 'settled' },
  });
}

/** Tells the parent that this worker is ready and waits for its word, so that all start together. */
async function turn(): Promise<void> {
  process.stdout.write('ready\n');
  await new Promise<void>((resolve) => process.stdin.once('data', () => resolve()));
}

void main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
