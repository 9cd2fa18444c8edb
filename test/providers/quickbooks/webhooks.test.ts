import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { quickBooksWebhook } from '../../../shared/providers/quickbooks/webhooks';
import type { WebhookAnswer } from '../../../shared/providers/provider';

const TOKEN = 'verifier-token';
const EVENT_ID = '88cd52aa-33b6-4351-9aa4-47572edbd068';
const sign = (body: Buffer | string, token = TOKEN) =>
  createHmac('sha256', token).update(body).digest('base64');
const NOW = Date.parse('2025-10-01T00:00:00Z');
const receive = (rawBody: Buffer, signature: string | string[] | undefined, tokens: readonly string[]) =>
  quickBooksWebhook.receive(
    { rawBody, headers: signature === undefined ? {} : { 'intuit-signature': signature }, now: NOW },
    tokens,
    () => undefined,
  );
const parse = async (body: unknown, tokens = [TOKEN]): Promise<WebhookAnswer> => {
  const raw = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return receive(raw, sign(raw), tokens);
};
const NOTHING = { refused: null, changes: [], unknownKinds: 0, unreadable: { count: 0, samples: [] } };

const event = (type: string, more: Record<string, unknown> = {}) => ({
  specversion: '1.0',
  id: EVENT_ID,
  source: 'intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=',
  type,
  datacontenttype: 'application/json',
  time: '2025-09-10T21:31:25.179851517Z',
  intuitentityid: '1234',
  intuitaccountid: '310687',
  data: {},
  ...more,
});
const legacy = (...entities: Record<string, unknown>[]) => ({
  eventNotifications: [{ realmId: '310687', dataChangeEvent: { entities } }],
});

