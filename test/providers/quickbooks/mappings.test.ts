import fc from 'fast-check';
import {
  copyJson,
  isJsonObject,
  JsonNumber,
  objectsOf,
  type Json,
  type JsonObject,
} from '../../../shared/mapping/json';
import { applyPatch, getPutViolations, putGetViolations, putPutViolations } from '../../contract/mappingLaws';
import { decode, encode } from '../../../shared/mapping/mapping';
import { resourcesFor, type Resource } from '../../../shared/providers/quickbooks/resources';
import type { Fields, FieldValue } from '../../../shared/schema/entity';
import { arbitraryRecord } from '../../support/arbitraries';

const resources = [...resourcesFor(null).values()].filter(({ kind }) => kind !== 'tax_code');
const LINE_IDS = ['1', '2', '3', '4'];
const UNMAPPED = 'NotMapped';

/** What references of the mapping can point to: the schema allows more than one ledger has. */
const records = (resource: Resource, lineIds: readonly string[] = []) =>
  arbitraryRecord(resource.mapping.entity, { lineIds, without: ['currency'] });

/** Gives a created body what the service adds: ids of lines, and members that no mapping knows. */
function asServed(body: JsonObject): JsonObject {
  const served = mark(copyJson(body)) as JsonObject;
  objectsOf(served.Line).forEach((line, index) => {
    if (line.DetailType !== undefined) line.Id = String(index + 1);
  });
  if (objectsOf(served.Line).some((line) => line.DetailType !== undefined)) {
    const subtotal = { DetailType: 'SubTotalLineDetail', Amount: new JsonNumber('1') };
    const discount = {
      Id: '90',
      DetailType: 'DiscountLineDetail',
      Amount: new JsonNumber('2'),
      [UNMAPPED]: 'x',
    };
    served.Line = [...objectsOf(served.Line), discount, subtotal];
  }
  return { ...served, Id: '12', SyncToken: '3' };
}

/** A line with an id that the record does not have is a new line. */
function onlyKnownLines(desired: Fields, wire: JsonObject): Fields {
  if (!Array.isArray(desired.lines)) return desired;
  const known = new Set(objectsOf(wire.Line).map((line) => line.Id));
  const lines = desired.lines.map(({ id, ...line }) =>
    typeof id === 'string' && known.has(id) ? { id, ...line } : line,
  );
  return { ...desired, lines };
}

function mark(value: Json): Json {
  if (Array.isArray(value)) return value.map(mark);
  if (!isJsonObject(value) || 'value' in value) return value;
  const members = Object.entries(value).map(([name, member]) => [name, mark(member)] as const);
  return { ...Object.fromEntries(members), [UNMAPPED]: 'x' };
}

/** Members that the mapping does not know and that are not there any more. */
function lost(before: Json | undefined, after: Json | undefined, path: string): string[] {
  if (Array.isArray(before)) {
    const left = objectsOf(after);
    return objectsOf(before).flatMap((element) => {
      const same = left.find((candidate) => candidate.Id !== undefined && candidate.Id === element.Id);
      return same ? lost(element, same, `${path}[${String(element.Id)}]`) : [];
    });
  }
  if (!isJsonObject(before)) return [];
  if (!isJsonObject(after)) return UNMAPPED in before ? [path] : [];
  const here = UNMAPPED in before && after[UNMAPPED] !== before[UNMAPPED] ? [path] : [];
  return [
    ...here,
    ...Object.entries(before).flatMap(([name, value]) => lost(value, after[name], `${path}.${name}`)),
  ];
}

describe.each(resources.map((resource) => [resource.entity, resource] as const))(
  'mapping of %s',
  (_name, resource) => {
    const { mapping } = resource;

    it('reads back what it creates', () => {
      fc.assert(
        fc.property(records(resource), (desired) => {
          expect(putGetViolations(mapping, desired, null)).toEqual([]);
        }),
      );
    });

    it('reads back what it changes', () => {
      fc.assert(
        fc.property(records(resource), records(resource, LINE_IDS), (created, wanted) => {
          const wire = asServed(encode(mapping, created, null));
          const desired = onlyKnownLines(wanted, wire);
          expect(putGetViolations(mapping, desired, wire)).toEqual([]);
          expect(putPutViolations(mapping, desired, wire)).toEqual([]);
        }),
      );
    });

    it('sends nothing when nothing changed', () => {
      fc.assert(
        fc.property(records(resource), (created) => {
          expect(getPutViolations(mapping, asServed(encode(mapping, created, null)))).toEqual([]);
        }),
      );
    });

    it('leaves alone what it does not know', () => {
      fc.assert(
        fc.property(records(resource), records(resource, LINE_IDS), (created, wanted) => {
          const wire = asServed(encode(mapping, created, null));
          const desired = onlyKnownLines(wanted, wire);
          const after = applyPatch(encode(mapping, desired, wire), wire);
          // A line that becomes another kind of line starts anew.
          const losses = lost(wire, after, '').filter((path) => !path.endsWith('Detail'));
          expect(losses).toEqual([]);
          const discounts = (body: JsonObject) =>
            objectsOf(body.Line).filter((line) => line.Id === '90').length;
          expect(discounts(after)).toBe(discounts(wire));
        }),
      );
    });
  },
);

