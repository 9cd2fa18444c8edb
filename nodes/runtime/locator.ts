export interface LocatorValue {
  mode: string;
  value: string;
}

/** What a resource locator holds; an expression may also give the bare value. */
export function locatorValue(parameter: unknown): LocatorValue {
  if (typeof parameter === 'object' && parameter !== null && 'value' in parameter) {
    const { mode, value } = parameter as { mode?: unknown; value?: unknown };
    return { mode: typeof mode === 'string' ? mode : 'id', value: textOf(value) };
  }
  return { mode: 'id', value: textOf(parameter) };
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
