import type { RecordState } from '../../../shared/ports';
import type { EntityDefinition, Fields } from '../../../shared/schema/entity';
import { entityNamed } from '../../../shared/schema/entities';
import { lineSpec } from '../../../shared/sync/lines';
import type { Reference } from '../../../shared/schema/fields';
import type { Profile } from './profile';

/** Gives lines without an id one; all of them where the side names its lines anew with every change. */
export function nameLines(
  entity: EntityDefinition,
  fields: Fields,
  anew: boolean,
  nextId: () => string,
): Fields {
  const spec = lineSpec(entity);
  const lines = spec && (fields[spec.name] as Fields[] | undefined);
  if (!spec || !lines || (!anew && lines.every((line) => line['id'] !== undefined))) return fields;
  const named = lines.map((line) => (anew || line['id'] === undefined ? { ...line, id: nextId() } : line));
  return { ...fields, [spec.name]: named };
}

/** What the side keeps of what it was sent. */
export function normalized(profile: Profile, entity: string, fields: Fields): Fields {
  if (!profile.normalizes && !profile.unsupportedNotes) return fields;
  const result = { ...fields };
  if (profile.unsupportedNotes && entity === 'customer') delete result['notes'];
  if (profile.normalizes) {
    for (const name of ['phone', 'billingEmail', 'description']) {
      const value = result[name];
      if (typeof value === 'string') result[name] = value.toLowerCase();
    }
  }
  return result;
}

export function nextVersion(
  kind: Profile['versions'],
  before: string,
  fields: Fields,
  state: RecordState,
  now: number,
): string {
  if (kind === 'counter') return String(Number(before || '-1') + 1);
  if (kind === 'time') {
    const last = before === '' ? 0 : Date.parse(before);
    return new Date(Math.max(now, last + 1)).toISOString();
  }
  if (kind === 'random') return scrambled(before);
  return contentHash(fields, state);
}

/** The next of a sequence that looks like chance. */
const scrambled = (before: string): string =>
  String((Math.imul(Number(before || '7') % 2_147_483_647 | 1, 48_271) + 11) >>> 0);

function contentHash(fields: Fields, state: RecordState): string {
  let hash = 0x811c9dc5;
  const text = state + JSON.stringify(fields);
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16) + text.length.toString(16);
}

/** Whether two records have the same complete natural key. */
export function sameKey(entity: string, a: Fields, b: Fields): boolean {
  const key = entityNamed(entity).naturalKey;
  if (!key) return false;
  return key.fields.every((name) => {
    const [x, y] = [textOf(a[name]), textOf(b[name])];
    return x === y && (x !== null || name === 'parent');
  });
}

const textOf = (value: Fields[string]): string | null =>
  typeof value === 'string'
    ? value
    : value
      ? `${(value as Reference).entity}:${(value as Reference).id}`
      : null;
