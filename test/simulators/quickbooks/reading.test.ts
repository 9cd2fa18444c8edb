import { closeAll, lock, refusal, salesLine, simulate, type TestClient } from './support/client';
import { fieldsOf, listOf, type Fields } from './json';

const DAY_MS = 24 * 3_600_000;
let client: TestClient;
beforeEach(async () => {
  client = await simulate();
});
afterEach(closeAll);

const response = async (statement: string) => fieldsOf((await client.query(statement)).json.QueryResponse);

describe('query', () => {
  it('answers an empty object when nothing matches, and only a count for count(*)', async () => {
    expect(await response("select * from Invoice where DocNumber = 'none'")).toEqual({});
    expect(await response('SELECT COUNT(*) FROM Customer')).toEqual({ totalCount: 3 });
  });

  it('pages from 1 by 100 unless told otherwise', async () => {
    for (let index = 0; index < 120; index++)
      client.control.create({ entity: 'Class', record: { Name: `C${index}` } });
    const first = await response('select * from Class');
    expect(first).toMatchObject({ startPosition: 1, maxResults: 100 });
    const second = await response('select * from Class startposition 101 maxresults 1000');
    expect(second).toMatchObject({ startPosition: 101, maxResults: 20 });
    const names = [...listOf(first.Class), ...listOf(second.Class)].map(({ Name }) => Name);
    expect(new Set(names).size).toBe(120);
    expect(names.slice(0, 5)).not.toEqual(['C0', 'C1', 'C2', 'C3', 'C4']);
    expect(names.slice(0, 100)).toEqual(
      listOf((await response('select * from Class')).Class).map(({ Name }) => Name),
    );
  });

  it('leaves inactive objects out unless asked', async () => {
    client.control.edit({ entity: 'Customer', id: '3', patch: { Active: false } });
    expect(await client.rows('Customer')).toHaveLength(2);
    expect(await client.rows('Customer', 'where Active in (true, false)')).toHaveLength(3);
    expect(await client.rows('Customer', 'where Active = false')).toHaveLength(1);
  });

  it.each<[string, string[]]>([
    ["DisplayName = 'Amy\\'s Bird Sanctuary'", ['1']],
    ["DisplayName LIKE '%Cars'", ['2']],
    ["Id IN ('1','3') ORDERBY DisplayName DESC", ['3', '1']],
    ["Balance > '150' AND GivenName = 'Amy'", ['1']],
    ["PrimaryEmailAddr.Address = 'cool@intuit.example'", ['2']],
    ["MetaData.LastUpdatedTime >= '2001-01-01T00:00:00-08:00' AND Id < '2'", ['1']],
    ["MetaData.LastUpdatedTime > '2999-01-01T00:00:00-08:00'", []],
  ])('filters by %s', async (where, ids) => {
    expect((await client.rows('Customer', `where ${where}`)).map(({ Id }) => Id)).toEqual(ids);
  });

  it.each<[string, string]>([
    ["select * from Customer where Id = '1' OR Id = '2'", '4000'],
    ['select * from Customer where Id = 1', '4000'],
    ["select * from Customer where DisplayName = 'open", '4000'],
    ['select * from', '4000'],
    ['select * from Customer group by Id', '4000'],
    ['select * from customer', '4001'],
    ["select * from Customer where Nope = '1'", '4001'],
    ['select * from Customer orderby Nope', '4001'],
    ["select * from Invoice where Line.Amount > '1'", '4001'],
    ['select * from Customer startposition 0', '4001'],
    ['select * from Customer maxresults 1001', '4001'],
    ['', '2020'],
  ])('refuses %s', async (statement, code) => {
    expect(refusal(await client.query(statement))).toEqual([400, code]);
  });

  it('may be posted as application/text', async () => {
    const answer = await client.post('/query', 'select * from Customer', {
      headers: { 'content-type': 'application/text' },
    });
    expect(listOf(fieldsOf(answer.json.QueryResponse).Customer)).toHaveLength(3);
  });
});

