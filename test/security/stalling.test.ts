import { StoreError, ValidationError } from '../../shared/errors';
import type { ListPage, NewEvent, Settlement } from '../../shared/ports';
import { firstImport } from '../../shared/sync/import';
import { silentLogger, systemRandom } from '../../shared/system';
import { engineBench, type EngineBench } from '../support/engineBench';
import { quickBooksBench } from '../support/quickBooksBench';

const DAY_MS = 86_400_000;

describe('one record that cannot be worked on', () => {
  let bench: EngineBench;
  beforeEach(async () => (bench = await engineBench()));
  afterEach(async () => {
    jest.restoreAllMocks();
    await bench.close();
  });

  const addCustomers = async (count: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let i = 0; i < count; i++) {
      const { id } = bench.app.add('customer', { displayName: `Customer ${i}` });
      await bench.notify('app', 'customer', id);
      ids.push(id);
    }
    return ids;
  };
  const settleAll = async () => {
    const outcomes = await bench.settle();
    return outcomes.map(({ appId, result }) => [appId, result]);
  };

  it('is the only one that the store refuses, and fails after a bounded number of attempts', async () => {
    const [bad, ...good] = await addCustomers(5);
    const settle = bench.store.queue.settle.bind(bench.store.queue);
    jest.spyOn(bench.store.queue, 'settle').mockImplementation(async (claim, settlement: Settlement) => {
      if (claim.link.app.id === bad && settlement.link?.base)
        throw new StoreError('The store at x refused the operation: unsupported Unicode escape sequence');
      await settle(claim, settlement);
    });
    const first = await settleAll();
    expect(first).toEqual(expect.arrayContaining(good.map((id) => [id, 'synced'])));
    expect(first).toContainEqual([bad, 'waiting']);
    for (let i = 0; i < 10; i++) {
      bench.clock.advance(3_600_000);
      await bench.settle();
    }
    expect(await bench.store.queue.counts('c1')).toMatchObject({ dead: 1, settled: 4, pending: 0 });
    expect(bench.ledger.records.size).toBe(5);
    expect(await bench.store.notices.take('x', 'c1', { limit: 9, now: 0 })).toMatchObject({
      failures: [
        { appId: bad, error: { code: 'store', message: expect.stringContaining('Unicode') as string } },
      ],
    });
  });

  it('ends the run where the store fails as a whole, and what was done before is known', async () => {
    await addCustomers(3);
    const settle = bench.store.queue.settle.bind(bench.store.queue);
    let settled = 0;
    jest.spyOn(bench.store.queue, 'settle').mockImplementation(async (claim, settlement) => {
      if (settled++ > 0) throw new StoreError('The store does not answer', { retryable: true });
      await settle(claim, settlement);
    });
    const done: unknown[] = [];
    const run = bench.engine.processDue('c1', { onOutcome: (outcome) => done.push(outcome) });
    await expect(run).rejects.toThrow('does not answer');
    expect(done).toHaveLength(1);
    const { dead } = await bench.store.queue.counts('c1');
    expect(dead).toBe(0);
  });

  it('is the only one that fails when a read of the whole batch is refused for it', async () => {
    const ids = await addCustomers(6);
    await bench.settle();
    for (const id of ids) {
      bench.app.edit('customer', id, (fields) => ({ ...fields, email: `${id}@example.com` }));
      await bench.notify('app', 'customer', id);
    }
    const bad = ids[2] as string;
    const refused = new ValidationError('The answer is not what it should be');
    jest.spyOn(bench.app, 'readMany').mockRejectedValue(refused);
    const read = bench.app.read.bind(bench.app);
    jest.spyOn(bench.app, 'read').mockImplementation(async (entity, id) => {
      if (id === bad) throw new ValidationError(refused.message);
      return await read(entity, id);
    });
    const outcomes = await settleAll();
    expect(outcomes).toContainEqual([bad, 'failed']);
    expect(outcomes.filter(([, result]) => result === 'synced')).toHaveLength(5);
  });

  it('is the only one that an import cannot list when its page is refused for it', async () => {
    const ids = Array.from({ length: 9 }, (_, i) => bench.app.add('customer', { displayName: `C ${i}` }).id);
    const bad = ids[4] as string;
    const list = bench.app.list.bind(bench.app);
    jest.spyOn(bench.app, 'list').mockImplementation(async (entity, options) => {
      const page: ListPage = await list(entity, options);
      if (!page.records.some(({ id }) => id === bad)) return page;
      if (page.records.length > 1) throw new ValidationError('The answer is not what it should be');
      return { ...page, records: [], unreadable: [{ id: bad }] };
    });
    const read = bench.app.read.bind(bench.app);
    jest.spyOn(bench.app, 'read').mockImplementation(async (entity, id) => {
      if (id === bad) throw new ValidationError('The record is not what it should be');
      return await read(entity, id);
    });
    jest
      .spyOn(bench.app, 'readMany')
      .mockRejectedValue(new ValidationError('The answer is not what it should be'));
    const { store, app, ledger, clock, engine, connection } = bench;
    const ports = { store, sides: { app, ledger }, clock, random: systemRandom, logger: silentLogger };
    const report = await firstImport(ports, engine, connection, { entities: ['customer'], pageSize: 8 });
    expect(report.entities).toMatchObject([{ inApp: 9, created: 8, failed: 1 }]);
    expect(report.attention).toMatchObject([{ appId: bad, result: 'failed' }]);
  });

  it('is tried again a few times when nobody knows what went wrong, and fails then', async () => {
    const [id] = await addCustomers(1);
    jest.spyOn(bench.app, 'read').mockRejectedValue(new TypeError('x is not a function'));
    for (let i = 0; i < 2; i++) {
      expect(await settleAll()).toEqual([[id, 'waiting']]);
      bench.clock.advance(3_600_000);
    }
    expect(await settleAll()).toEqual([[id, 'failed']]);
  });
});

