import { StoreError, TransientError, ValidationError } from '../../shared/errors';
import type { Resolution } from '../../shared/ports';
import type { Fields } from '../../shared/schema/entity';
import { entityNamed } from '../../shared/schema/entities';
import { intentKey } from '../../shared/sync/identity';
import { adoptLines, pairNewLines, toLineIds } from '../../shared/sync/lines';
import { everything } from '../support/capability';
import { engineBench, type EngineBench } from '../support/engineBench';
import { MemorySide } from '../support/memorySide';

let bench: EngineBench;
const start = async (options?: Parameters<typeof engineBench>[0]) => (bench = await engineBench(options));
afterEach(() => bench?.close());

const line = (description: string, amount: string): Fields => ({ description, amount });

async function linkedCustomer(fields: Fields = {}): Promise<{ app: string; ledger: string; linkId: string }> {
  const { id } = bench.app.add('customer', { displayName: 'Acme', email: 'a@acme.example', ...fields });
  return linkOf('customer', id);
}

async function linkOf(entity: string, appId: string) {
  await bench.notify('app', entity, appId);
  await bench.settle();
  const link = (await bench.store.links.bySide('c1', entity, 'app', [appId])).get(appId);
  return { app: appId, ledger: link?.ledger.id as string, linkId: link?.id as string };
}

async function linkedInvoice(lines: Fields[] = [line('Paper', '10'), line('Ink', '30')]) {
  const acme = bench.app.add('customer', { displayName: 'Acme' });
  const customer = { entity: 'customer', id: acme.id };
  const invoice = bench.app.add('invoice', { number: '1001', customer, date: '2026-11-20', lines });
  return await linkOf('invoice', invoice.id);
}

async function resolve(choices: Resolution['choices']): Promise<void> {
  const [conflict] = await bench.store.conflicts.list({ connectionId: 'c1', status: 'open', limit: 1 });
  const resolution = { choices, by: 'user ann' as const, at: bench.clock.now() };
  await bench.store.conflicts.resolve(conflict?.id as string, resolution, conflict?.refreshedAt as number);
}

async function settleLater(): Promise<ReturnType<EngineBench['settle']>> {
  bench.clock.advance(900_000);
  return bench.settle();
}

const decisionsOf = async (linkId: string) =>
  (await bench.store.audit.list('c1', { linkId, limit: 50 })).flatMap(
    (row) => (row.detail['decisions'] ?? []) as { path: string; by: string }[],
  );

describe('what was emptied stays empty', () => {
  it.each([
    ['a member of an address', { line1: 'Main St 1', city: null }],
    ['all of an address', null],
  ])('%s', async (_what, billingAddress) => {
    await start();
    const ids = await linkedCustomer({ billingAddress: { line1: 'Main St 1', city: 'Springfield' } });
    bench.ledger.edit('customer', ids.ledger, (f) => ({ ...f, billingAddress }));
    await bench.notify('ledger', 'customer', ids.ledger);
    expect(await bench.settle()).toMatchObject([{ result: 'synced', wrote: ['app'] }]);
    await bench.notify('app', 'customer', ids.app);
    expect(await bench.settle()).toMatchObject([{ action: 'in_step' }]);
    for (const side of [bench.app.get('customer', ids.app), bench.ledger.get('customer', ids.ledger)])
      expect((side.fields['billingAddress'] as Fields | null)?.['city'] ?? null).toBeNull();
  });

  it('the description of a line', async () => {
    await start();
    const ids = await linkedInvoice();
    bench.ledger.edit('invoice', ids.ledger, (f) => {
      ((f['lines'] as Fields[])[0] as Fields)['description'] = null;
      return f;
    });
    await bench.notify('ledger', 'invoice', ids.ledger);
    expect(await bench.settle()).toMatchObject([{ wrote: ['app'] }]);
    await bench.notify('app', 'invoice', ids.app);
    await bench.settle();
    for (const side of [bench.app.get('invoice', ids.app), bench.ledger.get('invoice', ids.ledger)])
      expect(side.fields['lines']).toMatchObject([{ description: null }, { description: 'Ink' }]);
  });
});

