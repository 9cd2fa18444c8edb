import {
  AuthError,
  DuplicateError,
  NotFoundError,
  RateLimitError,
  StaleVersionError,
  TransientError,
  UncertainWriteError,
  ValidationError,
} from '../../../shared/errors';
import { resourcesFor } from '../../../shared/providers/quickbooks/resources';
import { parseFault, toSyncError, type Call } from '../../../shared/providers/quickbooks/errors';

const write: Call = { kind: 'write', action: 'update invoice 12', entity: 'invoice', recordId: '12' };
const read: Call = { kind: 'read', action: 'read invoice 12', entity: 'invoice', recordId: '12' };
const time = { now: Date.parse('2026-01-01T00:00:00Z'), jitter: 0.5 };

const fault = (code: string, message: string, detail = message, type = 'ValidationFault') =>
  JSON.stringify({
    Fault: { Error: [{ Message: message, Detail: detail, code, element: 'Line' }], type },
    time: 'x',
  });
const gateway = (code: string, name: string, status: number, detail: string) =>
  JSON.stringify({
    warnings: null,
    fault: {
      error: [
        {
          message: `message=${name}; errorCode=00${code}; statusCode=${status}`,
          detail,
          code,
          element: null,
        },
      ],
      type: 'AUTHENTICATION',
    },
    time: 1633520295688,
  });
const xml =
  '<?xml version="1.0"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3" time="x"><Fault type="ValidationFault"><Error code="6240" element="Name"><Message>Duplicate Name Exists Error</Message><Detail>A &amp; B &lt;taken&gt;</Detail></Error></Fault></IntuitResponse>';
const html = '<html><head><title>502 Bad Gateway</title></head></html>';

const failing = (status: number, body: string, call: Call, headers: Record<string, string> = {}) =>
  toSyncError({ status, body, headers: { intuit_tid: '1-abc', ...headers } }, call, time);

describe('QuickBooks errors', () => {
  it.each([
    [400, fault('5010', 'Stale Object Error'), write, StaleVersionError],
    [400, fault('6240', 'Duplicate Name Exists Error'), write, DuplicateError],
    [400, fault('6140', 'Duplicate Document Number Error'), write, DuplicateError],
    [400, xml, write, DuplicateError],
    [400, fault('610', 'Object Not Found'), read, NotFoundError],
    [200, fault('610', 'Object Not Found'), read, NotFoundError],
    [401, gateway('3200', 'AuthenticationFailed', 401, 'Token expired: SECRET'), read, AuthError],
    [403, gateway('3100', 'ApplicationAuthorizationFailed', 403, 'SECRET'), write, AuthError],
    [401, '', read, AuthError],
    [403, fault('120', 'Authorization Failure', 'x', 'AuthorizatonFault'), read, AuthError],
    [400, fault('6190', 'Invalid Company Status Error'), write, AuthError],
    [429, fault('3001', 'message=ThrottleExceeded; errorCode=003001; statusCode=429'), read, RateLimitError],
    [429, gateway('3001', 'ThrottleExceeded', 429, 'x'), write, RateLimitError],
    [503, fault('3001', 'message=ThrottleExceeded', 'x', 'SERVICE'), write, RateLimitError],
    [429, '', write, RateLimitError],
    [500, fault('10000', 'System Failure', 'x', 'SystemFault'), read, TransientError],
    [500, fault('10000', 'System Failure', 'x', 'SystemFault'), write, UncertainWriteError],
    [200, fault('10000', 'System Failure', 'x', 'SystemFault'), write, UncertainWriteError],
    [502, html, read, TransientError],
    [504, html, write, UncertainWriteError],
    [400, fault('6070', 'Amount calculation incorrect'), write, ValidationError],
    [400, fault('500', 'Unsupported Operation'), write, ValidationError],
    [404, '<html/>', read, TransientError],
    [403, html, write, UncertainWriteError],
    [407, html, write, TransientError],
  ])('%i %s', (status, body, call, expected) => {
    const error = failing(status, body, call);
    expect(error.constructor).toBe(expected);
    expect(error.details).toMatchObject({
      provider: 'quickbooks',
      entity: 'invoice',
      recordId: '12',
      requestId: '1-abc',
    });
    expect(error.details.nextStep).toBeTruthy();
    expect(error.message).toContain(call.action);
    expect(JSON.stringify([error.message, error.details])).not.toContain('SECRET');
  });

  it('says what was refused, where and with which code', () => {
    const error = failing(400, fault('2050', 'String length', 'Max:21 supported'), write);
    expect(error.message).toBe('QuickBooks did not update invoice 12: String length (Max:21 supported)');
    expect(error.details).toMatchObject({
      providerCode: '2050',
      field: 'Line',
      issues: [{ field: 'Line', reason: 'Max:21 supported' }],
    });
  });

  it('calls a field by our name for it, and says the words of the service once, in one line', () => {
    const customer = resourcesFor(null).get('customer')!;
    const call: Call = { ...write, entity: 'customer', mapping: customer.mapping };
    const entry = {
      Message: 'Invalid email',
      Detail: `Business Validation Error: Email address : must be\nvalid ${'x'.repeat(500)}`,
      code: '2210',
      element: 'PrimaryEmailAddr.Address',
    };
    const body = JSON.stringify({ Fault: { Error: [entry, entry], type: 'ValidationFault' } });
    const error = failing(400, body, call);
    expect(error.details).toMatchObject({
      field: 'email',
      issues: [{ field: 'email', label: 'E-mail' }, {}],
    });
    expect(error.message).toMatch(
      /^QuickBooks did not update invoice 12: Email address – must be\\nvalid x+… \(and 1 more\)$/,
    );
    expect(error.message.length).toBeLessThan(370);
  });

  it('gives no advice that nobody can follow', () => {
    for (const code of ['6140', '6240']) {
      expect(failing(400, fault(code, 'Duplicate'), write).details.nextStep).not.toContain('link');
    }
  });

  it('waits as long as it is told, and a minute and a bit when it is not', () => {
    expect(failing(429, '', read).details.retryAfterMs).toBe(67_500);
    expect(failing(429, '', read, { 'retry-after': '7' }).details.retryAfterMs).toBe(7000);
    const at = { 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' };
    expect(failing(429, '', read, at).details.retryAfterMs).toBe(30_000);
  });

  it('reads faults in XML and tells HTML from them', () => {
    expect(parseFault(xml)).toEqual({
      type: 'ValidationFault',
      errors: [
        { code: '6240', message: 'Duplicate Name Exists Error', detail: 'A & B <taken>', element: 'Name' },
      ],
    });
    expect(parseFault(html)).toBeNull();
    expect(parseFault('{"cut off')).toBeNull();
  });
});
