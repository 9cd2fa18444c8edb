import { compareSides, recordById, recordsCalled } from '../../shared/people/records';
import { timelineOf } from '../../shared/people/timeline';
import type { SideRecord } from '../../shared/ports';
import { engineBench, type EngineBench } from '../support/engineBench';
import { decideConflict, questionFor } from '../../shared/people/decide';
import { changeBoth, sharedInvoice, sidesOf } from './support';

const labels = { app: 'Your app', ledger: 'Ledger Online' };

describe('the timeline of a record', () => {
  let bench: EngineBench;
  let ids: Awaited<ReturnType<typeof sharedInvoice>>;
  beforeEach(async () => {
    bench = await engineBench();
    ids = await sharedInvoice(bench);
  });
  afterEach(async () => await bench.close());

  const timeline = async (options: { since?: number; limit?: number } = {}) => {
    const link = (await bench.store.links.get(ids.linkId))!;
    return await timelineOf(bench.store, link, { labels, since: 0, limit: 50, ...options });
  };

  /** As a side that tells who has changed a record. */
  const toldBy = (editor: string) => {
    const { app } = bench;
    const tell = <R extends SideRecord | null>(record: R): R =>
      record && { ...record, lastChange: { at: '2026-11-25T10:00:00.000Z', by: editor } };
    const [read, readMany] = [app.read.bind(app), app.readMany.bind(app)];
    app.read = async (...args) => tell(await read(...args));
    app.readMany = async (...args) =>
      new Map([...(await readMany(...args))].map(([id, record]) => [id, tell(record)]));
  };

  it('says what was changed, from what to what, where it came from and by whom', async () => {
    toldBy('jane@example.com');
    bench.app.edit('invoice', ids.app, (fields) => ({ ...fields, dueDate: '2027-01-06' }));
    await bench.notify('app', 'invoice', ids.app);
    await bench.settle();
    const [newest] = await timeline();
    expect(newest).toMatchObject({
      what: 'Brought in sync',
      field: 'Due Date',
      before: '20 Dec 2026',
      after: '6 Jan 2027',
      from: 'Your app',
      who: 'jane@example.com',
      rule: 'changed on one side',
    });
  });

  it('shows a conflict with both values, who decided it, and what became of it', async () => {
    const conflict = await changeBoth(
      bench,
      ids,
      (fields) => ({ ...fields, dueDate: '2027-01-03' }),
      (fields) => ({ ...fields, dueDate: '2027-01-06' }),
    );
    const sides = sidesOf(bench);
    const found = await questionFor(bench.store, conflict.id, sides);
    if (found.kind !== 'open') throw new Error('it is not open');
    await decideConflict(bench.store, sides, {
      conflictId: conflict.id,
      seenRefreshedAt: found.question.refreshedAt,
      answers: { dueDate: { id: 'ledger' } },
      by: 'workflow w1 (execution 7)',
      decidedBy: 'ann@example.com',
      note: 'as agreed by phone',
      now: bench.clock.now(),
    });
    await bench.settle();
    const [done, decided, asked] = await timeline();
    expect(done).toMatchObject({
      field: 'Due Date',
      after: '6 Jan 2027',
      from: 'Ledger Online',
      who: 'ann@example.com',
      rule: 'decided by a person',
    });
    expect(decided).toMatchObject({
      what: 'Conflict decided',
      who: 'ann@example.com',
      note: 'as agreed by phone',
      execution: 'workflow w1 (execution 7)',
    });
    expect(asked).toMatchObject({
      field: 'Due Date',
      before: '20 Dec 2026',
      after: 'Your app: 3 Jan 2027 · Ledger Online: 6 Jan 2027',
    });
  });

  it('says why it failed, and who tried it again or dismissed it', async () => {
    const { queue } = bench.store;
    bench.ledger.refuseNextWrite = new Error('the ledger is on fire');
    await bench.store.queue.append([], { now: 0 });
    bench.app.edit('invoice', ids.app, (fields) => ({ ...fields, dueDate: '2027-01-06' }));
    await bench.notify('app', 'invoice', ids.app);
    for (let attempt = 0; attempt < 3; attempt++) {
      bench.ledger.refuseNextWrite = new Error('the ledger is on fire');
      await bench.settle();
      bench.clock.advance(3_600_000);
    }
    expect(await queue.failed({ connectionId: 'c1', limit: 9 })).toHaveLength(1);
    const now = bench.clock.now();
    const act = { now, by: 'user ann' as const, reason: 'never mind' };
    await queue.dismiss({ connectionId: 'c1', linkIds: [ids.linkId] }, act);
    const [dismissed, failed] = await timeline();
    expect(dismissed).toMatchObject({ what: 'Failure dismissed', who: 'user ann', note: 'never mind' });
    expect(failed).toMatchObject({ what: 'Failed', note: expect.stringContaining('on fire') as string });
  });

  it('is bounded by time and number', async () => {
    expect(await timeline({ since: bench.clock.now() + 1_000_000 })).toEqual([]);
    expect(await timeline({ limit: 1 })).toHaveLength(1);
  });
});

describe('a record of both sides', () => {
  let bench: EngineBench;
  beforeEach(async () => (bench = await engineBench()));
  afterEach(async () => await bench.close());

  it('is found by its number, by how it begins and by either id', async () => {
    const { app, ledger, linkId } = await sharedInvoice(bench);
    const { store } = bench;
    const called = async (text: string) =>
      (await recordsCalled(store, 'c1', 'invoice', { text, limit: 9 })).map(({ title }) => title);
    expect(await called('1001')).toEqual(['1001']);
    expect(await called('10')).toEqual(['1001']);
    expect(await called('9')).toEqual([]);
    for (const id of [app, ledger, linkId])
      expect((await recordById(store, 'c1', 'invoice', id))?.id).toBe(linkId);
    expect(await recordById(store, 'c2', 'invoice', linkId)).toBeNull();
    expect(await recordById(store, 'c1', 'customer', linkId)).toBeNull();
  });

  it('shows names, lines beside each other, and what differs', async () => {
    const { app, ledger, linkId } = await sharedInvoice(bench);
    bench.ledger.edit('invoice', ledger, (fields) => ({ ...fields, dueDate: '2027-01-06' }));
    const link = (await bench.store.links.get(linkId))!;
    const compared = await compareSides(bench.store, link, {
      app: bench.app.get('invoice', app).fields,
      ledger: bench.ledger.get('invoice', ledger).fields,
    });
    const of = (field: string) => compared.find((row) => row.field === field);
    expect(of('Customer')).toMatchObject({ app: 'Acme', ledger: 'Acme', base: 'Acme', differs: false });
    expect(of('Due Date')).toMatchObject({
      base: '20 Dec 2026',
      app: '20 Dec 2026',
      ledger: '6 Jan 2027',
      differs: true,
    });
    const lines = compared.filter(({ field }) => field.startsWith('Line '));
    expect(lines.map(({ differs }) => differs)).toEqual([false, false]);
    const alone = await compareSides(bench.store, link, { app: null, ledger: null });
    expect(alone.every(({ app: text }) => text === '(empty)')).toBe(true);
  });
});