describe('a create whose answer was lost', () => {
  it('is found when the app has deleted the record since, and goes with it', async () => {
    await start();
    const acme = bench.app.add('customer', { displayName: 'Acme' });
    bench.ledger.loseNextAnswer = true;
    await bench.notify('app', 'customer', acme.id);
    await bench.settle();
    bench.app.drop('customer', acme.id, 'deleted');
    await settleLater();
    const [landed] = bench.ledger.all('customer');
    await bench.notify('ledger', 'customer', landed?.id as string);
    await bench.settle();
    expect(bench.ledger.all('customer').map((record) => record.state)).toEqual(['deleted']);
    expect(bench.app.all('customer')).toHaveLength(1);
  });

  it('is raised, and never repeated, where it could not be found again', async () => {
    const ledger = new MemorySide('l', { idempotency: null }, { payment: { ...everything, lookup: 'none' } });
    ledger.find = async () => ({ kind: 'none' });
    await start({ ledger });
    const acme = bench.app.add('customer', { displayName: 'Acme' });
    const customer = { entity: 'customer', id: acme.id };
    const payment = bench.app.add('payment', { customer, amount: '5' });
    await bench.notify('app', 'customer', acme.id);
    await bench.settle();
    ledger.loseNextAnswer = true;
    await bench.notify('app', 'payment', payment.id);
    await bench.settle();
    for (let i = 0; i < 2; i++) {
      expect(await settleLater()).toMatchObject(
        i === 0
          ? [{ result: 'conflict', conflictFields: [{ path: '$match', reason: 'uncertain_write' }] }]
          : [],
      );
      await bench.notify('app', 'payment', payment.id);
      expect(await bench.settle()).toMatchObject([{ result: 'conflict' }]);
    }
    expect(ledger.all('payment')).toHaveLength(1);
    await resolve({ $match: { value: ledger.all('payment')[0]?.id as string } });
    expect(await bench.settle()).toMatchObject([{ result: 'synced' }]);
    expect(ledger.all('payment')).toHaveLength(1);
    expect(bench.app.all('payment')).toHaveLength(1);
  });

  it('belongs to the link that made it, even in the place of a record that is gone', async () => {
    await start();
    const ids = await linkedInvoice();
    bench.app.drop('invoice', ids.app, 'deleted');
    bench.ledger.edit('invoice', ids.ledger, (f) => ({ ...f, privateNote: 'keep me' }));
    await bench.notify('app', 'invoice', ids.app);
    await bench.settle();
    await resolve({ $state: { winner: 'ledger' } });
    bench.app.loseNextAnswer = true;
    await bench.settle();
    // The echo of the create comes before its own retry.
    await bench.notify('app', 'invoice', bench.app.all('invoice')[1]?.id as string);
    await bench.settle();
    await settleLater();
    expect(bench.ledger.all('invoice')).toHaveLength(1);
    expect(bench.app.all('invoice').map((record) => record.state)).toEqual(['deleted', 'live']);
  });

  it('knows its lines, although they were edited before anybody heard of them', async () => {
    await start();
    const acme = bench.app.add('customer', { displayName: 'Acme' });
    await linkOf('customer', acme.id);
    const customer = { entity: 'customer', id: acme.id };
    const lines = [line('Paper', '10'), line('Ink', '30')];
    const invoice = bench.app.add('invoice', { number: '1', customer, lines });
    bench.ledger.loseNextAnswer = true;
    await bench.notify('app', 'invoice', invoice.id);
    await bench.settle();
    const landed = bench.ledger.all('invoice')[0]?.id as string;
    bench.ledger.edit('invoice', landed, (f) => {
      ((f['lines'] as Fields[])[0] as Fields)['description'] = 'Paper A4';
      return f;
    });
    bench.app.edit('invoice', invoice.id, (f) => ({ ...f, lines: [(f['lines'] as Fields[])[1] as Fields] }));
    expect(await settleLater()).toMatchObject([
      { result: 'conflict', conflictFields: [{ reason: 'delete_against_edit' }] },
    ]);
  });

  it('belongs to the link that made it, where its mark cannot be read', async () => {
    const lookup = { customer: { ...everything, lookup: 'unique_key' as const } };
    const ledger = new MemorySide('l', { idempotency: null }, lookup);
    const create = ledger.create.bind(ledger);
    ledger.create = (entity, fields, { key }) => create(entity, fields, { key });
    await start({ ledger });
    const acme = bench.app.add('customer', { displayName: 'Acme', email: 'a@acme.example' });
    ledger.loseNextAnswer = true;
    await bench.notify('app', 'customer', acme.id);
    await bench.settle();
    bench.app.edit('customer', acme.id, (f) => ({ ...f, email: null }));
    // The echo of the create comes before its own retry.
    await bench.notify('ledger', 'customer', ledger.all('customer')[0]?.id as string);
    await bench.settle();
    await settleLater();
    for (const side of [bench.app, ledger])
      expect(side.all('customer')).toMatchObject([{ fields: { email: null } }]);
  });

  it('is simply repeated where nothing was sent', async () => {
    const ledger = new MemorySide(
      'l',
      { idempotency: null },
      { customer: { ...everything, lookup: 'none' } },
    );
    await start({ ledger });
    const acme = bench.app.add('customer', { displayName: 'Acme' });
    ledger.refuseNextWrite = new TransientError('could not be reached');
    await bench.notify('app', 'customer', acme.id);
    await bench.settle();
    expect(await settleLater()).toMatchObject([{ result: 'synced', action: 'created' }]);
  });
});