describe('amounts that include tax', () => {
  const { mapping } = resourcesFor('GB').get('invoice') as Resource;
  const priced = fc
    .record({
      quantity: fc.integer({ min: 1, max: 999 }),
      cents: fc.integer({ min: 1, max: 999_999 }),
      rate: fc.constantFrom(0, 5, 20),
    })
    .map(({ quantity, cents, rate }) => {
      const gross = quantity * cents;
      const net = Math.round((gross * 100) / (100 + rate));
      const money = (amount: number) =>
        `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, '0')}`;
      return {
        price: money(cents).replace(/\.?0+$/, ''),
        amount: money(gross).replace(/\.?0+$/, ''),
        line: {
          Id: '1',
          DetailType: 'SalesItemLineDetail',
          Amount: new JsonNumber(money(net)),
          SalesItemLineDetail: {
            Qty: new JsonNumber(String(quantity)),
            UnitPrice: new JsonNumber((net / 100 / quantity).toFixed(7)),
            TaxInclusiveAmt: new JsonNumber(money(gross)),
          },
        } as JsonObject,
      };
    });
  const wireOf = (line: JsonObject): JsonObject => ({
    CustomerRef: { value: '1' },
    GlobalTaxCalculation: 'TaxInclusive',
    Line: [line],
  });
  const lineOf = (wire: JsonObject) => (decode(mapping, wire).lines as Record<string, FieldValue>[])[0];

  it('are read as they were typed, although the service keeps them net', () => {
    fc.assert(
      fc.property(priced, ({ line, price, amount }) => {
        const wire = wireOf(line);
        expect(lineOf(wire)).toMatchObject({ unitPrice: price, amount });
        expect(getPutViolations(mapping, wire)).toEqual([]);
      }),
    );
  });

  it('are written whole when one of them changes', () => {
    fc.assert(
      fc.property(priced, priced, ({ line }, { price, amount }) => {
        const wire = wireOf(line);
        const now = lineOf(wire);
        const changed = { ...now, quantity: '1', unitPrice: price, amount: price };
        expect(putGetViolations(mapping, { lines: [changed] }, wire)).toEqual([]);
        expect(putGetViolations(mapping, { lines: [{ ...now, amount }] }, wire)).toEqual([]);
        const sent = objectsOf(encode(mapping, { lines: [changed] }, wire).Line)[0];
        if (sent === undefined) return;
        const detail = sent.SalesItemLineDetail as Record<string, JsonNumber>;
        expect(detail.TaxInclusiveAmt?.toDecimal()).toBe(price);
        expect((sent.Amount as JsonNumber).toDecimal()).toBe(price);
        expect(detail.UnitPrice?.toDecimal()).toBe(price);
      }),
    );
  });

  it('become other amounts when tax is no longer included', () => {
    const wire = wireOf({
      Id: '1',
      DetailType: 'SalesItemLineDetail',
      Amount: new JsonNumber('20'),
      SalesItemLineDetail: { TaxInclusiveAmt: new JsonNumber('24') },
    });
    const patch = encode(mapping, { ...decode(mapping, wire), taxTreatment: 'exclusive' }, wire);
    const line = objectsOf(patch.Line)[0];
    expect((line?.Amount as JsonNumber).text).toBe('24');
    expect(line?.SalesItemLineDetail).toEqual({});
  });
});

describe('capabilities', () => {
  it('drop the tax treatment for companies in the United States', () => {
    expect(resourcesFor('US').get('invoice')?.mapping.unsupported).toHaveProperty('taxTreatment');
    expect(resourcesFor('GB').get('invoice')?.mapping.unsupported).toEqual({});
  });
});
