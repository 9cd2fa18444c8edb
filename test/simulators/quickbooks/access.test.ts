import { answerOf, closeAll, lock, refusal, salesLine, simulate } from './support/client';
import { fieldsOf, listOf, textOf, type Fields } from './json';

const HOUR_MS = 3_600_000;
afterEach(closeAll);

describe('tokens', () => {
  const authorize = async (url: string, parameters: Record<string, string>) => {
    const target = `${url}?${new URLSearchParams(parameters).toString()}`;
    const response = await fetch(target, { redirect: 'manual' });
    return { status: response.status, location: response.headers.get('location') ?? '' };
  };

  it('go through consent: code, state and realmId come back, the code works once', async () => {
    const client = await simulate();
    const { authorizeUrl, clientId, tenantId, baseUrl } = client.descriptor;
    const redirect_uri = 'http://localhost/callback';
    const parameters = {
      client_id: clientId,
      response_type: 'code',
      scope: 'com.intuit.quickbooks.accounting openid',
      redirect_uri,
      state: 's1',
    };
    const { status, location } = await authorize(authorizeUrl, parameters);
    const query = new URL(location).searchParams;
    expect([status, query.get('state'), query.get('realmId')]).toEqual([302, 's1', tenantId]);
    const form = { grant_type: 'authorization_code', code: query.get('code') ?? '', redirect_uri };
    const tokens = await client.token(form, { 'x-include-refresh-token-hard-expires-in': 'true' });
    expect(tokens.json).toMatchObject({
      token_type: 'bearer',
      expires_in: 3600,
      x_refresh_token_expires_in: 8_726_400,
    });
    expect(tokens.json.x_refresh_token_hard_expires_in).toBeGreaterThan(150_000_000);
    expect(textOf(tokens.json.id_token).split('.')).toHaveLength(3);
    expect(tokens.headers.get('intuit_tid')).toBeTruthy();
    expect((await client.get('/customer/1', { token: textOf(tokens.json.access_token) })).status).toBe(200);
    expect((await client.token(form)).json).toEqual({ error: 'invalid_grant' });
    expect((await authorize(authorizeUrl, { ...parameters, client_id: 'x' })).status).toBe(400);
    expect((await authorize(authorizeUrl, { ...parameters, state: '' })).status).toBe(400);
    client.control.setConsent({ deny: true });
    expect((await authorize(authorizeUrl, parameters)).location).toContain('error=access_denied');
    const discovery = await answerOf(await fetch(`${baseUrl}/.well-known/openid_configuration/`));
    expect(discovery.json.token_endpoint).toBe(client.descriptor.tokenUrl);
    expect(listOf((await answerOf(await fetch(client.descriptor.jwksUrl))).json.keys)).toHaveLength(1);
  });

  it('keep the refresh value for 24 hours, then rotate it, and the old value is dead', async () => {
    const client = await simulate();
    const first = client.descriptor.refreshToken;
    const refresh = (refresh_token: string) => client.token({ grant_type: 'refresh_token', refresh_token });
    expect((await refresh(first)).json.refresh_token).toBe(first);
    client.control.advanceClock(25 * HOUR_MS);
    const rotated = textOf((await refresh(first)).json.refresh_token);
    expect(rotated).not.toBe(first);
    const dead = await refresh(first);
    expect([dead.status, dead.text]).toEqual([400, '{"error":"invalid_grant"}']);
    expect((await refresh(rotated)).status).toBe(200);
    client.control.expireTokens('refresh');
    expect((await refresh(rotated)).status).toBe(400);
  });

  it('refuse wrong clients and grant types', async () => {
    const client = await simulate();
    const wrong = await client.token(
      { grant_type: 'refresh_token', refresh_token: 'x' },
      { authorization: 'Basic eDp5' },
    );
    expect([wrong.status, wrong.json.error]).toEqual([401, 'invalid_client']);
    expect((await client.token({ grant_type: 'password' })).json.error).toBe('unsupported_grant_type');
    const { clientId, clientSecret, refreshToken } = client.descriptor;
    const post = {
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      client_id: clientId,
      client_secret: clientSecret,
    };
    expect((await client.token(post, { authorization: '' })).status).toBe(200);
  });

  it('answer the gateway shape when expired, revoked, or used on a wrong realm or host', async () => {
    const client = await simulate();
    const other = client.control.createCompany({ country: 'GB' });
    const { otherEnvironmentBaseUrl, revokeUrl, clientId, clientSecret, accessToken } = client.descriptor;
    const wrongRealm = await client.get('/customer/1', { realmId: other.realmId });
    expect(refusal(wrongRealm)).toEqual([403, '3100']);
    expect(fieldsOf(wrongRealm.json.fault).type).toBe('SERVICE');
    expect(refusal(await client.get('/customer/1', { baseUrl: otherEnvironmentBaseUrl }))).toEqual([
      403,
      '3100',
    ]);
    const sandbox = client.control.createCompany({ environment: 'sandbox', sampleRecords: true });
    const there = { realmId: sandbox.realmId, token: sandbox.accessToken };
    expect((await client.get('/customer/1', { ...there, baseUrl: otherEnvironmentBaseUrl })).status).toBe(
      200,
    );
    expect(refusal(await client.get('/customer/1', there))).toEqual([403, '3100']);
    client.control.advanceClock(HOUR_MS);
    const expired = await client.get('/customer/1');
    expect(refusal(expired)).toEqual([401, '3200']);
    expect(expired.json).toMatchObject({
      warnings: null,
      fault: { type: 'AUTHENTICATION' },
      time: expect.any(Number) as number,
    });
    const revoked = await fetch(revokeUrl, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ token: accessToken }),
    });
    expect([revoked.status, await revoked.text()]).toEqual([200, '']);
    const refused = await client.token({
      grant_type: 'refresh_token',
      refresh_token: client.descriptor.refreshToken,
    });
    expect(refused.json.error).toBe('invalid_grant');
  });

  it('stop when the admin is removed or the subscription lapses', async () => {
    const client = await simulate();
    client.control.setCompany({ adminRemoved: true });
    expect(refusal(await client.get('/customer/1'))).toEqual([403, '120']);
    client.control.setCompany({ adminRemoved: false, subscriptionLapsed: true });
    expect(refusal(await client.get('/customer/1'))).toEqual([400, '6190']);
  });
});