describe('a decision whose second write failed', () => {
  async function apart() {
    const ids = await linkedCustomer();
    bench.app.edit('customer', ids.app, (f) => ({ ...f, email: 'app', phone: '1' }));
    bench.ledger.edit('customer', ids.ledger, (f) => ({ ...f, email: 'ledger' }));
    await bench.notify('app', 'customer', ids.app);
    await bench.settle();
    return ids;
  }

  it.each([{ winner: 'ledger' as const }, { value: 'typed' }])('is not asked again: %j', async (choice) => {
    await start();
    const ids = await apart();
    await resolve({ email: choice });
    bench.app.refuseNextWrite = new TransientError('the app is down');
    expect(await bench.settle()).toMatchObject([{ result: 'waiting', wrote: ['ledger'] }]);
    expect(await settleLater()).toMatchObject([{ result: 'synced', wrote: ['app'] }]);
    const email = 'value' in choice ? 'typed' : 'ledger';
    for (const side of [bench.app.get('customer', ids.app), bench.ledger.get('customer', ids.ledger)])
      expect(side.fields).toMatchObject({ email, phone: '1' });
    expect(await bench.store.conflicts.list({ connectionId: 'c1', status: 'open', limit: 1 })).toEqual([]);
  });

  it('is in the audit trail although the app moved before its second write', async () => {
    await start();
    const ids = await apart();
    await resolve({ email: { winner: 'ledger' } });
    const update = bench.ledger.update.bind(bench.ledger);
    bench.ledger.update = (...args) => {
      bench.app.edit('customer', ids.app, (f) => ({ ...f, notes: 'meanwhile' }));
      return update(...args);
    };
    await bench.settle();
    await settleLater();
    expect(bench.app.get('customer', ids.app).fields).toMatchObject({ email: 'ledger', notes: 'meanwhile' });
    expect(await decisionsOf(ids.linkId)).toContainEqual(
      expect.objectContaining({ path: 'email', from: 'ledger', by: 'resolution' }),
    );
  });

  it('is in the audit trail although its worker died', async () => {
    await start();
    const ids = await apart();
    await resolve({ email: { winner: 'app' } });
    // The write lands, its settlement does not.
    const { queue } = bench.store;
    const settle = queue.settle;
    queue.settle = () => Promise.reject(new StoreError('the disk is gone'));
    await expect(bench.settle()).rejects.toThrow('the disk is gone');
    queue.settle = settle;
    expect(await settleLater()).toMatchObject([{ result: 'synced' }]);
    expect(await decisionsOf(ids.linkId)).toContainEqual(
      expect.objectContaining({ path: 'email', from: 'app', by: 'resolution' }),
    );
  });
});

