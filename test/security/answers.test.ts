import { cut, escapeControls } from '../../shared/schema/text';
import { toSyncError, parseFault } from '../../shared/providers/quickbooks/errors';
import { quickBooksBench } from '../support/quickBooksBench';

const HOUR_MS = 3_600_000;

describe('an answer that is not the provider’s, through the engine', () => {
  let bench: Awaited<ReturnType<typeof quickBooksBench>>;
  let customers: { Id: string; DisplayName: string }[];
  beforeEach(async () => {
    bench = await quickBooksBench();
    await bench.firstImport();
    customers = bench.control.records('Customer') as unknown as typeof customers;
  });
  afterEach(() => bench.close());

  const connection = async () => (await bench.store.connections.get('c1'))!;
  const counts = () => bench.store.queue.counts('c1');
  const changedByHand = async (count: number) => {
    for (const { Id } of customers.slice(0, count)) {
      bench.control.edit({ entity: 'Customer', id: Id, patch: { Notes: `changed ${Id}` } });
      await bench.notify('customer', Id);
    }
  };
  /** The app changes a customer; its id on the ledger. */
  const editInApp = async (index: number, notes: string): Promise<void> => {
    const link = await bench.linkOf('customer', 'ledger', customers[index]!.Id);
    await bench.records.upsert('customer', { id: link!.app.id!, fields: { notes } });
  };
  const pages = (status: number, times = 1_000, match = {}, headers?: Record<string, string>) =>
    bench.control.addFaults({
      match,
      times,
      effect: { kind: 'page', status, ...(headers ? { headers } : {}) },
    });

  it.each([200, 302, 400, 403, 404, 407, 431, 451, 502])(
    'buries no record for one page with status %i: what is due waits and is then done',
    async (status) => {
      await changedByHand(3);
      pages(status, 1);
      await bench.settle();
      expect(await counts()).toMatchObject({ dead: 0 });
      expect((await connection()).state).toBe('active');
      bench.clock.advance(HOUR_MS);
      await bench.settle();
      expect(await counts()).toMatchObject({ dead: 0, pending: 0, waiting: 0 });
      const notes = (await bench.records.list('customer', { limit: 100 })).map(({ fields }) => fields.notes);
      for (const { Id } of customers) expect(notes).toContain(`changed ${Id}`);
    },
  );

  it('rests longer and longer while everything meets the page, never over an hour, and buries nothing in two days', async () => {
    await changedByHand(3);
    pages(403);
    const rests: number[] = [];
    for (const end = bench.clock.now() + 48 * HOUR_MS; bench.clock.now() < end; ) {
      await bench.settle();
      const { resumeAt } = await connection();
      const { nextAt } = await bench.store.queue.ready(['c1'], bench.clock.now());
      const until = Math.max(resumeAt ?? 0, nextAt ?? 0);
      rests.push(until - bench.clock.now());
      bench.clock.advance(Math.max(1, until - bench.clock.now()));
    }
    expect(Math.max(...rests)).toBeLessThanOrEqual(HOUR_MS);
    expect(rests.at(-1)).toBeGreaterThan(HOUR_MS / 4);
    expect(rests.length).toBeLessThan(150);
    expect((await connection()).trouble).toMatchObject({ linkId: null, of: 'read' });
    expect(await counts()).toMatchObject({ dead: 0, pending: 3 });
    bench.control.clearFaults();
    bench.clock.advance(HOUR_MS);
    await bench.settle();
    expect(await counts()).toMatchObject({ dead: 0, pending: 0 });
    expect((await connection()).trouble).toBeUndefined();
  });

  it('gives up the one record that a firewall dislikes, and lets the company work on', async () => {
    const [invoice] = bench.control.records('Invoice') as unknown as { Id: string }[];
    const link = await bench.linkOf('invoice', 'ledger', invoice!.Id);
    pages(403, 1_000, { operation: 'update', entity: 'Invoice' });
    await bench.records.upsert('invoice', { id: link!.app.id!, fields: { privateNote: '<script>' } });
    let done = 0;
    for (let day = 0; day < 12; day++) {
      await editInApp(day % customers.length, `day ${day}`);
      const outcomes = await bench.settle();
      done += outcomes.filter(({ result, wrote }) => result === 'synced' && wrote.includes('ledger')).length;
      bench.clock.advance(24 * HOUR_MS);
    }
    expect(done).toBe(12);
    expect(await counts()).toMatchObject({ dead: 1, pending: 0 });
    const [dead] = await bench.store.queue.list({ connectionId: 'c1', status: 'dead', limit: 10 });
    expect(dead).toMatchObject({ entity: 'invoice' });
    expect(dead!.lastError?.message).toContain('status 403 (text/html): Please sign in to the network');
  });

  it('counts no attempt against a record as long as no other tells that writes are answered', async () => {
    pages(503, 1_000, { operation: 'update' });
    await editInApp(0, 'alone');
    for (let day = 0; day < 12; day++) {
      await bench.settle();
      bench.clock.advance(24 * HOUR_MS);
      // Others are read all the while, which says nothing of writes.
      await bench.notify('customer', customers[2]!.Id);
    }
    expect(await counts()).toMatchObject({ dead: 0, pending: 2 });
    bench.control.clearFaults();
    await bench.settle();
    expect(await counts()).toMatchObject({ dead: 0, pending: 0 });
  });

  it('finds the write again that landed before the proxy answered in its place', async () => {
    bench.control.addFaults({
      match: { operation: 'create', entity: 'Customer' },
      effect: { kind: 'page', status: 403, applied: true },
    });
    await bench.records.upsert('customer', { fields: { displayName: 'Made Once Ltd' } });
    await bench.settle();
    bench.clock.advance(HOUR_MS);
    await bench.settle();
    const made = bench.control
      .records('Customer')
      .filter(({ DisplayName }) => DisplayName === 'Made Once Ltd');
    expect(made).toHaveLength(1);
    expect(await counts()).toMatchObject({ dead: 0, pending: 0, held: 0 });
  });

  it.each(['31 Dec 9999', 'Fri, 31 Dec 9999 23:59:59 GMT', '9999999', '999999999999999'])(
    'waits an hour for a Retry-After of %s, and says so',
    async (header) => {
      await changedByHand(3);
      pages(429, 1, {}, { 'retry-after': header });
      await bench.settle();
      const { resumeAt } = await connection();
      expect(resumeAt! - bench.clock.now()).toBeLessThanOrEqual(HOUR_MS);
      expect(resumeAt! - bench.clock.now()).toBeGreaterThan(HOUR_MS - 60_000);
      const [event] = await bench.store.queue.list({ connectionId: 'c1', status: 'pending', limit: 1 });
      expect(event!.lastError?.nextStep).toContain('continues automatically after an hour');
      expect(event!.attempts).toBe(0);
    },
  );

  it('does not ask again and again for a Retry-After of 0', async () => {
    await changedByHand(3);
    pages(429, 1_000, {}, { 'retry-after': '0' });
    await bench.settle();
    expect((await connection()).resumeAt).toBeGreaterThan(bench.clock.now());
  });

  it('still pauses where the grant itself is refused', async () => {
    await changedByHand(2);
    pages(401);
    await bench.settle();
    expect(await connection()).toMatchObject({ state: 'paused' });
    expect(await counts()).toMatchObject({ dead: 0, pending: 2 });
  });
});

