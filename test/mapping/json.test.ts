import fc from 'fast-check';
import {
  copyJson,
  formatJson,
  JsonNumber,
  parseJson,
  sameJson,
  setAt,
  valueAt,
  type JsonObject,
} from '../../shared/mapping/json';

describe('exact JSON', () => {
  it('keeps every number as it was written', () => {
    const text = '{"a":12345678901234567890.10,"b":[0.1,1e3,-0,-1.50],"c":"1.0","d":null,"e":true}';
    expect(formatJson(parseJson(text))).toBe(text);
  });

  it('reads the value of a number without a float', () => {
    const value = (text: string) => new JsonNumber(text).toDecimal();
    expect(value('12345678901234567.10')).toBe('12345678901234567.1');
    expect(value('1.5E-3')).toBe('0.0015');
    expect(value('2e2')).toBe('200');
    expect(value('-0.00')).toBe('0');
    expect(value('1e999999999')).toBeNull();
    expect(value('9'.repeat(60))).toBeNull();
  });

  it.each([
    '['.repeat(500_000),
    '{"a":'.repeat(500_000),
    `${'['.repeat(500_000)}${']'.repeat(500_000)}`,
    `{"a":"\\\\","b":${'['.repeat(201)}${']'.repeat(201)}}`,
  ])('refuses what is nested deeper than any document, before it is read (%#)', (text) => {
    expect(() => parseJson(text)).toThrow(/nested deeper than 200 levels/);
  });

  it('takes brackets in a text for text', () => {
    const text = JSON.stringify({ memo: `${'['.repeat(500)}"\\`, after: ['{"'.repeat(300)] });
    expect(formatJson(parseJson(text))).toBe(text);
    expect(() => parseJson(`"${'['.repeat(500)}`)).toThrow(SyntaxError);
  });

  it('survives any JSON there and back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const parsed = parseJson(text);
        expect(JSON.parse(formatJson(parsed))).toEqual(JSON.parse(text));
        expect(sameJson(parsed, copyJson(parsed))).toBe(true);
      }),
    );
  });

  it('compares numbers by value and everything else by content', () => {
    expect(sameJson(parseJson('{"a":1.50,"b":[1]}'), parseJson('{"b":[1.0],"a":1.5}'))).toBe(true);
    expect(sameJson(parseJson('{"a":1}'), parseJson('{"a":"1"}'))).toBe(false);
    expect(sameJson(parseJson('{"a":null}'), parseJson('{}'))).toBe(false);
  });

  it('sets a nested member and leaves its neighbours alone', () => {
    const wire = parseJson('{"BillAddr":{"Id":"9","City":"A"},"Line1":"x"}') as JsonObject;
    setAt(wire, 'BillAddr.City', 'B');
    setAt(wire, 'CustomerMemo.value', 'hello');
    expect(formatJson(wire)).toBe(
      '{"BillAddr":{"Id":"9","City":"B"},"Line1":"x","CustomerMemo":{"value":"hello"}}',
    );
    expect(valueAt(wire, 'Line1.deeper')).toBeUndefined();
  });
});
