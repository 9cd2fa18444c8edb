import nock from 'nock';
import {
  AuthError,
  BudgetError,
  MappingError,
  RateLimitError,
  TransientError,
  UncertainWriteError,
} from '../../../shared/errors';
import type { CallMeter } from '../../../shared/ports';
import { createAxiosHttp } from '../../support/http/axiosHttp';
import { closeLimiters } from '../../../shared/providers/http/limiters';
import { createQuickBooksSide } from '../../../shared/providers/quickbooks';
import { silentLogger, systemClock } from '../../../shared/system';

const HOST = 'https://qbo.test';
const COMPANY = '/v3/company/310687';
const REQUEST_ID = '0123456789abcdef0123456789abcdef';
const broken = (code: string) => Object.assign(new Error('socket'), { code });
const TIME = '2026-01-01T10:00:00.000-08:00';
const counts: string[] = [];

function sideOf(meter: CallMeter = { count: (kind) => void counts.push(kind) }) {
  let token = 'first-token';
  return createQuickBooksSide({
    http: createAxiosHttp({
      token: {
        accessToken: () => Promise.resolve(token),
        refresh: () => Promise.resolve((token = 'second-token')),
      },
      timeoutMs: 300,
    }),
    baseUrl: `${HOST}/`,
    realmId: '310687',
    meter,
    clock: systemClock,
    logger: silentLogger,
    options: { limits: { perMinute: 100_000, perSecond: 1000 }, timeoutMs: 300 },
  });
}

const customer = (more = '') =>
  `{"Customer":{"Id":"7","SyncToken":"2","DisplayName":"Ann","Active":true,"Balance":10.10${more}},"time":"${TIME}"}`;
const current = async () => {
  nock(HOST)
    .get(`${COMPANY}/customer/7`)
    .query(true)
    .reply(200, customer(',"Notes":"old","Fax":{"FreeFormNumber":"1"}'));
  const record = await sideOf().read('customer', '7');
  if (!record) throw new Error('not read');
  return record;
};
const options = { key: REQUEST_ID, externalId: 'link-1' };

beforeAll(() => nock.disableNetConnect());
beforeEach(() => (counts.length = 0));
afterEach(() => {
  expect(nock.pendingMocks()).toEqual([]);
  nock.cleanAll();
});
afterAll(async () => {
  nock.enableNetConnect();
  await closeLimiters();
});

