import type { EntityDefinition, Fields, FieldSpec, FieldValue } from '../../shared/schema/entity';
import { locatorValue } from './locator';

type Values = Readonly<Record<string, unknown>>;

/** A fixedCollection keeps its values under this name. */
export const VALUES = 'values';
/** Where a reference may point to several entities, a second parameter says which. */
export const entityParameter = (name: string): string => `${name}Entity`;

const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * What a user entered in the generated fields, as canonical fields. A field that is there and empty clears it;
 * in addresses and lines, where every member is always shown, an empty one says nothing.
 */
export function fieldsFrom(specs: readonly FieldSpec[], entered: Values, showsAll = false): Fields {
  const fields: Fields = {};
  for (const spec of specs) {
    if (!Object.hasOwn(entered, spec.name)) continue;
    const value = valueOf(spec, entered[spec.name], entered[entityParameter(spec.name)]);
    if (value === undefined || (showsAll && value === null)) continue;
    fields[spec.name] = value;
  }
  return fields;
}

function valueOf(spec: FieldSpec, value: unknown, entity: unknown): FieldValue {
  if (value === undefined) return undefined;
  if (value === null || value === '') return null;
  switch (spec.kind) {
    case 'text':
    case 'decimal':
    case 'money':
      return typeof value === 'number' ? String(value) : (value as FieldValue);
    case 'date':
      return textOfDate(value).slice(0, 10);
    case 'instant':
      return textOfDate(value);
    case 'reference':
      return referenceOf(spec, value, entity);
    case 'group': {
      const members = fieldsFrom(spec.members, inner(value), true);
      return Object.keys(members).length > 0 ? members : undefined;
    }
    case 'list':
      return elementsOf(value).map((element) => {
        const { id } = element;
        const fields = fieldsFrom(spec.members, element, true);
        return typeof id === 'string' && id !== '' ? { id, ...fields } : fields;
      });
    default:
      return value as FieldValue;
  }
}

/** n8n gives dates as text, as a Date, or as a Luxon DateTime from an expression. */
function textOfDate(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (isObject(value) && typeof value['toISO'] === 'function') {
    return String((value as { toISO(): unknown }).toISO());
  }
  return String(value);
}

function referenceOf(spec: FieldSpec, value: unknown, entity: unknown): FieldValue {
  if (isObject(value) && typeof value['entity'] === 'string') return value as unknown as FieldValue;
  const id = locatorValue(value).value;
  if (id === '') return null;
  const [only = ''] = spec.references ?? [];
  return { entity: typeof entity === 'string' && entity !== '' ? entity : only, id };
}

const inner = (value: unknown): Values => {
  if (!isObject(value)) return {};
  return isObject(value[VALUES]) ? value[VALUES] : value;
};

function elementsOf(value: unknown): Values[] {
  const elements = isObject(value) && VALUES in value ? value[VALUES] : value;
  return Array.isArray(elements) ? elements.filter(isObject) : [];
}

/** A number with more digits may have been rounded when the JSON was read; what was meant is lost then. */
const EXACT_DIGITS = 15;

/**
 * A record as JSON gives it. Only numbers are touched: where the schema wants a decimal, their shortest text is
 * taken, if that is certain to be what was written. What does not fit the schema stays, for it to refuse.
 */
export function recordFrom(entity: EntityDefinition, json: unknown): Fields {
  return withDecimals(entity.fields, isObject(json) ? json : {});
}

function withDecimals(specs: readonly FieldSpec[], record: Values): Fields {
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const entries = Object.entries(record).map(([name, value]) => {
    const spec = byName.get(name);
    return [name, spec === undefined ? value : decimalsIn(spec, value)];
  });
  return Object.fromEntries(entries) as Fields;
}

function decimalsIn(spec: FieldSpec, value: unknown): unknown {
  if (typeof value === 'number') {
    return spec.kind === 'decimal' || spec.kind === 'money' ? exactText(value) : value;
  }
  if (Array.isArray(value)) {
    return value.map((element: unknown) =>
      isObject(element) ? withDecimals(spec.members, element) : element,
    );
  }
  return isObject(value) && spec.members.length > 0 ? withDecimals(spec.members, value) : value;
}

function exactText(value: number): string | number {
  const text = String(value);
  const digits = text.replace(/\D/g, '').replace(/^0+/, '');
  return Number.isFinite(value) && digits.length <= EXACT_DIGITS ? text : value;
}
