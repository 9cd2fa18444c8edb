import { MappingError, ValidationError } from '../errors';
import { isCalendarDate } from '../schema/calendar';
import type { FieldValue } from '../schema/entity';
import type { Reference } from '../schema/fields';
import { normalizeDecimal } from '../schema/money';
import { shownValue, withLineFeeds } from '../schema/text';
import { decimalOf, isJsonObject, JsonNumber, type Json } from './json';

/** Where in which record a value stands: what an error says about it. */
export interface Place {
  entity: string;
  recordId?: string;
  /** Canonical path. */
  path: string;
}

/**
 * One value in both directions. Emptiness is decided here and nowhere else: `empty` is what clears a value on
 * the wire, and `decode` answers null for whatever the wire uses to say "empty".
 */
export interface Codec {
  decode(wire: Exclude<Json, null>, place: Place): FieldValue;
  encode(value: NonNullable<FieldValue>, place: Place): Json;
  readonly empty: Json;
  /** The value as the other side will show it again; values of equal form are not written. */
  normalize(value: NonNullable<FieldValue>): FieldValue;
}

const asIs = (value: NonNullable<FieldValue>): FieldValue => value;

function placeDetails({ entity, recordId, path }: Place) {
  return { entity, field: path, ...(recordId === undefined ? {} : { recordId }) };
}

const shown = (wire: unknown): string =>
  wire instanceof JsonNumber ? wire.text.slice(0, 60) : shownValue(wire);

/** The wire holds something the mapping does not know. */
export function unknownValue(wire: unknown, expected: string, place: Place): MappingError {
  const record = `${place.entity}${place.recordId === undefined ? '' : ` ${place.recordId}`}`;
  return new MappingError(`${record}: ${place.path} holds ${shown(wire)}, which is not ${expected}`, {
    ...placeDetails(place),
    issues: [{ field: place.path, reason: `${shown(wire)} is not ${expected}` }],
    nextStep: 'Change the value at its source, or ask for the mapping to learn it; then retry the record.',
  });
}

function refusedValue(reason: string, nextStep: string, place: Place): ValidationError {
  const record = `${place.entity}${place.recordId === undefined ? '' : ` ${place.recordId}`}`;
  return new ValidationError(`${record}: ${place.path} ${reason}`, {
    ...placeDetails(place),
    issues: [{ field: place.path, reason }],
    nextStep,
  });
}

/** Text; an empty one is no text. Line breaks are LF on our side. */
export function textCodec(): Codec {
  const normalize = (value: unknown) => {
    if (typeof value !== 'string') return value as FieldValue;
    const unified = withLineFeeds(value);
    return unified === '' ? null : unified;
  };
  return {
    decode(wire, place) {
      // Some services write digits-only texts (a postal code) as numbers.
      if (wire instanceof JsonNumber) return wire.text;
      if (typeof wire !== 'string') throw unknownValue(wire, 'text', place);
      return normalize(wire);
    },
    encode: (value) => String(value),
    empty: '',
    normalize,
  };
}

/** An exact decimal with at most `places` digits after the point; more are refused, never rounded off. */
export function decimalCodec(places: number): Codec {
  return {
    decode(wire, place) {
      if (wire === '') return null;
      const decimal = decimalOf(wire);
      if (decimal === null) throw unknownValue(wire, 'a decimal', place);
      return decimal;
    },
    encode(value, place) {
      const decimal = typeof value === 'string' ? normalizeDecimal(value) : null;
      if (decimal === null)
        throw refusedValue('is not a decimal', 'Write it as a number such as 12.50.', place);
      if ((decimal.split('.')[1] ?? '').length > places) {
        throw refusedValue(
          `has more than ${places} digits after the point`,
          'Round the value at its source; it is never rounded on the way.',
          place,
        );
      }
      return new JsonNumber(decimal);
    },
    empty: null,
    normalize: (value) => (typeof value === 'string' ? (normalizeDecimal(value) ?? value) : value),
  };
}

/** A calendar date; a time that follows it on the wire is not ours to interpret and is dropped. */
export function dateCodec(): Codec {
  return {
    decode(wire, place) {
      if (wire === '') return null;
      const date = typeof wire === 'string' ? wire.slice(0, 10) : '';
      if (!isCalendarDate(date)) throw unknownValue(wire, 'a date', place);
      return date;
    },
    encode: (value) => String(value),
    empty: null,
    normalize: asIs,
  };
}

export function flagCodec(): Codec {
  return {
    decode(wire, place) {
      if (wire === true || wire === 'true') return true;
      if (wire === false || wire === 'false') return false;
      throw unknownValue(wire, 'true or false', place);
    },
    encode: (value) => value === true,
    empty: null,
    normalize: asIs,
  };
}

/** Canonical choice → wire text. `aliases` are further wire texts that are read and never written. */
export function choiceCodec(
  table: Readonly<Record<string, string>>,
  aliases: Readonly<Record<string, string>> = {},
): Codec {
  const canonical = new Map(Object.entries(table).map(([ours, theirs]) => [theirs, ours]));
  for (const [theirs, ours] of Object.entries(aliases)) canonical.set(theirs, ours);
  return {
    decode(wire, place) {
      if (wire === '') return null;
      const choice = typeof wire === 'string' ? canonical.get(wire) : undefined;
      if (choice === undefined) throw unknownValue(wire, `one of ${[...canonical.keys()].join(', ')}`, place);
      return choice;
    },
    encode(value, place) {
      const wire = typeof value === 'string' ? table[value] : undefined;
      if (wire === undefined) {
        throw refusedValue(
          'cannot be expressed there',
          `Use one of ${Object.keys(table).join(', ')}.`,
          place,
        );
      }
      return wire;
    },
    empty: null,
    normalize: asIs,
  };
}

/** `{ <idMember>: id, ... }` ↔ `{ entity, id }`. What else the wire tells of the target (its name) is not sent. */
export function referenceCodec(entity: string, idMember: string): Codec {
  return {
    decode(wire, place) {
      const raw = isJsonObject(wire) ? wire[idMember] : undefined;
      const id = raw instanceof JsonNumber ? raw.text : raw;
      if (id === '' || id === null) return null;
      if (typeof id !== 'string') throw unknownValue(wire, `a reference with a "${idMember}"`, place);
      return { entity, id };
    },
    encode(value, place) {
      const reference = value as Reference;
      if (reference.entity !== entity) {
        throw refusedValue(`must be a ${entity}`, `Point it to a ${entity}.`, place);
      }
      return { [idMember]: reference.id };
    },
    empty: null,
    normalize: asIs,
  };
}