describe('an update whose answer was lost and cannot be learned', () => {
  async function undone() {
    await start({ ledger: new MemorySide('l', { idempotency: null }) });
    const ids = await linkedCustomer();
    bench.app.edit('customer', ids.app, (f) => ({ ...f, email: 'new' }));
    bench.ledger.loseNextAnswer = true;
    await bench.notify('app', 'customer', ids.app);
    await bench.settle();
    bench.ledger.edit('customer', ids.ledger, (f) => ({ ...f, email: 'a@acme.example' }));
    await bench.notify('ledger', 'customer', ids.ledger);
    expect(await bench.settle()).toMatchObject([{ conflictFields: [{ reason: 'uncertain_write' }] }]);
    return ids;
  }

  it('stays a question for the events that follow', async () => {
    const ids = await undone();
    expect(await settleLater()).toMatchObject([{ result: 'conflict' }]);
    await bench.notify('app', 'customer', ids.app);
    expect(await bench.settle()).toMatchObject([{ result: 'conflict', wrote: [] }]);
    expect(bench.ledger.get('customer', ids.ledger).fields['email']).toBe('a@acme.example');
  });

  it.each(['app', 'ledger'] as const)('is settled as somebody decides: %s', async (winner) => {
    const ids = await undone();
    await resolve({ email: { winner } });
    await settleLater();
    const email = winner === 'app' ? 'new' : 'a@acme.example';
    for (const side of [bench.app.get('customer', ids.app), bench.ledger.get('customer', ids.ledger)])
      expect(side.fields['email']).toBe(email);
    expect(await bench.store.conflicts.list({ connectionId: 'c1', status: 'open', limit: 1 })).toEqual([]);
  });

  it('may be decided for the side that has nothing there', async () => {
    await start({ ledger: new MemorySide('l', { idempotency: null }) });
    const ids = await linkedCustomer();
    bench.app.edit('customer', ids.app, (f) => ({ ...f, email: 'new' }));
    bench.ledger.loseNextAnswer = true;
    await bench.notify('app', 'customer', ids.app);
    await bench.settle();
    bench.ledger.edit('customer', ids.ledger, (f) => ({ ...f, email: 'a@acme.example' }));
    bench.app.edit('customer', ids.app, (f) => ({ ...f, phone: '1' }));
    await settleLater();
    await resolve({ email: { winner: 'app' }, phone: { winner: 'ledger' } });
    await bench.settle();
    expect(bench.app.get('customer', ids.app).fields['phone'] ?? null).toBeNull();
    expect(bench.ledger.get('customer', ids.ledger).fields['phone'] ?? null).toBeNull();
  });

  it('is recognised by the lines it has made, and a line taken away since stays away', async () => {
    await start({ ledger: new MemorySide('l', { idempotency: null }) });
    const ids = await linkedInvoice();
    const paper = bench.app.get('invoice', ids.app).fields['lines'] as Fields[];
    bench.app.edit('invoice', ids.app, (f) => ({ ...f, lines: [...paper, line('Stapler', '7')] }));
    bench.ledger.loseNextAnswer = true;
    await bench.notify('app', 'invoice', ids.app);
    await bench.settle();
    bench.app.edit('invoice', ids.app, (f) => ({ ...f, lines: paper }));
    await settleLater();
    for (const side of [bench.app.get('invoice', ids.app), bench.ledger.get('invoice', ids.ledger)])
      expect(side.fields['lines']).toMatchObject([{ description: 'Paper' }, { description: 'Ink' }]);
  });
});

