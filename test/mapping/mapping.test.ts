import { MappingError, UnsupportedError, ValidationError } from '../../shared/errors';
import {
  choiceCodec,
  dateCodec,
  decimalCodec,
  flagCodec,
  referenceCodec,
  textCodec,
} from '../../shared/mapping/codec';
import { formatJson, parseJson, type JsonObject } from '../../shared/mapping/json';
import { applyPatch } from '../contract/mappingLaws';
import { list } from '../../shared/mapping/list';
import { decode, defineMapping, encode, withoutFields } from '../../shared/mapping/mapping';
import { derived, field, group } from '../../shared/mapping/row';
import { address } from '../../shared/schema/address';
import { defineEntity, type Fields } from '../../shared/schema/entity';
import * as f from '../../shared/schema/fields';

const order = defineEntity({
  name: 'order',
  label: 'Order',
  plural: 'Orders',
  version: 1,
  title: 'number',
  naturalKey: null,
  shape: {
    number: f.text('Number', 20),
    customer: f.reference('Customer', ['customer']),
    date: f.date('Date'),
    kind: f.choice('Kind', ['sale', 'gift']),
    paid: f.flag('Paid'),
    currency: f.text('Currency', 3, { immutable: true }),
    colour: f.text('Colour', 20),
    note: f.text('Note', 100),
    address: address('Address'),
    lines: f.list(
      'Lines',
      { text: f.text('Text', 100), amount: f.money('Amount', { required: true }) },
      { identity: 'id', ordered: true, required: true },
    ),
    total: f.money('Total', { derived: true }),
  },
});

const mapping = defineMapping({
  entity: order,
  rows: [
    field('number', 'No', textCodec()),
    field('customer', 'CustomerRef', referenceCodec('customer', 'value')),
    field('date', 'On', dateCodec()),
    field('kind', 'Kind', choiceCodec({ sale: 'S', gift: 'G' }, { Present: 'gift' })),
    field('paid', 'Paid', flagCodec(), { absent: 'unknown' }),
    field('currency', 'Cur.value', textCodec(), { direction: 'create', absent: 'unknown' }),
    field('colour', 'Colour', textCodec(), { direction: 'read', reason: 'painted by the provider' }),
    group('address', 'Addr', [
      field('line1', 'L1', textCodec()),
      field('line2', 'L2', textCodec()),
      field('line3', 'L3', textCodec()),
      field('city', 'City', textCodec()),
      field('region', 'Region', textCodec()),
      field('postalCode', 'Zip', textCodec()),
      field('country', 'Country', textCodec()),
    ]),
    list('lines', 'Line', [field('text', 'T', textCodec()), field('amount', 'A', decimalCodec(2))], {
      identity: { wire: 'Id' },
      ordered: true,
      position: 'Num',
      kind: (element) => (element.T === undefined ? 'kept' : element.T === '=' ? 'dropped' : 'mapped'),
    }),
    derived('total', () => '7'),
  ],
  unsupported: { note: 'there is no place for it' },
});

const wireOf = (text: string) => parseJson(text) as JsonObject;
const encoded = (desired: Fields, wire: string | null) =>
  formatJson(encode(mapping, desired, wire === null ? null : wireOf(wire)));