describe('requestid', () => {
  it('replays the first response without running, whatever the body, until it is too old', async () => {
    const client = await simulate({ requestIdTtlMs: 1_800_000 });
    const first = await client.post('/customer?requestid=abc', { DisplayName: 'Once' });
    const again = await client.post('/customer?requestid=abc', { DisplayName: 'Twice' });
    expect(again.json.Customer).toEqual(first.json.Customer);
    expect(client.control.records('Customer')).toHaveLength(4);
    const other = client.control.createCompany();
    const there = { realmId: other.realmId, token: other.accessToken };
    expect(
      (await client.post('/customer?requestid=abc', { DisplayName: 'Twice' }, there)).json.Customer,
    ).toMatchObject({ DisplayName: 'Twice' });
    client.control.advanceClock(1_800_001);
    expect(
      (await client.post('/customer?requestid=abc', { DisplayName: 'Twice' })).json.Customer,
    ).toMatchObject({ DisplayName: 'Twice' });
  });

  it('may have 50 characters, on a batch 36', async () => {
    const client = await simulate();
    const id = (length: number) => 'r'.repeat(length);
    expect((await client.post(`/customer?requestid=${id(50)}`, { DisplayName: 'a' })).status).toBe(200);
    expect(refusal(await client.post(`/customer?requestid=${id(51)}`, { DisplayName: 'b' }))).toEqual([
      400,
      '2050',
    ]);
    expect(refusal(await client.post(`/batch?requestid=${id(37)}`, {}))).toEqual([400, '2050']);
  });
});

