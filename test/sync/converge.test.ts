import {
  AuthError,
  NotFoundError,
  RateLimitError,
  TransientError,
  ValidationError,
} from '../../shared/errors';
import type { Fields } from '../../shared/schema/entity';
import { engineBench, type EngineBench } from '../support/engineBench';
import { MemorySide } from '../support/memorySide';

const customer: Fields = { displayName: 'Acme', email: 'a@acme.example' };

let bench: EngineBench;
const start = async (options?: Parameters<typeof engineBench>[0]) => (bench = await engineBench(options));
afterEach(() => bench.close());

const invoiceFor = (customerId: string, change: Fields = {}): Fields => ({
  number: '1001',
  customer: { entity: 'customer', id: customerId },
  date: '2026-11-20',
  dueDate: '2026-12-20',
  lines: [
    { description: 'Paper', quantity: '2', unitPrice: '5', amount: '10' },
    { description: 'Ink', quantity: '1', unitPrice: '30', amount: '30' },
  ],
  ...change,
});

/** An invoice and its customer, in step on both sides. */
async function linkedInvoice(): Promise<{ app: string; ledger: string; linkId: string }> {
  const acme = bench.app.add('customer', customer);
  const invoice = bench.app.add('invoice', invoiceFor(acme.id));
  await bench.notify('app', 'invoice', invoice.id);
  await bench.settle();
  const link = (await bench.store.links.bySide('c1', 'invoice', 'app', [invoice.id])).get(invoice.id);
  return { app: invoice.id, ledger: link?.ledger.id as string, linkId: link?.id as string };
}