describe('QuickBooks webhooks', () => {
  it('reads CloudEvents', async () => {
    expect(await parse([event('qbo.invoice.created.v1')])).toEqual({
      ...NOTHING,
      changes: [
        {
          tenantId: '310687',
          entity: 'invoice',
          id: '1234',
          operation: 'created',
          dedupeKey: EVENT_ID,
          occurredAt: '2025-09-10T21:31:25.179Z',
        },
      ],
    });
  });

  it('reads the older format', async () => {
    const entity = {
      name: 'CreditMemo',
      id: '9',
      operation: 'Update',
      lastUpdated: '2025-09-08T20:52:31.657Z',
    };
    const answer = await parse(legacy(entity, { ...entity, id: '10' }));
    expect(answer).toMatchObject({
      changes: [
        {
          tenantId: '310687',
          entity: 'credit_note',
          id: '9',
          operation: 'updated',
          occurredAt: entity.lastUpdated,
        },
        { id: '10' },
      ],
    });
    expect(await parse(legacy(entity))).toEqual(await parse(legacy(entity)));
    expect(new Set(answer.changes.map((change) => change.dedupeKey)).size).toBe(2);
  });

  it('reads one event that comes by itself, and one behind a byte order mark', async () => {
    const { changes } = await parse([event('qbo.invoice.created.v1')]);
    expect(await parse(event('qbo.invoice.created.v1'))).toEqual({ ...NOTHING, changes });
    expect(await parse(`\ufeff${JSON.stringify([event('qbo.invoice.created.v1')])}`)).toEqual({
      ...NOTHING,
      changes,
    });
  });

  it.each([
    ['create', 'created'],
    ['created', 'created'],
    ['update', 'updated'],
    ['updated', 'updated'],
    ['delete', 'deleted'],
    ['deleted', 'deleted'],
    ['merge', 'merged'],
    ['merged', 'merged'],
    ['void', 'voided'],
    ['voided', 'voided'],
    ['emailed', 'emailed'],
    ['somethingNew', 'updated'],
    ['constructor', 'updated'],
  ])('understands %s', async (spelling, operation) => {
    expect(await parse([event(`qbo.payment.${spelling}.v1`)])).toMatchObject({ changes: [{ operation }] });
    const capital = spelling.charAt(0).toUpperCase() + spelling.slice(1);
    expect(await parse(legacy({ name: 'Payment', id: '1', operation: capital }))).toMatchObject({
      changes: [{ operation }],
    });
  });

  it('tells of both records of a merge', async () => {
    const entity = {
      name: 'Customer',
      id: '1',
      operation: 'Merge',
      deletedId: '2',
      lastUpdated: '2025-09-08T20:52:31Z',
    };
    expect(await parse(legacy(entity))).toMatchObject({
      changes: [
        { id: '1', operation: 'merged' },
        { id: '2', operation: 'merged' },
      ],
    });
    expect(await parse([event('qbo.customer.merged.v1', { data: { deletedId: '2' } })])).toMatchObject({
      changes: [{ id: '1234' }, { id: '2' }],
    });
  });

  it.each(['qbo.budget.updated.v1', 'qbo.constructor.updated.v1', 'qbo.__proto__.updated.v1', 'x', ''])(
    'counts a kind that is not synchronised (%s), and reads the others',
    async (type) => {
      expect(await parse([event(type), event('qbo.item.updated.v1')])).toMatchObject({
        refused: null,
        changes: [{ entity: 'item' }],
        unknownKinds: 1,
        unreadable: { count: 0 },
      });
    },
  );

  const good = event('qbo.item.updated.v1');
  it.each<[string, unknown]>([
    ['null', null],
    ['a number', 7],
    ['a list', []],
    ['without a type', { ...good, type: undefined }],
    ['of a type of 201 characters', { ...good, type: `qbo.item.${'x'.repeat(192)}` }],
    ['without a record', { ...good, intuitentityid: undefined }],
    ['of a record called null', { ...good, intuitentityid: null }],
    ['of a record without a name', { ...good, intuitentityid: '' }],
    ['of a record whose number was rounded', { ...good, intuitentityid: 2 ** 53 }],
    ['of a record with a fraction', { ...good, intuitentityid: 1.5 }],
    ['of a record with a control character', { ...good, intuitentityid: '12\u0000' }],
    ['of a record with half a character', { ...good, intuitentityid: '12\ud800' }],
    ['of a record that was no text', { ...good, intuitentityid: '12\ufffd' }],
    ['of a record with a long id', { ...good, intuitentityid: '1'.repeat(101) }],
    ['without a company', { ...good, intuitaccountid: {} }],
    ['without an id', { ...good, id: [] }],
    ['of a record with parts', { ...good, intuitentityid: { toString: 'x' } }],
    ['larger than any', { ...good, data: { x: 'x'.repeat(70_000) } }],
    ['of an endless id', { ...good, id: 'x'.repeat(70_000) }],
  ])('counts and keeps an event that is %s, and reads the others', async (_what, odd) => {
    const answer = await parse([odd, good]);
    expect(answer).toMatchObject({ refused: null, changes: [{ id: '1234' }], unreadable: { count: 1 } });
    const [sample] = answer.unreadable.samples;
    expect(sample?.text.length).toBeLessThanOrEqual(4_096);
    expect(JSON.stringify(odd)).toContain(sample?.text.slice(0, 3));
  });

  it.each([
    ['null', null],
    ['missing', undefined],
    ['odd', 'yesterday'],
    ['a number', 5],
    ['years ahead', '2031-01-01T00:00:00Z'],
    ['endless', `2025-09-10T21:31:25.${'1'.repeat(10_000)}Z`],
  ])('takes an event whose time is %s, without the time', async (_what, time) => {
    const { changes } = await parse([{ ...good, time }]);
    expect(changes).toEqual([expect.not.objectContaining({ occurredAt: expect.anything() as unknown })]);
  });

  it('takes ids that are whole numbers', async () => {
    expect(await parse([{ ...good, intuitentityid: 1234, intuitaccountid: 310687 }])).toEqual(
      await parse([good]),
    );
  });

  it('loses no company for the sake of one that says nothing', async () => {
    const { eventNotifications } = legacy({ name: 'Item', id: '1', operation: 'Update' });
    for (const odd of [{ realmId: '5', dataChangeEvent: null }, {}, null, { realmId: {} }]) {
      expect(await parse({ eventNotifications: [odd, ...eventNotifications] })).toMatchObject({
        refused: null,
        changes: [{ id: '1' }],
        unreadable: { count: 1 },
      });
    }
  });

  it('counts events before it looks at one of them', async () => {
    const many = Array.from({ length: 20_001 }, () => ({}));
    expect(await parse(many)).toMatchObject({ refused: 'too_large', changes: [] });
    expect(await parse(legacy(...many))).toMatchObject({ refused: 'too_large', changes: [] });
    expect(await parse(many.slice(1))).toMatchObject({ refused: null, unreadable: { count: 20_000 } });
  });

  it('keeps few samples of many', async () => {
    const { unreadable } = await parse(Array.from({ length: 100 }, () => 'x'.repeat(5_000)));
    expect(unreadable.count).toBe(100);
    expect(unreadable.samples.map(({ text }) => text.length)).toEqual(Array(5).fill(4_096));
  });

  it('accepts any of the verifier tokens', async () => {
    expect(await parse([], ['other', TOKEN])).toEqual(NOTHING);
    expect(await parse([], ['other'])).toMatchObject({ refused: 'signature' });
    expect(await parse([], [])).toMatchObject({ refused: 'signature' });
    expect(await receive(Buffer.from('[]'), sign('[]', ''), [''])).toMatchObject({ refused: 'signature' });
  });

  it('refuses a body that is forged, unsigned or cut short, and a signature that is spelled otherwise', async () => {
    const raw = Buffer.from(JSON.stringify([event('qbo.invoice.created.v1')]));
    const signature = sign(raw);
    const refusals: [Buffer, string | string[] | undefined][] = [
      [raw, undefined],
      [raw, ''],
      [raw.subarray(0, -1), signature],
      [Buffer.concat([raw, Buffer.from(' ')]), signature],
      [raw, signature.slice(0, -4)],
      [raw, signature.replace('=', '')],
      [raw, `${signature}=`],
      [raw, `${signature},${signature}`],
      [raw, [signature, signature]],
      [raw, Buffer.from(signature, 'base64').toString('hex')],
      [raw, signature.toLowerCase()],
      [raw, 'A'.repeat(1_000_000)],
    ];
    for (const [body, given] of refusals) {
      expect(await receive(body, given, [TOKEN])).toMatchObject({ refused: 'signature', changes: [] });
    }
  });

  it.each([
    '',
    '{"a":',
    'null',
    '7',
    '{}',
    '"x"',
    '[1',
    '[1]]',
    '[1 2]',
    '[,]',
    '{"eventNotifications":7}',
    '[}',
  ])('refuses %s, which is signed and no notification, and keeps it', async (body) => {
    expect(await parse(body)).toMatchObject({ refused: 'malformed', unreadable: { count: 1 } });
  });

  it('never throws, whatever is signed, and reads what a parser reads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.jsonValue(), fc.array(fc.object()), fc.object()), async (body) => {
        const text = JSON.stringify(body) ?? 'null';
        const answer = await parse(text);
        const isKnown = Array.isArray(JSON.parse(text));
        expect(answer.refused).toBe(isKnown ? null : 'malformed');
        if (Array.isArray(body)) {
          expect(answer.changes.length + answer.unknownKinds + answer.unreadable.count).toBe(body.length);
        }
      }),
    );
  });
});