describe('mapping', () => {
  it('derives the capability tables from the rows and the reasons', () => {
    expect(mapping.unsupported).toEqual({ note: 'there is no place for it' });
    expect(mapping.readOnly).toEqual({ colour: 'painted by the provider' });
  });

  it('refuses a table that forgets a field, knows one too many, or has both row and reason', () => {
    const rows = mapping.rows.filter((row) => row.path !== 'date');
    expect(() => defineMapping({ entity: order, rows, unsupported: { note: 'x' } })).toThrow('order.date');
    const stray = [...mapping.rows, field('colours', 'C', textCodec())];
    expect(() => defineMapping({ entity: order, rows: stray, unsupported: { note: 'x' } })).toThrow(
      'colours',
    );
    const both = { note: 'x', date: 'x' };
    expect(() => defineMapping({ entity: order, rows: mapping.rows, unsupported: both })).toThrow('date');
  });

  it('moves a field from the rows to the reasons for companies that lack it', () => {
    const less = withoutFields(mapping, { paid: 'not here' });
    expect(less.unsupported).toEqual({ note: 'there is no place for it', paid: 'not here' });
    expect(encode(less, { paid: true, lines: [] }, null)).toEqual({});
  });

  it('keeps missing, null and empty apart', () => {
    const fields = decode(mapping, wireOf('{"No":"","Line":[]}'));
    expect(fields).toEqual({
      number: null,
      customer: null,
      date: null,
      kind: null,
      address: null,
      lines: [],
      total: '7',
    });
    expect(encoded({ number: null, lines: [] }, '{"No":"7"}')).toBe('{"No":""}');
    expect(encoded({ lines: [] }, '{"No":"7"}')).toBe('{}');
    expect(encoded({ number: null, customer: null, lines: [] }, null)).toBe('{}');
    expect(
      encoded({ customer: null, date: null, lines: [] }, '{"CustomerRef":{"value":"1"},"On":"2026-01-01"}'),
    ).toBe('{"CustomerRef":null,"On":null}');
  });

  it('names field and value of what it does not know', () => {
    const act = () => decode(mapping, wireOf('{"Kind":"Barter"}'), { recordId: '9' });
    expect(act).toThrow(MappingError);
    expect(act).toThrow('order 9: kind holds "Barter", which is not one of S, G, Present');
    expect(() => decode(mapping, wireOf('{"Line":[{"Id":"1","T":"x","A":"much"}]}'))).toThrow('lines.amount');
  });

  it('reads aliases and writes none', () => {
    expect(decode(mapping, wireOf('{"Kind":"Present"}')).kind).toBe('gift');
    expect(encoded({ kind: 'gift', lines: [] }, '{"Kind":"Present"}')).toBe('{}');
    expect(encoded({ kind: 'gift', lines: [] }, null)).toBe('{"Kind":"G"}');
  });

  it('sends whole members with what it does not map in them', () => {
    const wire = '{"Addr":{"Id":"3","L1":"a","L4":"x"},"Other":1}';
    expect(encoded({ address: { line1: 'b', city: 'c' }, lines: [] }, wire)).toBe(
      '{"Addr":{"Id":"3","L1":"b","L4":"x","City":"c"}}',
    );
    expect(encoded({ address: null, lines: [] }, wire)).toBe('{"Addr":{"Id":"3","L1":"","L4":"x"}}');
    expect(encoded({ address: { line1: 'a' }, lines: [] }, wire)).toBe('{}');
  });

  it('does not change what is fixed after create, unless the wire is silent about it', () => {
    expect(encoded({ currency: 'EUR', lines: [] }, null)).toBe('{"Cur":{"value":"EUR"}}');
    expect(() => encoded({ currency: 'EUR', lines: [] }, '{"Cur":{"value":"USD"}}')).toThrow(
      UnsupportedError,
    );
    expect(encoded({ currency: 'EUR', lines: [] }, '{}')).toBe('{}');
  });

  it('never writes what is read only or derived', () => {
    expect(encoded({ colour: 'red', total: '9', lines: [] }, null)).toBe('{}');
  });

  it('writes decimals as exact numbers and refuses digits that would be lost', () => {
    expect(encoded({ lines: [{ text: 'x', amount: '12345678901234567.25' }] }, null)).toBe(
      '{"Line":[{"T":"x","A":12345678901234567.25,"Num":1}]}',
    );
    const act = () => encoded({ lines: [{ text: 'x', amount: '1.005' }] }, null);
    expect(act).toThrow(ValidationError);
    expect(act).toThrow('lines.amount has more than 2 digits');
  });
});

describe('lists', () => {
  const wire =
    '{"Line":[{"K":"first"},{"Id":"1","T":"a","A":1.00,"X":1},{"K":"after a"},{"Id":"2","T":"b","A":2},{"T":"="},{"K":"tail"}]}';
  const lines = (desired: Fields[]) => {
    const patch = encode(mapping, { lines: desired }, wireOf(wire));
    return patch.Line === undefined ? null : JSON.parse(formatJson(patch.Line));
  };
  const a = { id: '1', text: 'a', amount: '1' };
  const b = { id: '2', text: 'b', amount: '2' };

  it('sends nothing when the lines are the same', () => {
    expect(lines([a, b])).toBeNull();
    expect(lines([{ id: '1', amount: '1' }, b])).toBeNull();
  });

  it('keeps ids, unmapped members and elements it cannot express, and drops the provider’s own', () => {
    expect(lines([{ ...a, text: 'A' }, b, { text: 'new', amount: '3' }])).toEqual([
      { K: 'first', Num: 1 },
      { Id: '1', T: 'A', A: 1, X: 1, Num: 2 },
      { K: 'after a', Num: 3 },
      { Id: '2', T: 'b', A: 2, Num: 4 },
      { T: 'new', A: 3, Num: 5 },
      { K: 'tail', Num: 6 },
    ]);
  });

  it('takes out what is gone and moves what has moved', () => {
    expect(lines([b])?.map((line: { K?: string; Id?: string }) => line.K ?? line.Id)).toEqual([
      'first',
      'after a',
      '2',
      'tail',
    ]);
    expect(lines([b, a])?.map((line: { K?: string; Id?: string }) => line.K ?? line.Id)).toEqual([
      'first',
      '2',
      '1',
      'after a',
      'tail',
    ]);
    expect(lines([])?.map((line: { K?: string }) => line.K)).toEqual(['first', 'after a', 'tail']);
  });

  it('is settled after one write', () => {
    const desired = { lines: [b, { text: 'new', amount: '3' }] };
    const once = applyPatch(encode(mapping, desired, wireOf(wire)), wireOf(wire));
    expect(encode(mapping, decode(mapping, once), once)).toEqual({});
  });
});
