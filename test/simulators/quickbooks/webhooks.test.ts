import { closeAll, lock, salesLine, simulate, type TestClient } from './support/client';
import { startReceiver } from './support/receiver';
import { fieldsOf, listOf, type Fields } from './json';
import { signatureOf } from '.';

let client: TestClient;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
beforeEach(async () => {
  client = await simulate();
  receiver = await startReceiver();
});
afterEach(async () => {
  await closeAll();
  await receiver.close();
});

const listen = (knobs: Record<string, unknown> = {}) =>
  client.control.setWebhooks({ url: receiver.url, windowMs: 5, ...knobs });
const bodies = () => receiver.received.map(({ body }) => JSON.parse(body) as unknown);
const events = () => bodies().flatMap((body) => listOf(body));
const types = () => events().map(({ type, intuitentityid }) => `${String(type)} ${String(intuitentityid)}`);

describe('webhooks', () => {
  it('send CloudEvents, gathered and signed over the raw bytes', async () => {
    listen();
    const customer = await client.write('Customer', { DisplayName: 'Hooked' });
    await client.write('Customer', { ...lock(customer), sparse: true, Notes: 'x' });
    await client.control.flushWebhooks();
    const [first] = receiver.received;
    expect(first?.signature).toBe(signatureOf(first?.body ?? '', client.descriptor.webhookSecret));
    expect(types()).toEqual(['qbo.customer.created.v1 4', 'qbo.customer.updated.v1 4']);
    expect(events()[0]).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      source: expect.stringMatching(/^intuit\./) as string,
      type: 'qbo.customer.created.v1',
      datacontenttype: 'application/json',
      time: expect.stringMatching(/\.\d{9}Z$/) as string,
      intuitentityid: '4',
      intuitaccountid: client.descriptor.tenantId,
      data: {},
    });
  });

  it('send the older body grouped by realm, with the removed id of a merge', async () => {
    listen({ format: 'legacy' });
    const other = client.control.createCompany({ sampleRecords: true });
    client.control.merge({ entity: 'Customer', keepId: '2', removeId: '3' });
    client.control.edit({ realmId: other.realmId, entity: 'Customer', id: '1', patch: { Notes: 'x' } });
    await client.control.flushWebhooks();
    const [body] = bodies();
    const notifications = listOf(fieldsOf(body).eventNotifications);
    expect(notifications.map(({ realmId }) => realmId)).toEqual([client.descriptor.tenantId, other.realmId]);
    const [entity] = listOf(fieldsOf(notifications[0]?.dataChangeEvent).entities);
    expect(entity).toMatchObject({ name: 'Customer', id: '2', operation: 'Merge', deletedId: '3' });
    expect(Object.keys(entity ?? {})).toEqual(['name', 'id', 'operation', 'lastUpdated', 'deletedId']);
  });

  it('echo own writes and what follows from them, in either spelling', async () => {
    listen({ spelling: 'present' });
    const invoice = await client.write('Invoice', { CustomerRef: { value: '1' }, Line: [salesLine(10)] });
    const linked = [{ Amount: 10, LinkedTxn: [{ TxnId: invoice.Id, TxnType: 'Invoice' }] }];
    await client.write('Payment', { CustomerRef: { value: '1' }, TotalAmt: 10, Line: linked });
    client.control.void({ entity: 'Invoice', id: String(invoice.Id) });
    client.control.delete({ entity: 'Invoice', id: String(invoice.Id) });
    await client.control.flushWebhooks();
    expect(types()).toEqual([
      'qbo.invoice.create.v1 104',
      'qbo.payment.create.v1 105',
      'qbo.invoice.update.v1 104',
      'qbo.payment.update.v1 105',
      'qbo.invoice.void.v1 104',
      'qbo.invoice.delete.v1 104',
    ]);
    listen({ echoes: false });
    const count = receiver.received.length;
    await client.write('Customer', { DisplayName: 'Silent' });
    await client.control.flushWebhooks();
    expect(receiver.received).toHaveLength(count);
  });

  it('say nothing of entities outside the matrix', async () => {
    listen();
    const rate = { TaxRateName: 'R', RateValue: 1, TaxAgencyId: '1', TaxApplicableOn: 'Sales' };
    await client.post('/taxservice/taxcode', { TaxCode: 'T', TaxRateDetails: [rate] });
    await client.control.flushWebhooks();
    expect(receiver.received).toHaveLength(0);
  });

  it('climb the retry ladder while later events wait', async () => {
    receiver.answers.push(500, 404, 'silent', 503);
    listen({ timeoutMs: 40 });
    const { control } = client;
    control.edit({ entity: 'Customer', id: '1', patch: { Notes: 'first' } });
    await control.flushWebhooks();
    control.edit({ entity: 'Customer', id: '2', patch: { Notes: 'second' } });
    await control.flushWebhooks();
    const attempts = () =>
      control.deliveries().map((delivery) => delivery.attempts.map(({ status }) => status));
    expect(attempts()).toEqual([[500, 404], []]);
    control.advanceClock(9000);
    await control.flushWebhooks();
    expect(attempts()[0]).toHaveLength(2);
    control.advanceClock(1100);
    await control.flushWebhooks();
    control.advanceClock(20_100);
    await control.flushWebhooks();
    expect(attempts()).toEqual([[500, 404, 'timeout', 503], []]);
    control.advanceClock(30_100);
    await control.flushWebhooks();
    expect(attempts()).toEqual([[500, 404, 'timeout', 503, 200], [200]]);
    expect(control.deliveries().map(({ state }) => state)).toEqual(['delivered', 'delivered']);
  });

  it('can be lost, doubled, shuffled, split by realm, filtered and sent again', async () => {
    const { control } = client;
    const other = control.createCompany({ sampleRecords: true });
    const touch = (patch: Fields) => {
      for (const realmId of [client.descriptor.tenantId, other.realmId]) {
        for (const id of ['1', '2', '3']) control.edit({ realmId, entity: 'Customer', id, patch });
      }
    };
    listen({ dropNext: 1 });
    touch({ Notes: 'lost' });
    await control.flushWebhooks();
    expect(receiver.received).toHaveLength(0);
    listen({ duplicate: 1, shuffle: true, mixRealms: false });
    touch({ Notes: 'twice' });
    await control.flushWebhooks();
    expect(receiver.received).toHaveLength(4);
    expect(new Set(events().map(({ id }) => id)).size).toBe(6);
    expect(
      new Set(bodies().map((body) => new Set(listOf(body).map((event) => event.intuitaccountid)).size)),
    ).toEqual(new Set([1]));
    listen({ duplicate: 0, realmIds: [other.realmId] });
    touch({ Notes: 'filtered' });
    await control.flushWebhooks();
    expect(receiver.received).toHaveLength(5);
    expect(await control.redeliverWebhooks({ count: 2, shuffle: true, duplicate: true })).toBe(4);
    expect(receiver.received).toHaveLength(9);
    for (const { body, signature } of receiver.received)
      expect(signature).toBe(signatureOf(body, client.descriptor.webhookSecret));
  });
});
