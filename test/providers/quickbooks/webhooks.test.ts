import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { parseWebhook } from '../../../shared/providers/quickbooks/webhooks';

const TOKEN = 'verifier-token';
const EVENT_ID = '88cd52aa-33b6-4351-9aa4-47572edbd068';
const sign = (body: Buffer | string, token = TOKEN) =>
  createHmac('sha256', token).update(body).digest('base64');
const parse = (body: unknown, tokens = [TOKEN]) => {
  const raw = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return parseWebhook(raw, sign(raw), tokens);
};

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
  it('reads CloudEvents', () => {
    expect(parse([event('qbo.invoice.created.v1')])).toEqual({
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
      ignored: 0,
    });
  });

  it('reads the older format', () => {
    const entity = {
      name: 'CreditMemo',
      id: '9',
      operation: 'Update',
      lastUpdated: '2025-09-08T20:52:31.657Z',
    };
    const answer = parse(legacy(entity, { ...entity, id: '10' }));
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
    expect(parse(legacy(entity))).toEqual(parse(legacy(entity)));
    const keys = 'changes' in answer ? answer.changes.map((change) => change.dedupeKey) : [];
    expect(new Set(keys).size).toBe(2);
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
  ])('understands %s', (spelling, operation) => {
    expect(parse([event(`qbo.payment.${spelling}.v1`)])).toMatchObject({ changes: [{ operation }] });
    const capital = spelling.charAt(0).toUpperCase() + spelling.slice(1);
    expect(parse(legacy({ name: 'Payment', id: '1', operation: capital }))).toMatchObject({
      changes: [{ operation }],
    });
  });

  it('tells of both records of a merge', () => {
    const entity = {
      name: 'Customer',
      id: '1',
      operation: 'Merge',
      deletedId: '2',
      lastUpdated: '2025-09-08T20:52:31Z',
    };
    const answer = parse(legacy(entity));
    expect(answer).toMatchObject({
      changes: [
        { id: '1', operation: 'merged' },
        { id: '2', operation: 'merged' },
      ],
    });
    expect(parse([event('qbo.customer.merged.v1', { data: { deletedId: '2' } })])).toMatchObject({
      changes: [{ id: '1234' }, { id: '2' }],
    });
  });

  it('counts what is not synchronised', () => {
    expect(parse([event('qbo.budget.updated.v1'), event('qbo.item.updated.v1')])).toMatchObject({
      changes: [{ entity: 'item' }],
      ignored: 1,
    });
  });

  it('accepts any of the verifier tokens', () => {
    expect(parse([], ['other', TOKEN])).toEqual({ changes: [], ignored: 0 });
    expect(parse([], ['other'])).toMatchObject({ rejected: 'signature' });
    expect(parse([], [])).toMatchObject({ rejected: 'signature' });
    expect(parseWebhook(Buffer.from('[]'), sign('[]', ''), [''])).toMatchObject({ rejected: 'signature' });
  });

  it('refuses a body that is forged, unsigned or cut short', () => {
    const raw = Buffer.from(JSON.stringify([event('qbo.invoice.created.v1')]));
    const signature = sign(raw);
    expect(parseWebhook(raw, undefined, [TOKEN])).toMatchObject({ rejected: 'signature' });
    expect(parseWebhook(raw, '', [TOKEN])).toMatchObject({ rejected: 'signature' });
    expect(parseWebhook(raw.subarray(0, -1), signature, [TOKEN])).toMatchObject({ rejected: 'signature' });
    expect(parseWebhook(Buffer.concat([raw, Buffer.from(' ')]), signature, [TOKEN])).toMatchObject({
      rejected: 'signature',
    });
    expect(parseWebhook(raw, signature.slice(0, -4), [TOKEN])).toMatchObject({ rejected: 'signature' });
  });

  it('refuses what is signed and no notification', () => {
    for (const body of ['', '{"a":', 'null', '7', '{}', '[1]', '[{"id":"1"}]', '{"eventNotifications":7}']) {
      expect(parse(body)).toMatchObject({ rejected: 'malformed' });
    }
    const big = Buffer.alloc(1024 * 1024 + 1, 32);
    expect(parseWebhook(big, sign(big), [TOKEN])).toMatchObject({ rejected: 'too_large' });
  });

  it('never throws, whatever is signed', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.array(fc.object()), fc.object()), (body) => {
        const answer = parse(JSON.stringify(body) ?? 'null');
        expect('changes' in answer || 'rejected' in answer).toBe(true);
      }),
    );
  });
});
