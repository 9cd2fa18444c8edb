/**
 * What a value reads back as from a store that keeps it as JSON: members that are undefined are gone. The value
 * itself when it has none, which is nearly always.
 */
export function asStored<T>(value: T): T {
  return plain(value) as T;
}

function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? plainList(value) : plainObject(value as Record<string, unknown>);
}

function plainList(list: readonly unknown[]): readonly unknown[] {
  for (const item of list) {
    if (item === undefined || plain(item) !== item) return list.map((each) => plain(each) ?? null);
  }
  return list;
}

function plainObject(value: Record<string, unknown>): Record<string, unknown> {
  for (const name in value) {
    const member = value[name];
    if (member === undefined || plain(member) !== member) return withoutUndefined(value);
  }
  return value;
}

function withoutUndefined(value: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) kept[name] = plain(member);
  }
  return kept;
}

const frozen = new WeakSet<object>();

/** The value, which nobody can change any more. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || frozen.has(value)) return value;
  frozen.add(value);
  Object.freeze(value);
  for (const member of value instanceof Map ? value.values() : Object.values(value)) deepFreeze(member);
  return value;
}
