import Big from 'big.js';
import fc from 'fast-check';
import { ValidationError } from '../../shared/errors';
import { isCalendarDate, normalizeInstant } from '../../shared/schema/calendar';
import { canonicalJson } from '../../shared/schema/canonicalJson';
import { entities, entityNamed } from '../../shared/schema/entities';
import { defineEntity, upgradeRecord } from '../../shared/schema/entity';
import { parseRecord } from '../../shared/schema/parse';
import { text } from '../../shared/schema/fields';
import {
  addDecimals,
  compareDecimals,
  multiplyDecimals,
  normalizeDecimal,
  roundDecimal,
} from '../../shared/schema/money';
import { arbitraryRecord } from '../support/arbitraries';

describe('decimals', () => {
  it.each([
    ['10.50', '10.5'],
    ['-0.00', '0'],
    ['007', '7'],
    ['1000000000000000000000.01', '1000000000000000000000.01'],
  ])('reads %s as %s', (input, normal) => expect(normalizeDecimal(input)).toBe(normal));

  it.each(['1e5', '1,5', '', ' 1', '0x10', 'NaN', '1.', '.5', '9'.repeat(41)])('refuses %j', (input) =>
    expect(normalizeDecimal(input)).toBeNull(),
  );

  it('adds what floats cannot', () => expect(addDecimals('0.1', '0.2')).toBe('0.3'));
  it('rounds half away from zero', () => {
    expect(multiplyDecimals('1.005', '1', 2)).toBe('1.01');
    expect(multiplyDecimals('-1.005', '1', 2)).toBe('-1.01');
    expect(multiplyDecimals('-0.004', '1', 2)).toBe('0');
    expect(roundDecimal('-2.345', 2)).toBe('-2.35');
  });

  it('multiplies as a calculator of forty digits does', () => {
    const decimal = fc
      .tuple(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.integer({ min: 0, max: 12 }))
      .map(
        ([units, places]) => normalizeDecimal(new Big(String(units)).div(10 ** places).toFixed()) as string,
      );
    fc.assert(
      fc.property(decimal, decimal, fc.integer({ min: 0, max: 7 }), (a, b, places) => {
        const product = new Big(a).times(b).round(places, Big.roundHalfUp).toFixed();
        expect(multiplyDecimals(a, b, places)).toBe(normalizeDecimal(product) ?? product);
      }),
    );
  });

  it('has one text for each value', () => {
    const digits = fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 99 }));
    fc.assert(
      fc.property(digits, digits, ([a, b], [c, d]) => {
        const [x, y] = [normalizeDecimal(`${a}.${b}`) as string, normalizeDecimal(`${c}.${d}`) as string];
        expect(x === y).toBe(compareDecimals(x, y) === 0);
        expect(normalizeDecimal(x)).toBe(x);
      }),
    );
  });
});

describe('dates', () => {
  it('knows which days exist', () => {
    expect(['2028-02-29', '2026-12-31'].every(isCalendarDate)).toBe(true);
    expect(['2026-02-29', '2026-13-01', '2026-1-1', '2026-01-01T00:00:00Z'].some(isCalendarDate)).toBe(false);
  });
  it('reads instants of any zone and precision', () => {
    expect(normalizeInstant('2025-09-10T21:31:25.179851517Z')).toBe('2025-09-10T21:31:25.179Z');
    expect(normalizeInstant('2026-01-01T02:00:00-08:00')).toBe('2026-01-01T10:00:00.000Z');
    expect(normalizeInstant('2026-01-01T02:00:00')).toBeNull();
  });
});