describe('converge', () => {
  it('brings an edit of the app to the ledger, and one of the ledger to the app', async () => {
    await start();
    const ids = await linkedInvoice();
    bench.app.edit('invoice', ids.app, (fields) => ({ ...fields, dueDate: '2027-01-31' }));
    await bench.notify('app', 'invoice', ids.app);
    expect(await bench.settle()).toMatchObject([{ result: 'synced', action: 'updated', wrote: ['ledger'] }]);
    expect(bench.ledger.get('invoice', ids.ledger).fields['dueDate']).toBe('2027-01-31');

    bench.ledger.edit('invoice', ids.ledger, (fields) => ({ ...fields, privateNote: 'Called' }));
    await bench.notify('ledger', 'invoice', ids.ledger);
    expect(await bench.settle()).toMatchObject([{ result: 'synced', wrote: ['app'] }]);
    expect(bench.app.get('invoice', ids.app).fields['privateNote']).toBe('Called');
  });

  it('creates the customer an invoice refers to first, and once', async () => {
    await start();
    const acme = bench.app.add('customer', customer);
    for (let i = 0; i < 5; i++) {
      const invoice = bench.app.add('invoice', invoiceFor(acme.id, { number: `10${i}` }));
      await bench.notify('app', 'invoice', invoice.id);
    }
    await bench.notify('app', 'customer', acme.id);
    await bench.settle();
    bench.clock.advance(60_000);
    await bench.settle();
    expect(bench.ledger.all('customer')).toHaveLength(1);
    expect(bench.ledger.all('invoice')).toHaveLength(5);
    const ledgerCustomer = bench.ledger.all('customer')[0]?.id;
    for (const invoice of bench.ledger.all('invoice'))
      expect(invoice.fields['customer']).toEqual({ entity: 'customer', id: ledgerCustomer });
  });

  it('raises a second record with a name that is taken, and what refers to it waits', async () => {
    await start();
    await linkedInvoice();
    const namesake = bench.app.add('customer', { displayName: 'Acme' });
    const invoice = bench.app.add('invoice', invoiceFor(namesake.id, { number: '1002' }));
    await bench.notify('app', 'invoice', invoice.id);
    expect(await bench.settle()).toMatchObject([
      { result: 'waiting', error: { message: expect.stringContaining('customer Acme: is held') } },
    ]);
    expect(bench.ledger.all('customer')).toHaveLength(1);
    expect(await bench.store.conflicts.list({ connectionId: 'c1', status: 'open', limit: 10 })).toMatchObject(
      [{ entity: 'customer', fields: [{ path: '$match' }] }],
    );
  });

  it('merges edits of different lines from both sides', async () => {
    await start();
    const ids = await linkedInvoice();
    const editLine = (at: number, change: Fields) => (fields: Fields) => {
      Object.assign((fields['lines'] as Fields[])[at] as Fields, change);
      return fields;
    };
    bench.app.edit('invoice', ids.app, editLine(0, { description: 'Paper A4' }));
    bench.ledger.edit('invoice', ids.ledger, editLine(1, { quantity: '2', amount: '60' }));
    await bench.notify('app', 'invoice', ids.app);
    await bench.notify('ledger', 'invoice', ids.ledger);
    expect(await bench.settle()).toMatchObject([{ result: 'synced', wrote: ['ledger', 'app'] }]);
    for (const side of [bench.app.get('invoice', ids.app), bench.ledger.get('invoice', ids.ledger)]) {
      expect(side.fields['lines']).toMatchObject([
        { description: 'Paper A4' },
        { quantity: '2', amount: '60' },
      ]);
    }
  });

  it('keeps line identity when lines are added and removed on both sides', async () => {
    await start();
    const ids = await linkedInvoice();
    bench.app.edit('invoice', ids.app, (f) => ({
      ...f,
      lines: [...(f['lines'] as Fields[]), { description: 'Stapler', amount: '7' }],
    }));
    bench.ledger.edit('invoice', ids.ledger, (f) => ({
      ...f,
      lines: [(f['lines'] as Fields[])[1] as Fields, { description: 'Freight', amount: '4' }],
    }));
    await bench.notify('app', 'invoice', ids.app);
    await bench.settle();
    const texts = (side: MemorySide, id: string) =>
      (side.get('invoice', id).fields['lines'] as Fields[]).map((line) => line['description']).sort();
    expect(texts(bench.app, ids.app)).toEqual(['Freight', 'Ink', 'Stapler']);
    expect(texts(bench.ledger, ids.ledger)).toEqual(['Freight', 'Ink', 'Stapler']);
    await bench.notify('app', 'invoice', ids.app);
    expect(await bench.settle()).toMatchObject([{ action: 'in_step', wrote: [] }]);
  });

  it('holds a field that moved apart, writes nothing, and applies the resolution', async () => {
    await start();
    const ids = await linkedInvoice();
    bench.app.edit('invoice', ids.app, (f) => ({ ...f, dueDate: '2027-01-01', privateNote: 'x' }));
    bench.ledger.edit('invoice', ids.ledger, (f) => ({ ...f, dueDate: '2027-02-02' }));
    await bench.notify('app', 'invoice', ids.app);
    const writes = bench.ledger.writes + bench.app.writes;
    expect(await bench.settle()).toMatchObject([
      { result: 'conflict', conflictFields: [{ path: 'dueDate', app: '2027-01-01', ledger: '2027-02-02' }] },
    ]);
    await bench.notify('ledger', 'invoice', ids.ledger);
    await bench.settle();
    expect(bench.ledger.writes + bench.app.writes).toBe(writes);

    const [conflict] = await bench.store.conflicts.list({ connectionId: 'c1', status: 'open', limit: 10 });
    expect(conflict).toMatchObject({ title: '1001', fields: [{ path: 'dueDate' }] });
    const choice = {
      choices: { dueDate: { winner: 'ledger' as const } },
      by: 'user ann' as const,
      at: bench.clock.now(),
    };
    await bench.store.conflicts.resolve(conflict?.id as string, choice, conflict?.refreshedAt as number);
    expect(await bench.settle()).toMatchObject([{ result: 'synced' }]);
    expect(bench.app.get('invoice', ids.app).fields['dueDate']).toBe('2027-02-02');
    expect(bench.ledger.get('invoice', ids.ledger).fields['privateNote']).toBe('x');
    expect(await bench.store.conflicts.list({ connectionId: 'c1', status: 'open', limit: 10 })).toEqual([]);
  });

  it('asks whose lines to keep where both sides’ are more than a record can have, and writes nothing before', async () => {
    await start();
    const ids = await linkedInvoice();
    const many = (word: string) =>
      Array.from({ length: 1_200 }, (_, i) => ({ description: `${word} ${i}`, amount: '1' }));
    bench.app.edit('invoice', ids.app, (f) => ({ ...f, lines: many('App') }));
    bench.ledger.edit('invoice', ids.ledger, (f) => ({ ...f, lines: many('Ledger'), dueDate: '2027-02-02' }));
    await bench.notify('app', 'invoice', ids.app);
    const writes = bench.ledger.writes + bench.app.writes;
    expect(await bench.settle()).toMatchObject([
      { result: 'conflict', conflictFields: [{ path: 'lines', label: 'Lines', reason: 'both_changed' }] },
    ]);
    expect(bench.ledger.writes + bench.app.writes).toBe(writes);

    const [conflict] = await bench.store.conflicts.list({ connectionId: 'c1', status: 'open', limit: 10 });
    const choice = {
      choices: { lines: { winner: 'app' as const } },
      by: 'user ann' as const,
      at: bench.clock.now(),
    };
    await bench.store.conflicts.resolve(conflict?.id as string, choice, conflict?.refreshedAt as number);
    expect(await bench.settle()).toMatchObject([{ result: 'synced' }]);
    const lines = bench.ledger.get('invoice', ids.ledger).fields['lines'] as Fields[];
    expect(lines.map(({ description }) => description)).toEqual(many('App').map((line) => line.description));
    expect(bench.app.get('invoice', ids.app).fields['dueDate']).toBe('2027-02-02');
    expect(await bench.store.conflicts.list({ connectionId: 'c1', status: 'open', limit: 10 })).toEqual([]);
  });

  it('refuses a resolution made on a record that has moved since', async () => {
    await start();
    const ids = await linkedInvoice();
    bench.app.edit('invoice', ids.app, (f) => ({ ...f, dueDate: '2027-01-01' }));
    bench.ledger.edit('invoice', ids.ledger, (f) => ({ ...f, dueDate: '2027-02-02' }));
    await bench.notify('app', 'invoice', ids.app);
    await bench.settle();
    const [conflict] = await bench.store.conflicts.list({ connectionId: 'c1', status: 'open', limit: 10 });
    const choice = {
      choices: { dueDate: { winner: 'app' as const } },
      by: 'user ann' as const,
      at: bench.clock.now(),
    };
    await bench.store.conflicts.resolve(conflict?.id as string, choice, conflict?.refreshedAt as number);
    bench.ledger.edit('invoice', ids.ledger, (f) => ({ ...f, dueDate: '2027-03-03' }));
    expect(await bench.settle()).toMatchObject([{ result: 'conflict' }]);
    expect(bench.ledger.get('invoice', ids.ledger).fields['dueDate']).toBe('2027-03-03');
    expect(await bench.store.conflicts.list({ connectionId: 'c1', status: 'open', limit: 10 })).toMatchObject(
      [{ fields: [{ app: '2027-01-01', ledger: '2027-03-03' }] }],
    );
  });

  it('adopts a create whose answer was lost, whether or not the key is still known', async () => {
    for (const idempotency of [{ maxLength: 50, ttlMs: 86_400_000 }, null]) {
      await start({ ledger: new MemorySide('l', { idempotency }) });
      const acme = bench.app.add('customer', customer);
      bench.ledger.loseNextAnswer = true;
      await bench.notify('app', 'customer', acme.id);
      expect(await bench.settle()).toMatchObject([{ result: 'waiting', error: { code: 'uncertain_write' } }]);
      bench.clock.advance(60_000);
      expect(await bench.settle()).toMatchObject([{ result: 'synced' }]);
      expect(bench.ledger.all('customer')).toHaveLength(1);
      if (idempotency) await bench.close();
    }
  });

  it('learns what became of an update whose answer was lost, even when somebody undid it meanwhile', async () => {
    await start();
    const ids = await linkedInvoice();
    const before = bench.ledger.get('invoice', ids.ledger).fields['dueDate'] as string;
    bench.app.edit('invoice', ids.app, (f) => ({ ...f, dueDate: '2027-01-01' }));
    bench.ledger.loseNextAnswer = true;
    await bench.notify('app', 'invoice', ids.app);
    await bench.settle();
    expect(bench.ledger.get('invoice', ids.ledger).fields['dueDate']).toBe('2027-01-01');
    bench.ledger.edit('invoice', ids.ledger, (f) => ({ ...f, dueDate: before }));
    bench.clock.advance(60_000);
    await bench.settle();
    expect(bench.app.get('invoice', ids.app).fields['dueDate']).toBe(before);
    expect(bench.ledger.get('invoice', ids.ledger).fields['dueDate']).toBe(before);
  });

  it('asks a person when it cannot be learned', async () => {
    await start({ ledger: new MemorySide('l', { idempotency: null }) });
    const ids = await linkedInvoice();
    bench.app.edit('invoice', ids.app, (f) => ({ ...f, dueDate: '2027-01-01' }));
    bench.ledger.loseNextAnswer = true;
    await bench.notify('app', 'invoice', ids.app);
    await bench.settle();
    bench.ledger.edit('invoice', ids.ledger, (f) => ({ ...f, dueDate: '2026-12-20' }));
    bench.clock.advance(60_000);
    expect(await bench.settle()).toMatchObject([
      { result: 'conflict', conflictFields: [{ path: 'dueDate', reason: 'uncertain_write' }] },
    ]);
  });

  it('merges again when the record moves between read and write', async () => {
    await start();
    const ids = await linkedInvoice();
    const original = bench.ledger.update.bind(bench.ledger);
    let moved = false;
    bench.ledger.update = (...args) => {
      if (!moved) {
        moved = true;
        bench.ledger.edit('invoice', ids.ledger, (f) => ({ ...f, privateNote: 'in between' }));
      }
      return original(...args);
    };
    bench.app.edit('invoice', ids.app, (f) => ({ ...f, dueDate: '2027-01-01' }));
    await bench.notify('app', 'invoice', ids.app);
    expect(await bench.settle()).toMatchObject([{ result: 'synced' }]);
    for (const side of [bench.app.get('invoice', ids.app), bench.ledger.get('invoice', ids.ledger)]) {
      expect(side.fields).toMatchObject({ dueDate: '2027-01-01', privateNote: 'in between' });
    }
  });

  it('costs an echo of its own write no write, and where it carries a time, no read', async () => {
    await start();
    const ids = await linkedInvoice();
    bench.app.edit('invoice', ids.app, (f) => ({ ...f, dueDate: '2027-01-01' }));
    await bench.notify('app', 'invoice', ids.app);
    await bench.settle();
    const { asOf } = bench.ledger.get('invoice', ids.ledger);
    const [reads, writes] = [bench.ledger.reads, bench.ledger.writes];
    await bench.notify('ledger', 'invoice', ids.ledger, { source: 'webhook', occurredAt: asOf as string });
    expect(await bench.settle()).toMatchObject([{ action: 'echo' }]);
    await bench.notify('ledger', 'invoice', ids.ledger, { source: 'webhook', occurredAt: asOf as string });
    expect(await bench.settle()).toMatchObject([{ action: 'echo' }]);
    expect([bench.ledger.reads, bench.ledger.writes]).toEqual([reads, writes]);
  });

  it('never takes a failed event for an echo when it is retried', async () => {
    await start();
    const ids = await linkedInvoice();
    const edited = bench.ledger.edit('invoice', ids.ledger, (f) => ({ ...f, privateNote: 'new' }));
    bench.app.refuseNextWrite = new TransientError('the app is down');
    await bench.notify('ledger', 'invoice', ids.ledger, {
      source: 'webhook',
      occurredAt: edited.asOf as string,
    });
    expect(await bench.settle()).toMatchObject([{ result: 'waiting' }]);
    bench.clock.advance(60_000);
    expect(await bench.settle()).toMatchObject([{ result: 'synced', wrote: ['app'] }]);
    expect(bench.app.get('invoice', ids.app).fields['privateNote']).toBe('new');
  });

  it('deletes what was deleted, and raises a delete against an edit', async () => {
    await start();
    const ids = await linkedInvoice();
    bench.app.drop('invoice', ids.app, 'deleted');
    await bench.notify('app', 'invoice', ids.app);
    await bench.settle();
    expect(bench.ledger.get('invoice', ids.ledger).state).toBe('deleted');
    bench.app.drop('customer', (bench.app.all('customer')[0] as { id: string }).id, 'deleted');
    await bench.notify('app', 'customer', (bench.app.all('customer')[0] as { id: string }).id);
    await bench.settle();
    const again = await linkedInvoice();
    bench.ledger.edit('invoice', again.ledger, (f) => ({ ...f, privateNote: 'keep me' }));
    bench.app.drop('invoice', again.app, 'deleted');
    await bench.notify('app', 'invoice', again.app);
    expect(await bench.settle()).toMatchObject([
      { result: 'conflict', conflictFields: [{ path: '$state' }] },
    ]);
  });

  /** An invoice whose customer is deleted in the app, edited in the ledger, and made anew by a decision. */
  async function customerMadeAnew() {
    const ids = await linkedInvoice();
    const { id } = bench.app.all('customer')[0] as { id: string };
    bench.app.drop('customer', id, 'deleted');
    const theirs = bench.ledger.all('customer')[0] as { id: string };
    bench.ledger.edit('customer', theirs.id, (f) => ({ ...f, phone: '555' }));
    await bench.notify('app', 'customer', id);
    await bench.settle();
    const decide = async () => {
      const [conflict] = await bench.store.conflicts.list({ connectionId: 'c1', status: 'open', limit: 1 });
      const resolution = {
        choices: { $state: { winner: 'ledger' as const } },
        by: 'user ann' as const,
        at: bench.clock.now(),
      };
      await bench.store.conflicts.resolve(
        conflict?.id as string,
        resolution,
        conflict?.refreshedAt as number,
      );
    };
    return { ...ids, former: id, decide };
  }
  const customerOf = (id: string) => bench.app.get('invoice', id).fields['customer'];

  it('points an invoice at the customer that was made anew, and takes that for nobody’s edit', async () => {
    await start();
    const ids = await customerMadeAnew();
    await ids.decide();
    await bench.settle();
    const anew = bench.app.all('customer').find(({ state }) => state === 'live') as { id: string };
    expect(customerOf(ids.app)).toEqual({ entity: 'customer', id: ids.former });
    bench.app.edit('invoice', ids.app, (f) => ({ ...f, dueDate: '2027-01-01' }));
    await bench.notify('app', 'invoice', ids.app);
    expect(await bench.settle()).toMatchObject([
      { result: 'synced', wrote: ['ledger', 'app'], changes: [{ path: 'dueDate' }] },
    ]);
    expect(customerOf(ids.app)).toEqual({ entity: 'customer', id: anew.id });
    await bench.notify('app', 'invoice', ids.app);
    expect(await bench.settle()).toMatchObject([{ result: 'synced', wrote: [] }]);
  });

  it('waits for a customer that is being decided on when its side refuses what refers to it', async () => {
    await start();
    const ids = await customerMadeAnew();
    const create = bench.app.create.bind(bench.app);
    bench.app.create = async (entity, fields, options) => {
      const { id } = (fields['customer'] ?? { id: null }) as { id: string | null };
      if (id === ids.former) throw new ValidationError('That customer has been deleted', { entity });
      return create(entity, fields, options);
    };
    const theirs = bench.ledger.all('customer')[0] as { id: string };
    const invoice = bench.ledger.add('invoice', invoiceFor(theirs.id, { number: '1002' }));
    await bench.notify('ledger', 'invoice', invoice.id);
    expect(await bench.settle()).toMatchObject([
      { result: 'waiting', error: { message: expect.stringContaining('customer Acme: is held') } },
    ]);
    await ids.decide();
    await bench.settle();
    bench.clock.advance(60_000);
    await bench.settle();
    const anew = bench.app.all('customer').find(({ state }) => state === 'live') as { id: string };
    const copy = bench.app.all('invoice').find(({ fields }) => fields['number'] === '1002');
    expect(copy?.fields['customer']).toEqual({ entity: 'customer', id: anew.id });
  });

  it('says what the side said when what it refused refers to nothing that is gone', async () => {
    await start();
    const ids = await linkedInvoice();
    const acme = bench.app.all('customer')[0] as { id: string };
    const invoice = bench.app.add('invoice', invoiceFor(acme.id, { number: '1002' }));
    bench.ledger.refuseNextWrite = new NotFoundError('Object Not Found');
    const { reads } = bench.ledger;
    await bench.notify('app', 'invoice', invoice.id);
    expect(await bench.settle()).toMatchObject([
      { result: 'failed', error: { code: 'validation', message: 'Object Not Found' } },
    ]);
    // The look-up before the create, and one call for all the customers it refers to.
    expect(bench.ledger.reads - reads).toBe(2);
    expect(ids.ledger).toBeDefined();
  });

  it('takes no reference that the side cannot hold for one that has another id by now', async () => {
    const unsupported = { 'lines.item': 'There are no items.' };
    await start({ ledger: new MemorySide('l', {}, { invoice: { unsupported } }) });
    const acme = bench.app.add('customer', customer);
    const item = bench.app.add('item', { name: 'Paper', type: 'service' });
    const lines = [{ item: { entity: 'item', id: item.id }, quantity: '1', unitPrice: '5', amount: '5' }];
    const invoice = bench.app.add('invoice', invoiceFor(acme.id, { lines }));
    await bench.notify('app', 'customer', acme.id);
    await bench.settle();
    bench.ledger.refuseNextWrite = new ValidationError('The period is closed');
    await bench.notify('app', 'invoice', invoice.id);
    expect(await bench.settle()).toMatchObject([
      { result: 'failed', error: { code: 'validation', message: 'The period is closed' } },
    ]);
  });

  it('links what both sides already have, raises what differs, and overwrites nothing', async () => {
    await start();
    const same = [bench.app.add('customer', customer), bench.ledger.add('customer', customer)];
    const differs = [
      bench.app.add('customer', { displayName: 'Bolt', email: 'x@bolt.example' }),
      bench.ledger.add('customer', { displayName: 'Bolt', email: 'y@bolt.example' }),
    ];
    for (const [app, ledger] of [same, differs]) {
      await bench.notify('app', 'customer', app?.id as string, { source: 'import' });
      await bench.notify('ledger', 'customer', ledger?.id as string, { source: 'import' });
    }
    await bench.settle();
    expect([bench.app.writes, bench.ledger.writes]).toEqual([0, 0]);
    expect(bench.app.all('customer')).toHaveLength(2);
    expect(bench.ledger.all('customer')).toHaveLength(2);
    expect(await bench.store.conflicts.list({ connectionId: 'c1', status: 'open', limit: 10 })).toMatchObject(
      [{ title: 'Bolt', fields: [{ path: 'email', reason: 'no_base' }] }],
    );
  });

  it('raises two candidates instead of guessing', async () => {
    await start();
    bench.ledger.add('invoice', invoiceFor('x'));
    bench.ledger.add('invoice', invoiceFor('x'));
    const acme = bench.app.add('customer', customer);
    const invoice = bench.app.add('invoice', invoiceFor(acme.id));
    await bench.notify('app', 'invoice', invoice.id);
    expect(await bench.settle()).toMatchObject([
      { result: 'conflict', conflictFields: [{ path: '$match', reason: 'ambiguous_match' }] },
    ]);
    expect(bench.ledger.all('invoice')).toHaveLength(2);
  });

  it('sends what cannot be retried straight to the dead letters, naming it, and replays it', async () => {
    await start();
    const acme = bench.app.add('customer', customer);
    bench.ledger.refuseNextWrite = new ValidationError('Customer: name is too long', {
      field: 'displayName',
    });
    await bench.notify('app', 'customer', acme.id);
    expect(await bench.settle()).toMatchObject([
      { result: 'failed', error: { code: 'validation', field: 'displayName', entity: 'customer' } },
    ]);
    expect(await bench.store.queue.counts('c1')).toMatchObject({ dead: 1 });
    expect(await bench.store.queue.replay({ connectionId: 'c1' }, bench.clock.now())).toHaveLength(1);
    expect(await bench.settle()).toMatchObject([{ result: 'synced', action: 'created' }]);
  });

  it('retries with backoff and gives up after the last attempt', async () => {
    await start({ engine: { retry: { maxAttempts: 3, baseMs: 1_000, capMs: 4_000 } } });
    const acme = bench.app.add('customer', customer);
    await bench.notify('app', 'customer', acme.id);
    const results = [];
    for (let i = 0; i < 3; i++) {
      bench.ledger.refuseNextWrite = new TransientError('down');
      const [outcome] = await bench.settle();
      results.push(outcome?.result);
      expect(await bench.settle()).toEqual([]);
      bench.clock.advance(10_000);
    }
    expect(results).toEqual(['waiting', 'waiting', 'failed']);
  });

  it('pauses the connection on a dead grant and loses no event', async () => {
    await start();
    const acme = bench.app.add('customer', customer);
    bench.ledger.refuseNextWrite = new AuthError('The grant has ended');
    await bench.notify('app', 'customer', acme.id);
    await bench.settle();
    expect(await bench.store.connections.get('c1')).toMatchObject({
      state: 'paused',
      pausedReason: expect.stringContaining('reconnect'),
    });
    expect(await bench.settle()).toEqual([]);
    await bench.store.connections.update(
      'c1',
      { state: 'active', pausedReason: null },
      { now: bench.clock.now() },
    );
    expect(await bench.settle()).toMatchObject([{ result: 'synced' }]);
  });

  it('rests when told to slow down, without using up attempts', async () => {
    await start();
    const acme = bench.app.add('customer', customer);
    bench.ledger.refuseNextWrite = new RateLimitError('slow down', { retryAfterMs: 60_000 });
    await bench.notify('app', 'customer', acme.id);
    await bench.settle();
    expect(await bench.settle()).toEqual([]);
    bench.clock.advance(61_000);
    expect(await bench.settle()).toMatchObject([{ result: 'synced' }]);
  });

  it('writes A -> B -> A -> B three times, since each is a decision of its own', async () => {
    await start();
    const ids = await linkedInvoice();
    for (const dueDate of ['2027-01-01', '2026-12-20', '2027-01-01']) {
      bench.app.edit('invoice', ids.app, (f) => ({ ...f, dueDate }));
      await bench.notify('app', 'invoice', ids.app);
      await bench.settle();
      expect(bench.ledger.get('invoice', ids.ledger).fields['dueDate']).toBe(dueDate);
    }
  });

  it('meets the ledger copy of its own create before the answer was stored, and keeps one record', async () => {
    await start();
    const acme = bench.app.add('customer', customer);
    bench.ledger.loseNextAnswer = true;
    await bench.notify('app', 'customer', acme.id);
    await bench.settle();
    const created = bench.ledger.all('customer')[0]?.id as string;
    await bench.notify('ledger', 'customer', created, { source: 'webhook' });
    await bench.settle();
    bench.clock.advance(60_000);
    await bench.settle();
    expect(bench.app.all('customer')).toHaveLength(1);
    expect(bench.ledger.all('customer')).toHaveLength(1);
    expect(await bench.store.queue.counts('c1')).toMatchObject({ pending: 0, dead: 0 });
  });

  it('leaves an audit trail whose chain holds', async () => {
    await start();
    const ids = await linkedInvoice();
    bench.app.edit('invoice', ids.app, (f) => ({ ...f, dueDate: '2027-01-01' }));
    await bench.notify('app', 'invoice', ids.app);
    await bench.settle();
    const rows = await bench.store.audit.list('c1', { linkId: ids.linkId, limit: 10 });
    expect(rows.at(-1)).toMatchObject({
      kind: 'synced',
      detail: { decisions: [{ path: 'dueDate', from: 'app', before: '2026-12-20', after: '2027-01-01' }] },
    });
    expect(await bench.store.audit.verify('c1', { now: Date.now() })).toMatchObject({ brokenAt: null });
  });
});