describe('limits', () => {
  it('lets 10 calls a second and 500 a minute through, then throttles', async () => {
    const client = await simulate({ limits: {}, retryAfterSeconds: 60 });
    const answers = await Promise.all(Array.from({ length: 11 }, () => client.get('/customer/1')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(1);
    expect(refused[0]?.json.Fault).toMatchObject({
      Error: [{ Message: 'message=ThrottleExceeded; errorCode=003001; statusCode=429', code: '3001' }],
    });
    expect(refused[0]?.headers.get('retry-after')).toBe('60');
    client.control.advanceClock(1000);
    expect((await client.get('/customer/1')).status).toBe(200);
    client.control.setLimits({ appPerSecond: 1000, realmPerMinute: 20 });
    const more = await Promise.all(Array.from({ length: 20 }, () => client.get('/customer/1')));
    expect(more.filter(({ status }) => status === 200)).toHaveLength(9);
  });

  it('counts metered reads only, and blocks reads when the month is used up', async () => {
    const client = await simulate({ clock: '2026-03-10T12:00:00Z', limits: { corePlusPerMonth: 3 } });
    await client.write('Customer', { DisplayName: 'Free' });
    expect((await client.get('/customer/99')).status).toBe(400);
    await client.query('select * from Customer');
    const items = [
      { bId: '1', Query: 'select * from Item' },
      { bId: '2', Query: 'nonsense' },
      { bId: '3', Query: 'select * from Term' },
    ];
    await client.post('/batch', { BatchItemRequest: items });
    expect(client.control.calls()).toMatchObject({ meteredReads: 3, meteredThisMonth: 3, writes: 2 });
    expect(refusal(await client.get('/customer/1'))).toEqual([429, '3001']);
    await client.write('Customer', { DisplayName: 'Still free' });
    client.control.advanceClock(30 * 24 * HOUR_MS);
    const { json } = await client.token({
      grant_type: 'refresh_token',
      refresh_token: client.descriptor.refreshToken,
    });
    expect((await client.get('/customer/1', { token: textOf(json.access_token) })).status).toBe(200);
  });

  it('limits batches on their own', async () => {
    const client = await simulate({ limits: { appPerSecond: 1000, batchesAppPerMinute: 2 } });
    const body = { BatchItemRequest: [{ bId: '1', Query: 'select * from Item' }] };
    const statuses = [];
    for (let index = 0; index < 3; index++) statuses.push((await client.post('/batch', body)).status);
    expect(statuses).toEqual([200, 200, 429]);
  });
});

describe('batch', () => {
  it('fails item by item, and no item sees what another one created', async () => {
    const client = await simulate();
    const invoice = await client.write('Invoice', { CustomerRef: { value: '1' }, Line: [salesLine(5)] });
    const items: Fields[] = [
      { bId: 'a', operation: 'create', Customer: { DisplayName: 'Batch' } },
      { bId: 'b', operation: 'create', Invoice: { CustomerRef: { value: '4' }, Line: [salesLine(1)] } },
      { bId: 'c', operation: 'create', Customer: { DisplayName: 'Cool Cars' } },
      { bId: 'd', Query: "select * from Customer where DisplayName = 'Batch'" },
      { bId: 'e', operation: 'update', Invoice: { ...lock(invoice), sparse: true, PrivateNote: 'n' } },
      { bId: 'f', operation: 'void', Invoice: { Id: invoice.Id, SyncToken: '1' } },
      {
        bId: 'g',
        CDCQuery: {
          Entities: 'Invoice',
          ChangedSince: new Date(client.control.clock().ms - 1000).toISOString(),
        },
      },
    ];
    const answer = await client.post('/batch?requestid=batch-1', { BatchItemRequest: items });
    const byId = new Map(listOf(answer.json.BatchItemResponse).map((item) => [item.bId, item]));
    const codeOf = (bId: string) => listOf(fieldsOf(byId.get(bId)?.Fault).Error)[0]?.code;
    expect(answer.status).toBe(200);
    expect(byId.get('a')?.Customer).toMatchObject({ Id: '4' });
    expect([codeOf('b'), codeOf('c')]).toEqual(['2500', '6240']);
    expect(byId.get('d')?.QueryResponse).toEqual({});
    expect(byId.get('e')?.Invoice).toMatchObject({ SyncToken: '1' });
    expect(byId.get('f')?.Invoice).toMatchObject({ TotalAmt: 0 });
    expect(byId.get('g')?.CDCResponse).toBeDefined();
    expect((await client.read('Customer', '4')).DisplayName).toBe('Batch');
    const replay = await client.post('/batch?requestid=batch-1', { BatchItemRequest: items });
    expect(replay.json.BatchItemResponse).toEqual(answer.json.BatchItemResponse);
  });

  it('takes 30 items with short, unique ids', async () => {
    const client = await simulate();
    const items = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ bId: `${index}`, Query: 'select * from Term' }));
    expect((await client.post('/batch', { BatchItemRequest: items(30) })).status).toBe(200);
    expect((await client.post('/batch', { BatchItemRequest: items(31) })).status).toBe(400);
    expect(
      refusal(await client.post('/batch', { BatchItemRequest: [{ bId: 'x'.repeat(11), Query: '' }] })),
    ).toEqual([400, '2050']);
    expect((await client.post('/batch', { BatchItemRequest: [...items(1), ...items(1)] })).status).toBe(400);
  });
});