describe('many records that are due at once', () => {
  const invoiceOf = (number: number) => ({
    number: String(number),
    lines: Array.from({ length: 10 }, (_, line) => ({ description: `Line ${line}`, amount: '5' })),
  });

  it('leave the event loop to everybody else between them', async () => {
    const bench = await engineBench();
    const events = Array.from({ length: 200 }, (_, i): NewEvent => {
      const { id: recordId } = bench.app.add('invoice', invoiceOf(i));
      return { connectionId: 'c1', entity: 'invoice', side: 'app', recordId, source: 'poll' };
    });
    await bench.store.queue.append(events, { now: bench.clock.now() });
    // What the processor did in one turn of the loop: waiting for the disk, or for another program, is not ours.
    const turns: number[] = [];
    let before = process.threadCpuUsage();
    let timer = setImmediate(function turn() {
      const { user, system } = process.threadCpuUsage(before);
      turns.push((user + system) / 1_000);
      before = process.threadCpuUsage();
      timer = setImmediate(turn);
    });
    try {
      expect(await bench.settle()).toHaveLength(200);
      expect(Math.max(...turns)).toBeLessThan(50);
    } finally {
      clearImmediate(timer);
      await bench.close();
    }
  }, 60_000);
});

describe('a record that refers to one that nobody has sent yet', () => {
  let bench: EngineBench;
  beforeEach(async () => (bench = await engineBench()));
  afterEach(async () => await bench.close());

  const addInvoice = async (customer: string): Promise<string> => {
    const { id } = bench.app.add('invoice', {
      number: 'inv-2001',
      customer: { entity: 'customer', id: customer },
      lines: [{ description: 'Work', amount: '5' }],
    });
    await bench.notify('app', 'invoice', id);
    return id;
  };

  it('waits and says which, without looking again and again, and continues when it arrives', async () => {
    await addInvoice('c-17');
    expect(await bench.settle()).toMatchObject([
      {
        result: 'waiting',
        error: { message: 'Invoice inv-2001 refers to customer c-17, which the app has not sent yet' },
      },
    ]);
    expect(await bench.store.queue.counts('c1')).toMatchObject({ waiting: 1, pending: 0, dead: 0 });
    const { reads } = bench.app;
    bench.clock.advance(60_000);
    expect(await bench.settle()).toEqual([]);
    expect(bench.app.reads).toBe(reads);

    bench.app.add('customer', { displayName: 'Seventeen' }, 'c-17');
    await bench.notify('app', 'customer', 'c-17');
    const outcomes = await bench.settle();
    expect(outcomes.map(({ entity, result }) => [entity, result])).toEqual([
      ['customer', 'synced'],
      ['invoice', 'synced'],
    ]);
    expect(await bench.store.queue.counts('c1')).toMatchObject({ waiting: 0, pending: 0, dead: 0 });
  });

  it('fails after a week, with the same reason', async () => {
    await addInvoice('c-17');
    let outcomes = await bench.settle();
    for (let days = 0; days < 7; days++) {
      expect(outcomes).toMatchObject([{ result: 'waiting' }]);
      bench.clock.advance(DAY_MS);
      outcomes = await bench.settle();
    }
    expect(outcomes).toMatchObject([
      {
        result: 'failed',
        error: {
          message: 'Invoice inv-2001 refers to customer c-17, which the app has not sent yet',
          nextStep: expect.stringContaining('Send the customer') as string,
        },
      },
    ]);
  });

  it('makes what refers to it wait as quietly', async () => {
    const invoice = await addInvoice('c-17');
    await bench.settle();
    const { id } = bench.app.add('payment', {
      customer: { entity: 'customer', id: 'c-17' },
      date: '2026-11-20',
      amount: '5',
      allocations: [{ document: { entity: 'invoice', id: invoice }, amount: '5' }],
    });
    await bench.notify('app', 'payment', id);
    expect(await bench.settle()).toMatchObject([{ entity: 'payment', result: 'waiting' }]);
    bench.clock.advance(600_000);
    expect(await bench.settle()).toEqual([]);
  });
});

describe('a refusal that would be repeated', () => {
  it('is heard once for each record, whatever the number of records', async () => {
    const bench = await quickBooksBench();
    try {
      await bench.firstImport();
      const names = Array.from({ length: 10 }, (_, i) => `Taken ${i}`);
      // Names are unique among customers, vendors and employees: a look-up among customers finds none of these.
      for (const DisplayName of names) bench.control.create({ entity: 'Vendor', record: { DisplayName } });
      const before = bench.calls.write;
      for (const displayName of names) await bench.records.upsert('customer', { fields: { displayName } });
      for (let i = 0; i < 12; i++) {
        await bench.settle();
        bench.clock.advance(3_600_000);
      }
      expect(bench.calls.write - before).toBe(10);
      const { failures } = await bench.store.notices.take('x', 'c1', { limit: 99, now: 0 });
      expect(failures).toHaveLength(10);
      for (const { error } of failures)
        expect(error).toMatchObject({ code: 'duplicate/6240', nextStep: expect.any(String) as string });
    } finally {
      await bench.close();
    }
  });
});
