/**
 * Reads n8n's stored execution data, which is in the format of the `flatted` package: a JSON array of all values,
 * in which every string inside an object or array is the index of the value meant.
 */
export function unflatten(text: string): unknown {
  const values = JSON.parse(text) as unknown[];
  const done = new Set<unknown>();

  function resolve(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || done.has(value)) return value;
    done.add(value);
    const record = value as Record<string, unknown>;
    for (const [key, reference] of Object.entries(record)) {
      record[key] = typeof reference === 'string' ? resolve(values[Number(reference)]) : reference;
    }
    return record;
  }

  return resolve(values[0]);
}
