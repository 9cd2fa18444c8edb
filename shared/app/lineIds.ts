import type { Fields, FieldSpec } from '../schema/entity';

/**
 * The posted lines with ids: those without one keep the identity of a line of the record that says the same, or
 * else of the one in their place, so that an app which posts whole documents without line ids still edits them.
 * Takes time in proportion to the lines.
 */
export function withLineIds(
  spec: FieldSpec,
  lines: readonly unknown[],
  stored: readonly Fields[],
  newId: () => string,
): unknown[] {
  const named = new Set(lines.map((line) => (line as Fields | null | undefined)?.['id']));
  const free = new FreeLines(
    spec,
    stored.filter((line) => !named.has(line['id'])),
  );
  const matched = lines.map((line) => {
    if (!isLine(line) || typeof line['id'] === 'string') return line;
    const { id: _none, ...data } = line;
    const same = free.takeSame(data);
    return same ? { id: same['id'], ...data } : data;
  });
  return matched.map((line, index) => {
    if (!isLine(line) || line['id'] !== undefined) return line;
    const inPlace = stored[index];
    return { ...line, id: (inPlace && free.take(inPlace) ? inPlace['id'] : undefined) ?? newId() };
  });
}

const isLine = (line: unknown): line is Fields =>
  typeof line === 'object' && line !== null && !Array.isArray(line);

/** Lines of the record that no posted line names: each is given away once. */
class FreeLines {
  readonly #lines: readonly Fields[];
  readonly #free: Set<Fields>;
  /** By the members that are compared, then by what those say: lines in their order. */
  readonly #byContent = new Map<string, Map<string, Fields[]>>();

  constructor(
    readonly spec: FieldSpec,
    lines: readonly Fields[],
  ) {
    this.#lines = lines;
    this.#free = new Set(lines);
  }

  take(line: Fields): boolean {
    return this.#free.delete(line);
  }

  /** The first that says the same; a required member that is left out (an amount) is not compared. */
  takeSame(posted: Fields): Fields | undefined {
    const compared = this.spec.members
      .filter((member) => member.required !== true || posted[member.name] !== undefined)
      .map((member) => member.name);
    const queue = this.#index(compared).get(contentOf(posted, compared));
    for (let line = queue?.pop(); line; line = queue?.pop()) if (this.take(line)) return line;
    return undefined;
  }

  /** There are as many indexes as ways to leave out required members, of which a line has one or two. */
  #index(compared: readonly string[]): Map<string, Fields[]> {
    const name = compared.join();
    let index = this.#byContent.get(name);
    if (!index) {
      // From the end, so that the first one is popped first.
      index = Map.groupBy(this.#lines.toReversed(), (line) => contentOf(line, compared));
      this.#byContent.set(name, index);
    }
    return index;
  }
}

const contentOf = (line: Fields, members: readonly string[]): string =>
  members.map((name) => JSON.stringify(line[name] ?? null)).join('\n');
