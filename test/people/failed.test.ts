import { causeOf, failedInWords, planOf } from '../../shared/people/failed';
import type { ErrorReport, FailedRecord } from '../../shared/ports';

const failed = (error: ErrorReport | null, more: Partial<FailedRecord> = {}): FailedRecord => ({
  connectionId: 'c1',
  linkId: 'l1',
  entity: 'customer',
  title: 'Acme Ltd',
  appId: 'c-9',
  ledgerId: null,
  eventIds: ['e1'],
  error,
  since: 0,
  attempts: 1,
  ...more,
});
const inWords = (error: ErrorReport | null, fields = {}, more = {}) =>
  failedInWords(failed(error, more), 'Ledger Online', fields);

describe('a failed record in plain words', () => {
  it('says what the accounting tool refuses, with what was entered, before the words of the tool', () => {
    const error = {
      code: 'validation/2210',
      message: 'Ledger did not create customer: Invalid Email Address format (Email Address)',
      field: 'email',
      nextStep: 'Correct the e-mail address.',
    };
    expect(inWords(error, { email: 'acme@' })).toEqual({
      heading: 'Customer Acme Ltd',
      reason: 'Ledger Online does not accept its E-mail',
      field: 'E-mail',
      value: '"acme@"',
      nextStep: 'Correct the e-mail address.',
      said: error.message,
    });
  });

  it('leaves out of our own words what the heading says, and names a field within a line', () => {
    const error = {
      code: 'validation',
      message: 'Invoice 7: Line 2: Amount must be a decimal such as "12.50", as text (it was "x")',
      field: 'lines.1.amount',
      value: '"x"',
      recordId: '7',
    };
    expect(inWords(error, {}, { entity: 'invoice', title: '1001' })).toMatchObject({
      heading: 'Invoice 1001',
      reason: 'Line 2: Amount must be a decimal such as "12.50", as text (it was "x")',
      field: 'Line 2: Amount',
      value: '"x"',
      said: null,
    });
  });

  it('is readable whatever is known, and whatever a field is called', () => {
    expect(inWords(null)).toMatchObject({ reason: 'It is not known why', field: null });
    const strange = { code: 'validation/1', message: 'No', field: 'PrimaryEmailAddr.Address' };
    expect(inWords(strange, { PrimaryEmailAddr: 'x' })).toMatchObject({
      field: 'PrimaryEmailAddr.Address',
      value: null,
    });
    const deep = { code: 'validation', message: 'No', field: 'billingAddress.city.__proto__.x' };
    expect(inWords(deep, { billingAddress: null })).toMatchObject({ value: null });
    const forged = inWords({ code: 'internal', message: 'x' }, {}, { title: 'a\u0007\nb' });
    expect(forged.heading).toBe('Customer a b');
    for (const code of ['duplicate', 'not_found', 'stale_version', 'uncertain_write', 'transient'])
      expect(inWords({ code: `${code}/1`, message: 'x' }).reason).toContain('Ledger Online');
  });
});

describe('records that failed alike', () => {
  it('have the same code and field, or say the same but for what is their own', () => {
    const refused = (code: string, field?: string) =>
      causeOf(failed({ code, message: String(Math.random()), ...(field ? { field } : {}) }));
    expect(refused('validation/2210', 'email')).toBe(refused('validation/2210', 'email'));
    expect(refused('validation/2210', 'email')).not.toBe(refused('validation/2210', 'name'));
    const own = (title: string, message: string) => causeOf(failed({ code: 'mapping', message }, { title }));
    expect(own('A', 'Customer A: "x" of 12 is unknown')).toBe(own('B', 'Customer B: "yy" of 7 is unknown'));
    expect(own('A', 'Customer A: "x" is unknown')).not.toBe(own('A', 'Customer A: has no home'));
  });

  it('cost about a look at each and a write of each that the accounting tool does not have to itself', () => {
    const records = [
      failed(null),
      failed(null, { ledgerId: '1' }),
      failed(null, { ledgerId: '2', appId: null }),
    ];
    expect(planOf(records)).toEqual({ records: 3, reads: 3, writes: 2 });
    expect(planOf([])).toEqual({ records: 0, reads: 0, writes: 0 });
  });
});