describe('QuickBooks client', () => {
  it('asks for JSON in a named version and reads the envelope', async () => {
    nock(HOST, { reqheaders: { accept: 'application/json', authorization: 'Bearer first-token' } })
      .get(`${COMPANY}/customer/7`)
      .query({ minorversion: '75' })
      .reply(200, customer());
    const record = await sideOf().read('customer', '7');
    expect(record).toMatchObject({ id: '7', version: '2', state: 'live' });
    // What was read holds for a moment before the service stamped its answer.
    const ageMs = Date.parse('2026-01-01T18:00:00.000Z') - Date.parse(record?.asOf as string);
    expect(ageMs).toBeGreaterThan(0);
    expect(ageMs).toBeLessThan(30_000);
    expect(record?.fields).toMatchObject({ displayName: 'Ann', balance: '10.1', notes: null });
    expect(record?.fields).not.toHaveProperty('currency');
    expect(counts).toEqual(['read']);
  });

  it('tells two changes under one version apart by their times: a posting moves a balance, and no SyncToken', async () => {
    const changedAt = (time: string) => {
      const invoice = { Id: '7', SyncToken: '2', MetaData: { LastUpdatedTime: time } };
      const CDCResponse = [{ QueryResponse: [{ Invoice: [invoice] }] }];
      nock(HOST).get(`${COMPANY}/cdc`).query(true).reply(200, { CDCResponse, time: TIME });
    };
    const keys: string[] = [];
    for (const time of ['2026-01-01T10:00:00-08:00', '2026-01-01T11:00:00-08:00']) {
      changedAt(time);
      const { changes } = await sideOf().changes(['invoice'], new Date().toISOString());
      keys.push(...changes.map(({ dedupeKey }) => dedupeKey));
    }
    expect(new Set(keys).size).toBe(2);
  });

  it('sends a sparse update of what changed, with version and key', async () => {
    const record = await current();
    let body = '';
    nock(HOST, { reqheaders: { 'content-type': 'application/json' } })
      .post(`${COMPANY}/customer`, (sent) => ((body = JSON.stringify(sent)), true))
      .query({ requestid: REQUEST_ID, minorversion: '75' })
      .reply(200, customer());
    await sideOf().update('customer', record, { ...record.fields, notes: null, phone: '5' }, options);
    expect(JSON.parse(body)).toEqual({
      PrimaryPhone: { FreeFormNumber: '5' },
      Notes: '',
      Id: '7',
      SyncToken: '2',
      sparse: true,
    });
    expect(counts).toEqual(['read', 'write']);
  });

  it('writes numbers digit by digit', async () => {
    let sent = '';
    nock(HOST)
      .post(`${COMPANY}/payment`, (body) => body !== undefined)
      .query(true)
      .reply(function (_uri, body) {
        sent = typeof body === 'string' ? body : JSON.stringify(body);
        return [
          200,
          `{"Payment":{"Id":"1","SyncToken":"0","CustomerRef":{"value":"7"},"TotalAmt":90071992547409.93,"Line":[]},"time":"${TIME}"}`,
        ];
      });
    const fields = { customer: { entity: 'customer', id: '7' }, amount: '90071992547409.93' };
    const record = await sideOf().create('payment', fields, options);
    expect(record.fields.amount).toBe('90071992547409.93');
    expect(sent).toContain('[sync link-1]');
  });

  it('refreshes a refused token once and repeats the call', async () => {
    nock(HOST, { reqheaders: { authorization: 'Bearer first-token' } })
      .get(`${COMPANY}/customer/7`)
      .query(true)
      .reply(401, '{"fault":{"error":[{"code":"3200"}]}}');
    nock(HOST, { reqheaders: { authorization: 'Bearer second-token' } })
      .get(`${COMPANY}/customer/7`)
      .query(true)
      .reply(200, customer());
    expect((await sideOf().read('customer', '7'))?.id).toBe('7');
  });

  it('gives up after a second refusal', async () => {
    nock(HOST).get(`${COMPANY}/customer/7`).query(true).twice().reply(401, '');
    await expect(sideOf().read('customer', '7')).rejects.toBeInstanceOf(AuthError);
  });

  it('passes a throttle on with its wait', async () => {
    nock(HOST).get(`${COMPANY}/customer/7`).query(true).reply(429, '', { 'Retry-After': '12' });
    const failure = sideOf().read('customer', '7');
    await expect(failure).rejects.toBeInstanceOf(RateLimitError);
    await expect(failure).rejects.toMatchObject({ details: { retryAfterMs: 12_000 } });
  });

  it('tells a lost read from a lost write', async () => {
    const record = await current();
    for (const code of ['ECONNRESET', 'ETIMEDOUT']) {
      nock(HOST).get(`${COMPANY}/customer/7`).query(true).replyWithError(broken(code));
      await expect(sideOf().read('customer', '7')).rejects.toBeInstanceOf(TransientError);
      nock(HOST).post(`${COMPANY}/customer`).query(true).replyWithError(broken(code));
      const lost = sideOf().update('customer', record, { ...record.fields, notes: 'x' }, options);
      await expect(lost).rejects.toBeInstanceOf(UncertainWriteError);
      await expect(lost).rejects.toMatchObject({ details: { entity: 'customer', recordId: '7' } });
    }
    nock(HOST).post(`${COMPANY}/customer`).query(true).delay(1000).reply(200, customer());
    const late = sideOf().update('customer', record, { ...record.fields, notes: 'x' }, options);
    await expect(late).rejects.toBeInstanceOf(UncertainWriteError);
    nock(HOST).post(`${COMPANY}/customer`).query(true).replyWithError(broken('ECONNREFUSED'));
    const unsent = sideOf().update('customer', record, { ...record.fields, notes: 'x' }, options);
    await expect(unsent).rejects.toBeInstanceOf(TransientError);
  });

  it('takes a success that it cannot read for a lost answer', async () => {
    const record = await current();
    for (const body of ['{"Customer":{"Id":"7"', '', '<html></html>']) {
      nock(HOST).post(`${COMPANY}/customer`).query(true).reply(200, body);
      const lost = sideOf().update('customer', record, { ...record.fields, notes: 'x' }, options);
      await expect(lost).rejects.toBeInstanceOf(UncertainWriteError);
    }
  });

  it('takes a write whose answer it cannot map for done, not for refused', async () => {
    const body = `{"Item":{"Id":"8","SyncToken":"0","Name":"X","Type":"Hologram"},"time":"${TIME}"}`;
    nock(HOST).post(`${COMPANY}/item`).query(true).reply(200, body);
    const failure = sideOf().create('item', { name: 'X', type: 'service' }, options);
    await expect(failure).rejects.toBeInstanceOf(UncertainWriteError);
    await expect(failure).rejects.toThrow('"Hologram"');
  });

  it('posts a long query as text, and a lost answer to it is only a lost read', async () => {
    const ids = Array.from({ length: 200 }, (_, index) => String(1_000_000 + index));
    let statement = '';
    nock(HOST, { reqheaders: { 'content-type': 'application/text' } })
      .post(`${COMPANY}/query`, (body) => ((statement = String(body)), true))
      .query({ minorversion: '75' })
      .reply(200, `{"QueryResponse":{},"time":"${TIME}"}`);
    expect(await sideOf().readMany('invoice', ids)).toEqual(new Map());
    expect(statement).toMatch(
      /^SELECT \* FROM Invoice WHERE Id IN \('1000000', .* STARTPOSITION 1 MAXRESULTS 1000$/,
    );
    nock(HOST).post(`${COMPANY}/query`).query(true).replyWithError(broken('ECONNRESET'));
    await expect(sideOf().readMany('invoice', ids)).rejects.toBeInstanceOf(TransientError);
  });

  it('escapes what stands in a query', async () => {
    let statement = '';
    nock(HOST)
      .get(`${COMPANY}/query`)
      .query((query) => ((statement = String(query.query)), true))
      .reply(200, `{"QueryResponse":{},"time":"${TIME}"}`);
    await sideOf().find('customer', { displayName: "O'Brien\\ & + %" }, 'x');
    expect(statement).toContain("DisplayName = 'O\\'Brien\\\\ & + %'");
    expect(statement).toContain('Active IN (true, false)');
  });

  it('makes no call that the budget refuses', async () => {
    const meter = {
      count: () => {
        throw new BudgetError('used up');
      },
    };
    await expect(sideOf(meter).read('customer', '7')).rejects.toBeInstanceOf(BudgetError);
  });

  it('passes over a record it cannot read in a list, and says why when asked for it alone', async () => {
    const strange = '{"Id":"8","SyncToken":"0","Name":"X","Type":"Hologram","MetaData":{}}';
    const known = '{"Id":"9","SyncToken":"0","Name":"Y","Type":"Service","MetaData":{}}';
    nock(HOST)
      .get(`${COMPANY}/query`)
      .query(true)
      .reply(200, `{"QueryResponse":{"Item":[${strange},${known}]},"time":"${TIME}"}`);
    const page = await sideOf().list('item', { limit: 50 });
    expect(page.records.map((record) => record.id)).toEqual(['9']);
    expect(page.unreadable).toMatchObject([{ id: '8', error: { details: { field: 'type' } } }]);
    nock(HOST).get(`${COMPANY}/item/8`).query(true).reply(200, `{"Item":${strange},"time":"${TIME}"}`);
    const failure = sideOf().read('item', '8');
    await expect(failure).rejects.toBeInstanceOf(MappingError);
    await expect(failure).rejects.toThrow('"Hologram"');
  });
});