describe('what is said of an answer that is not the provider’s', () => {
  const read = { kind: 'read' as const, action: 'read invoice 12' };
  const write = { kind: 'write' as const, action: 'update invoice 12' };
  const time = { now: 0, jitter: 0 };
  const answer = (status: number, body: string, headers: Record<string, string> = {}) => ({
    status,
    body,
    headers,
  });

  it('names status and type and shows the first words, without tags, controls or tokens', () => {
    const body = `<html><title>Blocked\u001b[31m</title>\n<p>Bearer eyJhbGciOi.secret.token ${'A'.repeat(40)}\u202e ID 77</p>${'<p>more</p>'.repeat(500)}`;
    const { message } = toSyncError(
      answer(403, body, { 'content-type': 'text/html; charset=x' }),
      read,
      time,
    );
    expect(message).toMatch(
      /^QuickBooks did not read invoice 12: something in between answered with status 403 \(text\/html\): Blocked/,
    );
    expect(message).toContain('ID 77');
    expect(message).not.toMatch(/[\p{Cc}\u202e]|secret|AAAA|</u);
    expect(message.length).toBeLessThan(350);
  });

  it.each([
    [407, 'no'],
    [413, 'no'],
    [431, 'no'],
    [307, 'no'],
    [302, 'unknown'],
    [303, 'unknown'],
    [400, 'unknown'],
    [403, 'unknown'],
    [404, 'unknown'],
    [200, 'unknown'],
    [502, 'unknown'],
  ])('takes a write answered with a page of status %i for landed: %s', (status, landed) => {
    const { details } = toSyncError(answer(status, '<html/>'), write, time);
    expect(details).toMatchObject({ scope: 'connection', landed });
    expect(toSyncError(answer(status, '<html/>'), read, time).details).not.toHaveProperty('landed');
  });

  it.each([
    '',
    'plain text',
    '[]',
    'null',
    '{"fault":{"faultstring":"Rate","detail":{"errorcode":"policies.x"}}}',
    '{"Fault":{"Error":[]}}',
  ])('takes %j for somebody else’s word', (body) => {
    expect(toSyncError(answer(403, body), read, time)).toMatchObject({
      code: 'transient',
      details: { scope: 'connection' },
    });
  });

  it('takes JSON nested half a million deep for somebody else’s word', () => {
    const body = `${'{"Fault":'.repeat(500_000)}${'}'.repeat(500_000)}`;
    expect(toSyncError(answer(400, body), read, time).code).toBe('transient');
  });

  it.each([
    ['<Fault '.repeat(32_000), '<Fault '],
    ['<Error>'.repeat(32_000), '<Error>'],
    [`<Fault>${'<Error '.repeat(32_000)}</Fault>`, '<Error ' /* in a fault */],
    [`<Fault type="x">${'<Error><Message>'.repeat(14_000)}</Fault>`, '<Error><Message>'],
    [`<Fault ${'code="'.repeat(37_000)}>`, 'code="'],
  ])('reads 219 KiB of hostile XML in one pass (%#)', (body) => {
    expect(body.length).toBeGreaterThan(200_000);
    parseFault(`<?xml?>${body.slice(0, 1_000)}`);
    const started = performance.now();
    parseFault(body);
    // One pass takes a few milliseconds; looking through all of it from every element took seconds.
    expect(performance.now() - started).toBeLessThan(200);
  });
});

describe('somebody else’s text in a line of ours', () => {
  it('stays one line and shows what is in it', () => {
    expect(escapeControls('a\nb\r\u001b[2J\u0085\u2028\u202ec\u2066\u007f\t')).toBe(
      'a\\nb\\r\\u001b[2J\\u0085\\u2028\\u202ec\\u2066\\u007f\\t',
    );
    expect(escapeControls('Zoë’s Café 日本 😀')).toBe('Zoë’s Café 日本 😀');
  });

  it('is cut without tearing a character apart', () => {
    expect(cut('short', 10)).toBe('short');
    expect(cut('ab😀cd', 4)).toBe('ab…');
    expect(cut('abcdef', 4)).toBe('abc…');
  });
});