describe('change data', () => {
  const changes = async (entities: string, ms = 3_600_000): Promise<Fields[]> => {
    const since = new Date(client.control.clock().ms - ms).toISOString();
    const answer = await client.get(`/cdc?entities=${entities}&changedSince=${encodeURIComponent(since)}`);
    return listOf(listOf(answer.json.CDCResponse)[0]?.QueryResponse);
  };

  it('has one element per entity in the order asked, empty ones without members', async () => {
    const [classes, invoices, customers] = await changes('Class,Invoice,Customer');
    expect(classes).toEqual({});
    expect(invoices).toMatchObject({ startPosition: 1, maxResults: 2, totalCount: 2 });
    expect(listOf(customers?.Customer)).toHaveLength(3);
  });

  it('shows hard deletes as bare stubs and inactive objects as updates', async () => {
    client.control.advanceClock(1_800_000);
    const invoice = await client.write('Invoice', { CustomerRef: { value: '1' }, Line: [salesLine(1)] });
    client.control.delete({ entity: 'Invoice', id: String(invoice.Id) });
    client.control.edit({ entity: 'Customer', id: '3', patch: { Active: false } });
    const [invoices, customers] = await changes('Invoice,Customer', 600_000);
    expect(listOf(invoices?.Invoice)).toEqual([
      {
        domain: 'QBO',
        status: 'Deleted',
        Id: invoice.Id,
        MetaData: { LastUpdatedTime: expect.stringMatching(/-0[78]:00$/) as string },
      },
    ]);
    expect(listOf(customers?.Customer)).toMatchObject([{ Id: '3', Active: false }]);
  });

  it('stops at 1000 objects over all entities', async () => {
    for (let index = 0; index < 700; index++) {
      client.control.create({ entity: 'Class', record: { Name: `C${index}` } });
      client.control.create({ entity: 'Department', record: { Name: `D${index}` } });
    }
    const [classes, departments] = await changes('Class,Department');
    expect([classes?.maxResults, departments?.maxResults]).toEqual([700, 300]);
  });

  it('refuses more than 30 days and entities it does not support', async () => {
    const at = (days: number) =>
      encodeURIComponent(new Date(client.control.clock().ms - days * DAY_MS).toISOString());
    expect((await client.get(`/cdc?entities=Invoice&changedSince=${at(29)}`)).status).toBe(200);
    expect((await client.get(`/cdc?entities=Invoice&changedSince=${at(31)}`)).status).toBe(400);
    for (const entity of ['TaxCode', 'TaxRate', 'TaxAgency', 'JournalCode', 'TimeActivity', 'Nope']) {
      expect((await client.get(`/cdc?entities=Invoice,${entity}&changedSince=${at(1)}`)).status).toBe(400);
    }
    expect(refusal(await client.get('/cdc?entities=Invoice'))).toEqual([400, '2020']);
  });

  it('can name a living record as deleted by mistake', async () => {
    client.control.addFaults({ match: { operation: 'cdc' }, effect: { kind: 'spurious-deleted' } });
    const [customers] = await changes('Customer');
    const wrong = listOf(customers?.Customer).find(({ status }) => status === 'Deleted');
    expect(await client.read('Customer', wrong?.Id)).toMatchObject({ Id: wrong?.Id });
    expect(listOf((await changes('Customer'))[0]?.Customer).some(({ status }) => status === 'Deleted')).toBe(
      false,
    );
  });
});

describe('envelopes', () => {
  it('carries Pacific times, in winter and in summer', async () => {
    for (const [clock, offset] of [
      ['2026-01-15T12:00:00Z', '-08:00'],
      ['2026-07-15T12:00:00Z', '-07:00'],
    ] as const) {
      const there = await simulate({ clock });
      const answer = await there.get('/customer/1');
      const time = fieldsOf(fieldsOf(answer.json.Customer).MetaData).LastUpdatedTime;
      expect(time).toMatch(new RegExp(`T\\d\\d:\\d\\d:\\d\\d${offset}$`));
      expect(answer.json.time).toMatch(new RegExp(`\\.\\d{3}${offset}$`));
    }
  });

  it('answers XML unless JSON is asked for', async () => {
    const answer = await client.get('/customer/2', { headers: { accept: '*/*' } });
    expect(answer.headers.get('content-type')).toContain('application/xml');
    expect(answer.text).toContain('<IntuitResponse xmlns="http://schema.intuit.com/finance/v3"');
    expect(answer.text).toContain('<CurrencyRef name="United States Dollar">USD</CurrencyRef>');
    const fault = await client.get('/customer/99', { headers: { accept: '*/*' } });
    expect(fault.text).toContain('<Fault type="ValidationFault"><Error code="610"');
  });

  it('answers 404 for URLs nobody knows, case included', async () => {
    for (const [method, path] of [
      ['GET', '/Customer/1'],
      ['GET', '/customer'],
      ['PUT', '/customer'],
      ['POST', '/nope'],
    ] as const) {
      expect((await client.call(method, path, method === 'GET' ? {} : { body: {} })).status).toBe(404);
    }
  });

  it('refuses bodies that are no JSON, of another type, or no UTF-8', async () => {
    expect(refusal(await client.post('/customer', '{"DisplayName":'))).toEqual([400, '2010']);
    const xml = { headers: { 'content-type': 'application/xml' } };
    expect(refusal(await client.post('/customer', '{}', xml))).toEqual([400, '2010']);
    const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
    expect(refusal(await client.post('/customer', bytes))).toEqual([400, '500']);
  });

  it('reads company info, preferences and ignores the minor version', async () => {
    const { tenantId } = client.descriptor;
    const info = await client.get(`/companyinfo/${tenantId}?minorversion=4`);
    expect(info.json.CompanyInfo).toMatchObject({ CompanyName: 'Sandbox Company_US_1', Country: 'US' });
    const preferences = await client.get('/preferences?minorversion=75');
    expect(preferences.json.Preferences).toMatchObject({ CurrencyPrefs: { MultiCurrencyEnabled: false } });
    expect(info.headers.get('intuit_tid')).toBeTruthy();
  });

  it('never forgets a record between two updates of the same second', async () => {
    const customer = await client.write('Customer', { DisplayName: 'Quick' });
    await client.write('Customer', { ...lock(customer), sparse: true, Notes: '1' });
    expect((await client.read('Customer', customer.Id)).SyncToken).toBe('1');
  });
});
