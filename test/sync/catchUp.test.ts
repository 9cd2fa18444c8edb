import { AuthError, BudgetError, RateLimitError, TransientError } from '../../shared/errors';
import type { Change, ChangeAnswer } from '../../shared/ports';
import { catchUp, comparisonDueSince, noteCompared } from '../../shared/sync/catchUp';
import { silentLogger } from '../../shared/system';
import { engineBench, type EngineBench } from '../support/engineBench';
import { quickBooksBench } from '../support/quickBooksBench';

const changeOf = (id: string, version = 1): Change => ({
  tenantId: 't1',
  entity: 'customer',
  id,
  operation: 'updated',
  dedupeKey: `feed:${id}:${version}`,
});

describe('catching up', () => {
  let bench: EngineBench;
  let asked: string[];
  let answer: () => Promise<ChangeAnswer>;
  beforeEach(async () => {
    bench = await engineBench();
    asked = [];
    answer = async () => ({ changes: [], asOf: '2026-01-02T00:00:00.000Z', complete: true });
  });
  afterEach(() => bench.close());

  const read = async (readBefore = bench.clock.now()) => {
    const { store, clock } = bench;
    const changes = async (_entities: readonly string[], since: string) => {
      asked.push(since);
      return await answer();
    };
    const connection = (await store.connections.get('c1'))!;
    const ports = { store, clock, logger: silentLogger, changes };
    return await catchUp(ports, { ...connection }, { entities: ['customer'], readBefore });
  };
  const pending = async () => (await bench.store.queue.counts('c1')).pending;

  it('begins where the connection was made, and goes on where it was left', async () => {
    answer = async () => ({
      changes: [changeOf('1'), changeOf('2')],
      asOf: '2026-01-02T00:00:00.000Z',
      complete: true,
    });
    expect(await read()).toEqual({ changes: 2, queued: 2, complete: true });
    bench.clock.advance(1_000);
    expect(await read()).toEqual({ changes: 2, queued: 0, complete: true });
    expect(asked).toEqual([new Date(bench.connection.createdAt).toISOString(), '2026-01-02T00:00:00.000Z']);
    expect(await pending()).toBe(2);
  });

  it('does not read again what was read since', async () => {
    const started = bench.clock.now() - 1;
    await read(started);
    expect(await read(started)).toBeNull();
    expect(asked).toHaveLength(1);
  });

  it('is done by one of many', async () => {
    let go = () => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    answer = async () => {
      await gate;
      return { changes: [changeOf('1')], asOf: '2026-01-02T00:00:00.000Z', complete: true };
    };
    const readers = Array.from({ length: 5 }, () => read());
    setTimeout(go, 50);
    expect((await Promise.all(readers)).filter((result) => result !== null)).toHaveLength(1);
    expect(asked).toHaveLength(1);
  });

  it('takes over from a reader that was killed', async () => {
    answer = async () => await new Promise(() => undefined);
    void read();
    await new Promise((resolve) => setTimeout(resolve, 100));
    answer = async () => ({ changes: [changeOf('1')], asOf: '2026-01-02T00:00:00.000Z', complete: true });
    expect(await read()).toBeNull();
    bench.clock.advance(121_000);
    expect(await read()).toMatchObject({ queued: 1 });
  });

  it('stays where it was when the read fails, or not all of it could be stored', async () => {
    answer = async () => await Promise.reject(new TransientError('no network', { scope: 'connection' }));
    await expect(read()).rejects.toThrow('no network');
    expect(await bench.store.connections.get('c1')).toMatchObject({ state: 'active', resumeAt: null });
    const many = Array.from({ length: 1_201 }, (_, index) => changeOf(String(index)));
    answer = async () => ({ changes: many, asOf: '2026-01-02T00:00:00.000Z', complete: true });
    const append = bench.store.queue.append;
    let appends = 0;
    bench.store.queue.append = async (...input) => {
      if (++appends === 3) throw new TransientError('killed here');
      return await append(...input);
    };
    await expect(read()).rejects.toThrow('killed here');
    bench.store.queue.append = append;
    bench.clock.advance(121_000);
    expect(await read()).toMatchObject({ changes: 1_201, queued: 201 });
    expect(new Set(asked).size).toBe(1);
    expect(await pending()).toBe(1_201);
  });

  it('pauses for a dead grant and rests for a limit or a budget, as every call does', async () => {
    answer = async () => await Promise.reject(new RateLimitError('slow', { retryAfterMs: 9_999_999_000 }));
    await expect(read()).rejects.toThrow('slow');
    const { resumeAt } = (await bench.store.connections.get('c1'))!;
    expect(resumeAt! - bench.clock.now()).toBeLessThanOrEqual(3_600_000);
    answer = async () => await Promise.reject(new BudgetError('used up', { retryAfterMs: 7_200_000 }));
    await expect(read()).rejects.toThrow('used up');
    const until = (await bench.store.connections.get('c1'))!.resumeAt! - bench.clock.now();
    expect(until).toBeGreaterThan(7_000_000);
    answer = async () => await Promise.reject(new AuthError('ended'));
    await expect(read()).rejects.toThrow('ended');
    expect(await bench.store.connections.get('c1')).toMatchObject({ state: 'paused' });
  });

  it('remembers that a comparison is due until one was made', async () => {
    answer = async () => ({ changes: [], asOf: '2026-01-02T00:00:00.000Z', complete: false });
    await read();
    answer = async () => ({ changes: [], asOf: '2026-01-03T00:00:00.000Z', complete: true });
    bench.clock.advance(1_000);
    await read();
    const since = new Date(bench.connection.createdAt).toISOString();
    expect(await comparisonDueSince(bench.store, 'c1')).toBe(since);
    await noteCompared(bench.store, 'c1', bench.clock.now());
    expect(await comparisonDueSince(bench.store, 'c1')).toBeNull();
  });
});

