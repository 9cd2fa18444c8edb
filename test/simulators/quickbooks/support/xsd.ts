interface Node {
  name: string;
  attributes: Record<string, string>;
  children: Node[];
}

const local = (name: string): string => name.slice(name.indexOf(':') + 1);

/** Reads just as much XML as a schema file needs. */
export function parseXml(source: string): Node {
  const root: Node = { name: '', attributes: {}, children: [] };
  const open = [root];
  const clean = source.replace(/<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[[\s\S]*?\]\]>/g, '');
  for (const [, closing, name = '', rest = '', empty] of clean.matchAll(
    /<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/g,
  )) {
    if (closing === '/') {
      open.pop();
      continue;
    }
    const attributes: Record<string, string> = {};
    for (const [, key = '', double, single] of rest.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
      attributes[key] = double ?? single ?? '';
    }
    const node: Node = { name: local(name), attributes, children: [] };
    open.at(-1)?.children.push(node);
    if (empty !== '/') open.push(node);
  }
  return root;
}

type Member = { type: string } | { inline: Node };

const SHAPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  anyURI: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  decimal: (value) => typeof value === 'number',
  int: (value) => Number.isInteger(value),
  integer: (value) => Number.isInteger(value),
  positiveInteger: (value) => Number.isInteger(value) && Number(value) > 0,
  date: (value) => /^\d{4}-\d\d-\d\d$/.test(String(value)),
  dateTime: (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/.test(String(value)),
};

/** The types of one or more schema files, to hold JSON values against. */
export class Schema {
  private readonly types = new Map<string, Node>();
  private readonly elements = new Map<string, Node>();
  private readonly groups = new Map<string, Node>();

  constructor(sources: readonly string[]) {
    for (const source of sources) {
      for (const node of parseXml(source).children[0]?.children ?? []) {
        const name = node.attributes.name ?? '';
        if (node.name === 'complexType' || node.name === 'simpleType') this.types.set(name, node);
        else if (node.name === 'element') this.elements.set(name, node);
        else if (node.name === 'group') this.groups.set(name, node);
      }
    }
  }

  has(type: string): boolean {
    return this.types.has(type);
  }

  /** All members of a type with what it inherits, attributes included. */
  members(type: string): ReadonlyMap<string, Member> {
    const node = this.types.get(type);
    return node === undefined ? new Map() : this.membersOf(node);
  }

  /** What is wrong with a value as JSON of a type; empty when nothing is. */
  problems(type: string, value: unknown, path = type): string[] {
    if (Array.isArray(value))
      return value.flatMap((item, index) => this.problems(type, item, `${path}[${index}]`));
    const name = local(type);
    if (name === 'IntuitAnyType') return [];
    const node = this.types.get(name);
    if (node === undefined) {
      const shape = SHAPES[name];
      if (shape === undefined) return [`${path}: unknown type ${name}`];
      return shape(value) ? [] : [`${path}: ${JSON.stringify(value)} is not a ${name}`];
    }
    return node.name === 'simpleType'
      ? this.simpleProblems(node, value, path)
      : this.complexProblems(node, value, path);
  }

  private simpleProblems(node: Node, value: unknown, path: string): string[] {
    const restriction = node.children.find((child) => child.name === 'restriction');
    const allowed = (restriction?.children ?? []).filter((child) => child.name === 'enumeration');
    if (allowed.length > 0 && !allowed.some((child) => child.attributes.value === value)) {
      return [`${path}: ${JSON.stringify(value)} is not in the enumeration`];
    }
    return this.problems(restriction?.attributes.base ?? 'xs:string', value, path);
  }

  private complexProblems(node: Node, value: unknown, path: string): string[] {
    if (typeof value !== 'object' || value === null)
      return [`${path}: ${JSON.stringify(value)} is not an object`];
    const members = this.membersOf(node);
    const isSimple = node.children.some((child) => child.name === 'simpleContent');
    return Object.entries(value).flatMap(([name, member]) => {
      if (isSimple && name === 'value')
        return typeof member === 'string' ? [] : [`${path}.value: not a string`];
      const known = members.get(name);
      if (known === undefined) return [`${path}.${name}: no such member`];
      const inside = `${path}.${name}`;
      return 'type' in known
        ? this.problems(known.type, member, inside)
        : this.complexProblems(known.inline, member, inside);
    });
  }

  private membersOf(node: Node): Map<string, Member> {
    const members = new Map<string, Member>();
    for (const child of node.children) {
      if (child.name === 'element') this.addElement(members, child);
      else if (child.name === 'attribute')
        members.set(child.attributes.name ?? '', { type: child.attributes.type ?? 'xs:string' });
      else {
        const group = child.name === 'group' ? this.groups.get(local(child.attributes.ref ?? '')) : undefined;
        const base =
          child.name === 'extension' ? this.types.get(local(child.attributes.base ?? '')) : undefined;
        for (const part of [group, base, child]) {
          if (part === undefined) continue;
          for (const [name, member] of this.membersOf(part)) members.set(name, member);
        }
      }
    }
    return members;
  }

  private addElement(members: Map<string, Member>, element: Node): void {
    const reference = element.attributes.ref;
    const target = reference === undefined ? element : this.elements.get(local(reference));
    const name = target?.attributes.name ?? local(reference ?? '');
    const type = target?.attributes.type;
    const inline = target?.children.find(
      (child) => child.name === 'complexType' || child.name === 'simpleType',
    );
    if (type !== undefined) members.set(name, { type });
    else if (inline !== undefined) members.set(name, { inline });
  }
}