describe('a side that does not keep what it is sent', () => {
  it('is asked about once, and not sent the same again with every echo', async () => {
    await start();
    const update = bench.app.update.bind(bench.app);
    bench.app.update = (entity, current, fields, options) =>
      update(entity, current, { ...fields, notes: (fields['notes'] as string).slice(0, 3) }, options);
    const ids = await linkedCustomer({ notes: 'old' });
    bench.ledger.edit('customer', ids.ledger, (f) => ({ ...f, notes: 'a long story' }));
    await bench.notify('ledger', 'customer', ids.ledger);
    expect(await bench.settle()).toMatchObject([
      { result: 'conflict', conflictFields: [{ path: 'notes', app: 'a l', ledger: 'a long story' }] },
    ]);
    const writes = bench.app.writes;
    for (let i = 0; i < 3; i++) {
      await bench.notify('app', 'customer', ids.app);
      expect(await bench.settle()).toMatchObject([{ result: 'conflict' }]);
    }
    expect(bench.app.writes).toBe(writes);
    expect(bench.ledger.get('customer', ids.ledger).fields['notes']).toBe('a long story');
    await resolve({ notes: { winner: 'app' } });
    expect(await bench.settle()).toMatchObject([{ result: 'synced', wrote: ['ledger'] }]);
    expect(bench.ledger.get('customer', ids.ledger).fields['notes']).toBe('a l');
  });

  it('never empties the other where it cannot be filled', async () => {
    const readOnly = { notes: 'the ledger writes its own' };
    await start({ ledger: new MemorySide('l', {}, { customer: { ...everything, readOnly } }) });
    const acme = bench.app.add('customer', { displayName: 'Acme', notes: 'ours' });
    bench.ledger.add('customer', { displayName: 'Acme', notes: null });
    await bench.notify('app', 'customer', acme.id);
    expect(await bench.settle()).toMatchObject([
      { result: 'conflict', conflictFields: [{ path: 'notes', reason: 'not_writable' }] },
    ]);
    await bench.notify('app', 'customer', acme.id);
    await bench.settle();
    expect(bench.app.get('customer', acme.id).fields['notes']).toBe('ours');
  });
});

it('asks nobody about what the ledger rounded while the app was down', async () => {
  await start();
  const original = bench.ledger.create.bind(bench.ledger);
  bench.ledger.create = (entity, fields, options) =>
    original(entity, { ...fields, email: 'a@acme' }, options);
  const acme = bench.app.add('customer', { displayName: 'Acme', email: 'A@ACME' });
  bench.app.refuseNextWrite = new TransientError('the app is down');
  await bench.notify('app', 'customer', acme.id);
  await bench.settle();
  expect(await settleLater()).toMatchObject([{ result: 'synced', wrote: ['app'] }]);
  expect(bench.app.get('customer', acme.id).fields['email']).toBe('a@acme');
});

it('keeps the lines of a record that was just created apart from no others, when the app moves meanwhile', async () => {
  await start();
  const create = bench.ledger.create.bind(bench.ledger);
  bench.ledger.create = async (entity, fields, options) => {
    const lines = fields['lines'] as Fields[] | undefined;
    const rounded = lines?.map((each) => ({ ...each, amount: '11' }));
    if (lines)
      bench.app.edit('invoice', bench.app.all('invoice')[0]?.id as string, (f) => ({
        ...f,
        privateNote: 'x',
      }));
    return create(entity, { ...fields, ...(rounded ? { lines: rounded } : {}) }, options);
  };
  const ids = await linkedInvoice([line('Paper', '10')]);
  await settleLater();
  for (const side of [bench.app.get('invoice', ids.app), bench.ledger.get('invoice', ids.ledger)])
    expect(side.fields).toMatchObject({ privateNote: 'x', lines: [{ description: 'Paper', amount: '11' }] });
});