describe('catching up with QuickBooks', () => {
  let bench: Awaited<ReturnType<typeof quickBooksBench>>;
  beforeEach(async () => {
    bench = await quickBooksBench();
    await bench.firstImport();
  });
  afterEach(() => bench.close());

  const read = async () => {
    const { store, clock, ledger } = bench;
    const ports = { store, clock, logger: silentLogger, changes: ledger.changes.bind(ledger) };
    const connection = (await store.connections.get('c1'))!;
    bench.clock.advance(1_000);
    const entities = Object.keys(ledger.capabilities.entities);
    return await catchUp(ports, connection, { entities, readBefore: clock.now() });
  };

  it('brings over what changed while nobody listened, in one call', async () => {
    await read();
    await bench.settle();
    const [customer] = bench.control.records('Customer') as { Id: string }[];
    bench.control.edit({ entity: 'Customer', id: customer!.Id, patch: { Notes: 'while n8n was down' } });
    const before = bench.calls.read;
    expect(await read()).toMatchObject({ complete: true });
    expect(bench.calls.read - before).toBe(1);
    await bench.settle();
    const link = await bench.linkOf('customer', 'ledger', customer!.Id);
    expect((await bench.records.get('customer', link!.app.id!))?.fields.notes).toBe('while n8n was down');
  });

  it('carries a balance over that a posting has moved without a new version', async () => {
    interface Customer {
      Id: string;
      SyncToken: string;
      Balance: number;
    }
    const customers = () => bench.control.records('Customer') as unknown as Customer[];
    const before = customers().find(({ Balance }) => Balance > 0)!;
    bench.control.create({
      entity: 'Payment',
      record: { CustomerRef: { value: before.Id }, TotalAmt: 5 },
    });
    const after = customers().find(({ Id }) => Id === before.Id)!;
    expect(after).toMatchObject({ SyncToken: before.SyncToken, Balance: before.Balance - 5 });
    await bench.notify('customer', before.Id);
    await bench.settle();
    const link = await bench.linkOf('customer', 'ledger', before.Id);
    const fields = (await bench.records.get('customer', link!.app.id!))?.fields;
    expect(Number(fields?.balance)).toBe(before.Balance - 5);
  });
});
