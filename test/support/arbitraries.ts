import fc from 'fast-check';
import type { EntityDefinition, Fields, FieldSpec, FieldValue } from '../../shared/schema/entity';
import { canonicalJson } from '../../shared/schema/canonicalJson';
import { withLineFeeds } from '../../shared/schema/text';

export interface RecordOptions {
  /** Leave out what the ledger computes (true). */
  withoutDerived?: boolean;
  /** Canonical top-level fields to leave out. */
  without?: readonly string[];
  /** Ids that lines may have; each is used once at most. None by default. */
  lineIds?: readonly string[];
  /** Most elements of a list (4). */
  maxLines?: number;
  /** Arbitraries of one's own, by path. */
  paths?: Readonly<Record<string, fc.Arbitrary<FieldValue>>>;
}

const currencies = fc.constantFrom('USD', 'EUR', 'GBP');
const words = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => text.length <= 20),
  fc.constantFrom('', ' ', "O'Brien \\ Söhne", 'first\nsecond', 'first\r\nsecond', '<b>&amp;</b>', '12.50'),
);
/** In normal form: where a mapping does no more than hand a text on, it comes back as it was. */
const names = words.filter((text) => text.trim() !== '').map(withLineFeeds);
const decimals = fc
  .tuple(fc.integer({ min: -9_999_999, max: 9_999_999 }), fc.integer({ min: 0, max: 2 }))
  .map(([units, places]) => plainDecimal(units, places));

function plainDecimal(units: number, places: number): string {
  const digits = String(Math.abs(units)).padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '');
  const text = fraction === '' ? whole : `${whole}.${fraction}`;
  return units < 0 && text !== '0' ? `-${text}` : text;
}

const dates = fc
  .date({
    min: new Date('1990-01-01T00:00:00Z'),
    max: new Date('2090-12-31T00:00:00Z'),
    noInvalidDate: true,
  })
  .map((date) => date.toISOString().slice(0, 10));

function valueOf(spec: FieldSpec, options: RecordOptions): fc.Arbitrary<FieldValue> {
  const own = options.paths?.[spec.path];
  if (own) return own;
  switch (spec.kind) {
    case 'text':
      if (spec.name === 'currency') return currencies;
      return spec.required ? names : words;
    case 'decimal':
    case 'money':
      return decimals;
    case 'date':
      return dates;
    case 'instant':
      return dates.map((date) => `${date}T12:30:00.000Z`);
    case 'boolean':
      return fc.boolean();
    case 'choice':
      return fc.constantFrom(...(spec.choices ?? []));
    case 'reference':
      return fc.record({
        entity: fc.constantFrom(...(spec.references ?? [])),
        id: fc.integer({ min: 1, max: 500 }).map(String),
      });
    case 'group':
      return fieldsOf(spec.members, options);
    case 'list':
      return listOf(spec, options);
  }
}

function listOf(spec: FieldSpec, options: RecordOptions): fc.Arbitrary<Fields[]> {
  const { lineIds = [], maxLines = 4 } = options;
  const element = fieldsOf(spec.members, options);
  if (spec.identity !== 'id') {
    const identity = (fields: Fields) => canonicalJson(fields[spec.identity ?? '']);
    return fc.uniqueArray(element, { maxLength: maxLines, selector: identity });
  }
  return fc
    .tuple(fc.array(element, { maxLength: maxLines }), fc.shuffledSubarray([...lineIds]))
    .map(([elements, ids]) =>
      elements.map((fields, index) => {
        const id = ids[index];
        return id === undefined ? fields : { id, ...fields };
      }),
    );
}

/** Missing, null and a value, each now and then; a required field has its value. */
function fieldsOf(specs: readonly FieldSpec[], options: RecordOptions): fc.Arbitrary<Fields> {
  const { withoutDerived = true, without = [] } = options;
  const members = specs
    .filter((spec) => !(withoutDerived && spec.derived) && !without.includes(spec.path))
    .map((spec) => {
      const value = valueOf(spec, options);
      return [spec.name, spec.required ? value : fc.option(value, { nil: null })] as const;
    });
  const requiredKeys = specs.filter((spec) => spec.required).map((spec) => spec.name);
  return fc.record(Object.fromEntries(members), {
    requiredKeys: requiredKeys.filter((name) => members.some(([member]) => member === name)),
  }) as fc.Arbitrary<Fields>;
}

/** Any record that the schema of the entity lets pass. */
export function arbitraryRecord(entity: EntityDefinition, options: RecordOptions = {}): fc.Arbitrary<Fields> {
  return fieldsOf(entity.fields, options);
}