it('stops trying for what refers to a record that is refused for good', async () => {
  await start({ engine: { retry: { maxAttempts: 3, baseMs: 1_000, capMs: 4_000 } } });
  const acme = bench.app.add('customer', { displayName: 'Acme' });
  const customer = { entity: 'customer', id: acme.id };
  const invoice = bench.app.add('invoice', { number: '1', customer, lines: [line('Paper', '10')] });
  await bench.notify('app', 'invoice', invoice.id);
  for (let i = 0; i < 10; i++) {
    bench.ledger.refuseNextWrite = new ValidationError('Customer: the name is taken');
    await bench.settle();
    bench.clock.advance(900_000);
  }
  expect(bench.ledger.writes).toBeLessThanOrEqual(3);
  expect(await bench.store.queue.counts('c1')).toMatchObject({ waiting: 0, pending: 0, dead: 1 });
});

it('gives back no claim that is gone', async () => {
  await start({ engine: { concurrency: 1 } });
  const twins = [
    bench.app.add('customer', { displayName: 'Acme' }),
    bench.ledger.add('customer', { displayName: 'Acme' }),
  ];
  await bench.notify('app', 'customer', twins[0]?.id as string);
  await bench.notify('ledger', 'customer', twins[1]?.id as string);
  const settle = bench.store.queue.settle.bind(bench.store.queue);
  // The first record takes the second's link along; by then the whole batch has to be given back.
  bench.store.queue.settle = async (...args) => {
    await settle(...args);
    bench.clock.advance(40_000);
  };
  await expect(bench.settle()).resolves.toMatchObject([{ action: 'linked' }, { result: 'waiting' }, {}]);
});

describe('lines', () => {
  const invoice = entityNamed('invoice');
  const lines = (...all: [string, string][]): Fields => ({
    lines: all.map(([id, description]) => ({ id, description, amount: '1' })),
  });

  it('are never paired anew when both sides know them', () => {
    const base = lines(['k1', 'Freight'], ['k2', 'Freight']);
    const ledger = lines(['k1', 'Freight']);
    expect(pairNewLines(invoice, base, lines(['k2', 'Freight']), ledger)).toEqual(ledger);
    expect(pairNewLines(invoice, base, lines(['app:3', 'Ink']), lines(['ledger:9', 'Ink']))).toEqual(
      lines(['app:3', 'Ink']),
    );
  });

  it('come back without the id that the side has forgotten', () => {
    const table = [{ key: 'app:7', app: null, ledger: '3' }];
    expect(toLineIds(invoice, lines(['app:7', 'Ink']), 'app', table)).toEqual({
      lines: [{ description: 'Ink', amount: '1' }],
    });
    expect(toLineIds(invoice, lines(['app:8', 'Ink']), 'app', table)).toEqual(lines(['8', 'Ink']));
  });

  it('are recognised under new ids by what they say', () => {
    const known = lines(['k1', 'Paper'], ['k2', 'Ink']);
    expect(adoptLines(invoice, known, lines(['x', 'Ink'], ['y', 'Paper']), 'content')).toEqual(
      lines(['k2', 'Ink'], ['k1', 'Paper']),
    );
  });
});

it('keeps two creates of the same content apart when the first record is gone', () => {
  const intent = {
    connectionId: 'c1',
    linkId: 'k',
    side: 'ledger',
    operation: 'create',
    expectedVersion: null,
  } as const;
  const key = (replaces: string | null) =>
    intentKey(intent, entityNamed('customer'), { email: 'a' }, { email: 'b' }, 0, replaces);
  expect(new Set([key(null), key('l1'), key('l2')]).size).toBe(3);
});
