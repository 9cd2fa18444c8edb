import { answerOf, closeAll, refusal, salesLine, simulate, type TestClient } from './support/client';
import type { Fields } from './json';

let client: TestClient;
beforeEach(async () => {
  client = await simulate();
});
afterEach(closeAll);

const creations = () => client.control.records('Customer').length - 3;

describe('faults', () => {
  it.each(['drop-after-commit', 'drop-before-commit'] as const)(
    '%s closes the connection without an answer',
    async (kind) => {
      client.control.addFaults({ match: { operation: 'create', entity: 'Customer' }, effect: { kind } });
      await expect(client.post('/customer?requestid=r1', { DisplayName: 'Lost' })).rejects.toThrow();
      expect(creations()).toBe(kind === 'drop-after-commit' ? 1 : 0);
      expect((await client.post('/customer?requestid=r1', { DisplayName: 'Lost' })).status).toBe(200);
      expect(creations()).toBe(1);
    },
  );

  it.each<[401 | 429 | 500 | 502 | 503 | 504, string, string]>([
    [401, 'application/json', '3200'],
    [429, 'application/json', '3001'],
    [500, 'application/json', '10000'],
    [503, 'application/json', '10000'],
    [502, 'text/html', ''],
    [504, 'text/html', ''],
  ])('answers %s the way the vendor does, applied or not', async (status, type, code) => {
    client.control.addFaults(
      { match: { method: 'POST' }, effect: { kind: 'status', status } },
      { match: { method: 'POST' }, effect: { kind: 'status', status, applied: true } },
    );
    const first = await client.post('/customer', { DisplayName: 'A' });
    expect(refusal(first)).toEqual([status, code]);
    expect(first.headers.get('content-type')).toContain(type);
    expect(creations()).toBe(0);
    await client.post('/customer', { DisplayName: 'A' });
    expect(creations()).toBe(1);
    expect((await client.post('/customer', { DisplayName: 'B' })).status).toBe(200);
  });

  it('puts a Fault into a 200, cuts bodies, delays, and kills a refresh', async () => {
    client.control.addFaults(
      { match: { operation: 'read' }, effect: { kind: 'fault-in-200' } },
      { match: { operation: 'read' }, effect: { kind: 'truncated-body' } },
      { match: { operation: 'read' }, effect: { kind: 'delay', ms: 30 } },
      { match: { operation: 'token' }, effect: { kind: 'invalid-grant' } },
    );
    const fault = await client.get('/customer/1');
    expect([fault.status, Object.keys(fault.json)]).toEqual([200, ['Fault', 'time']]);
    const cut = await client.get('/customer/1');
    expect(cut.text).toMatch(/^\{"Customer":/);
    expect(cut.json).toEqual({});
    const started = performance.now();
    expect((await client.get('/customer/1')).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThan(25);
    const form = { grant_type: 'refresh_token', refresh_token: client.descriptor.refreshToken };
    expect([(await client.token(form)).status, (await client.token(form)).status]).toEqual([400, 200]);
  });

  it('lets a proxy answer in the place of the service, whether or not the call got through', async () => {
    const creations = () =>
      client.control.records('Customer').filter(({ DisplayName }) => DisplayName === 'P');
    client.control.addFaults(
      { match: { operation: 'create' }, effect: { kind: 'page', status: 403 } },
      { match: { operation: 'create' }, effect: { kind: 'page', status: 502, applied: true } },
    );
    const kept = await client.post('/customer', { DisplayName: 'P' });
    expect([kept.status, kept.headers.get('content-type'), creations()]).toEqual([403, 'text/html', []]);
    expect((await client.post('/customer', { DisplayName: 'P' })).status).toBe(502);
    expect(creations()).toHaveLength(1);
  });
});

describe('control over HTTP', () => {
  const send = async (method: string, path: string, body?: unknown) => {
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    return answerOf(await fetch(client.descriptor.controlUrl + path, { method, ...init }));
  };

  it('edits, creates, voids, merges and deletes as a person would', async () => {
    const made = await send('POST', '/create', { entity: 'Customer', record: { DisplayName: 'Typed' } });
    const edited = await send('POST', '/edit', {
      entity: 'Customer',
      id: made.json.Id,
      patch: { Notes: 'x' },
    });
    expect(edited.json).toMatchObject({ SyncToken: '1', Notes: 'x' });
    const invoice = { CustomerRef: { value: made.json.Id }, Line: [salesLine(5)] };
    const { json } = await send('POST', '/create', { entity: 'Invoice', record: invoice });
    const merged = await send('POST', '/merge', { entity: 'Customer', keepId: '2', removeId: made.json.Id });
    expect(merged.json.SyncToken).toBe('1');
    expect(await client.read('Invoice', json.Id)).toMatchObject({
      CustomerRef: { value: '2' },
      SyncToken: '1',
    });
    expect(refusal(await client.get(`/customer/${String(made.json.Id)}`))).toEqual([400, '610']);
    expect((await send('POST', '/void', { entity: 'Invoice', id: json.Id })).json.TotalAmt).toBe(0);
    expect((await send('POST', '/delete', { entity: 'Invoice', id: json.Id })).json.status).toBe('Deleted');
    expect((await send('GET', '/records/Customer')).text).toContain('Cool Cars');
  });

  it('moves time, sets faults, limits, webhooks and companies, and counts calls', async () => {
    const before = Number((await send('GET', '/clock')).json.ms);
    expect(Number((await send('POST', '/clock/advance', { ms: 60_000 })).json.ms)).toBeGreaterThanOrEqual(
      before + 60_000,
    );
    await send('POST', '/faults', {
      match: { operation: 'query' },
      times: 2,
      effect: { kind: 'status', status: 500 },
    });
    expect((await client.query('select * from Term')).status).toBe(500);
    expect((await send('GET', '/faults')).text).toContain('"times":1');
    await send('DELETE', '/faults');
    expect((await client.query('select * from Term')).status).toBe(200);
    const webhook = await send('PUT', '/webhooks', { url: 'http://127.0.0.1:9/hook', format: 'legacy' });
    expect(webhook.json).toMatchObject({ format: 'legacy', windowMs: 50 });
    expect((await send('DELETE', '/webhooks')).status).toBe(200);
    const company = await send('POST', '/companies', { country: 'AU' });
    expect(company.json).toMatchObject({ country: 'AU', accessToken: expect.any(String) as string });
    await send('PUT', '/companies/settings', { realmId: company.json.realmId, bookCloseDate: '2020-01-01' });
    await send('PUT', '/limits', { appPerSecond: 1 });
    expect([(await client.get('/term/1')).status, (await client.get('/term/1')).status]).toContain(429);
    const calls = await send('GET', '/calls?last=1');
    expect(calls.json).toMatchObject({ byOperation: { 'read Term': 2, query: 2 } });
    expect((calls.json.last as Fields[])[0]).toMatchObject({ method: 'GET', status: 429, operation: 'read' });
    await send('POST', '/tokens/expire', { kind: 'access' });
    await send('PUT', '/limits', { off: true });
    expect(refusal(await client.get('/term/1'))).toEqual([401, '3200']);
    await send('POST', '/tokens/revoke-grant', {});
    await send('POST', '/reset');
    expect((await client.get('/term/1')).status).toBe(200);
  });

  it('refuses what it does not know', async () => {
    expect((await send('POST', '/nope')).status).toBe(404);
    expect((await send('POST', '/faults', { effect: { kind: 'magic' } })).status).toBe(400);
    expect((await send('PUT', '/webhooks', { url: 'http://127.0.0.1:9/', knob: 1 })).status).toBe(400);
  });
});

describe('the seed', () => {
  it('fixes ids, tokens and records', async () => {
    const strip = ({ descriptor }: TestClient) => [
      descriptor.accessToken,
      descriptor.tenantId,
      descriptor.webhookSecret,
    ];
    const clock = '2026-05-01T00:00:00Z';
    const [one, same, other] = await Promise.all([
      simulate({ clock }),
      simulate({ clock }),
      simulate({ seed: 2 }),
    ]);
    expect(strip(one)).toEqual(strip(same));
    expect(strip(one)).not.toEqual(strip(other));
    const numbers = (of: TestClient) =>
      of.control.records('Invoice').map(({ Id, DocNumber, TotalAmt }) => [Id, DocNumber, TotalAmt]);
    expect(numbers(one)).toEqual(numbers(same));
  });
});
