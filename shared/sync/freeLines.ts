import type { Fields, FieldSpec } from '../schema/entity';
import type { Reference } from '../schema/fields';

/**
 * Lines that are known and that a side no longer has under their ids: each may be recognised once by what it
 * says. Finding one takes the same time however many there are.
 */
export class FreeLines {
  readonly #lines: readonly Fields[];
  readonly #free: Set<Fields>;
  /** Lines with an opinion on the same members are kept together, with their places. */
  readonly #groups: Map<string, { members: string[]; lines: Fields[] }>;
  readonly #places: Map<Fields, number>;
  /** By group and the members that are compared: lines by what they say, the first one last. */
  readonly #byContent = new Map<string, Map<string, Fields[]>>();

  constructor(
    readonly spec: FieldSpec,
    lines: readonly Fields[],
  ) {
    this.#lines = lines;
    this.#free = new Set(lines);
    this.#places = new Map(lines.map((line, place) => [line, place]));
    this.#groups = new Map();
    for (const line of lines.toReversed()) {
      const members = this.#membersOf(line);
      const group = this.#groups.get(members.join());
      if (group) group.lines.push(line);
      else this.#groups.set(members.join(), { members, lines: [line] });
    }
  }

  get isEmpty(): boolean {
    return this.#free.size === 0;
  }

  left(): Fields[] {
    return this.#lines.filter((line) => this.#free.has(line));
  }

  /** Takes the first line that is equal in every member that both have an opinion on. */
  takeAgreeing(stranger: Fields): Fields | undefined {
    const said = new Set(this.#membersOf(stranger));
    let first: Fields | undefined;
    for (const [name, { members, lines }] of this.#groups) {
      const compared = members.filter((member) => said.has(member));
      const line = this.#firstOf(name, lines, compared, contentOf(stranger, compared));
      if (line && (!first || this.#placeOf(line) < this.#placeOf(first))) first = line;
    }
    if (first) this.#free.delete(first);
    return first;
  }

  #firstOf(group: string, lines: readonly Fields[], compared: readonly string[], content: string) {
    const name = `${group} ${compared.join()}`;
    let index = this.#byContent.get(name);
    if (!index) {
      index = Map.groupBy(lines, (line) => contentOf(line, compared));
      this.#byContent.set(name, index);
    }
    const same = index.get(content);
    while (same?.length && !this.#free.has(same.at(-1) as Fields)) same.pop();
    return same?.at(-1);
  }

  #membersOf(line: Fields): string[] {
    return this.spec.members.map(({ name }) => name).filter((name) => line[name] !== undefined);
  }

  #placeOf(line: Fields): number {
    return this.#places.get(line) ?? 0;
  }
}

/** Equal for what `sameValue` holds to be equal, member by member. */
const contentOf = (line: Fields, members: readonly string[]): string =>
  members
    .map((name) => {
      const value = line[name];
      if (typeof value !== 'object' || value === null) return JSON.stringify(value);
      const { entity, id } = value as Reference;
      return JSON.stringify([entity, id]);
    })
    .join('\n');