describe('canonicalJson', () => {
  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe('entities', () => {
  it('come after what they refer to', () => {
    const known = new Set<string>();
    for (const entity of entities) {
      known.add(entity.name);
      const targets = entity.fields
        .flatMap((spec) => [spec, ...spec.members])
        .flatMap((spec) => spec.references ?? []);
      for (const target of targets) expect(known).toContain(target);
    }
  });

  it.each(entities.map((entity) => [entity.name, entity] as const))(
    '%s parses to a fixed point',
    (_name, entity) => {
      fc.assert(
        fc.property(arbitraryRecord(entity), (record) => {
          const once = parseRecord(entity, record);
          expect(parseRecord(entity, once)).toEqual(once);
        }),
        { numRuns: 50 },
      );
    },
  );

  const customer = { entity: 'customer', id: '1' };

  it('name the field as it is called on screen, the reason and the start of the value', () => {
    const long = `ten\n${'x'.repeat(500)}`;
    const bad = { customer: { entity: 'customer', id: '1' }, lines: [{ amount: '1' }, { amount: long }] };
    const parse = () => parseRecord(entityNamed('invoice'), bad, 'inv-7');
    expect(parse).toThrow(ValidationError);
    expect(parse).toThrow(
      `Invoice inv-7: Line 2: Amount must be a decimal such as "12.50" (it was "ten\\u000a${'x'.repeat(96)}…")`,
    );
  });

  it.each([
    [{ lines: [] }, 'customer', 'Customer is required'],
    [{ customer: 'Acme', lines: [] }, 'customer', 'Customer must be an object (it was "Acme")'],
    [{ customer: ['1'], lines: [] }, 'customer', 'Customer must be an object (it was a list)'],
    [
      { customer: { entity: 'customer', id: 1 }, lines: [] },
      'customer.id',
      'Customer: ID must be text (it was 1)',
    ],
    [{ customer, lines: [], nonsense: 1 }, 'nonsense', 'nonsense is not a field of this entity'],
    [{ customer, lines: [{ vat: 1 }] }, 'lines.0.amount', 'Line 1: Amount is required'],
    [
      { customer, lines: [{ amount: '1', vat: 1 }] },
      'lines.0.vat',
      'Line 1: vat is not a field of this entity',
    ],
    [
      { customer, lines: [], number: '0'.repeat(22) },
      'number',
      `Number must not be longer than 21 characters (it was "${'0'.repeat(22)}")`,
    ],
    [
      { customer, lines: [], dueDate: '31.3.' },
      'dueDate',
      'Due Date must be a calendar date such as 2027-03-31 (it was "31.3.")',
    ],
    [
      { customer, lines: [], taxTreatment: 'some' },
      'taxTreatment',
      'Amounts Are must be one of exclusive, inclusive, none (it was "some")',
    ],
    [
      { customer, lines: [], billingAddress: { city: 7 } },
      'billingAddress.city',
      'Billing Address: City must be text (it was 7)',
    ],
  ])('say in plain words what is wrong with %j', (input, field, sentence) => {
    const parse = () => parseRecord(entityNamed('invoice'), input, 'inv-7');
    expect(parse).toThrow(`Invoice inv-7: ${sentence}`);
    expect(parse).toThrow(expect.objectContaining({ details: expect.objectContaining({ field }) }));
  });

  it.each([null, 7, 'text', [], { unknown: 1 }, { lines: 'x' }, { customer: { entity: 'item', id: '' } }])(
    'refuse %j without crashing',
    (input) => expect(() => parseRecord(entityNamed('invoice'), input)).toThrow(ValidationError),
  );

  it('are upgraded version by version', () => {
    const noted = defineEntity({
      name: 'noted',
      label: 'Noted',
      plural: 'Noted',
      version: 3,
      title: 'note',
      naturalKey: null,
      shape: { note: text('Note', 10) },
      upgrades: {
        1: (fields) => ({ ...fields, note: `${String(fields['note'])}2` }),
        2: (fields) => ({ note: `${String(fields['note'])}3` }),
      },
    });
    expect(upgradeRecord(noted, { note: 'v1' }, 1)).toEqual({ note: 'v123' });
    expect(upgradeRecord(noted, { note: 'x' }, 3)).toEqual({ note: 'x' });
    expect(() => upgradeRecord(noted, {}, 0)).toThrow('no upgrade from schema version 0');
  });
});
