import type { Link, LinkStore, SideName } from '../ports';
import type { EntityDefinition, Fields, FieldSpec, FieldValue } from '../schema/entity';
import type { Reference } from '../schema/fields';

/** A record whose references are link ids. */
export interface Canonical {
  fields: Fields;
  /** Paths of references to records that are gone, and that have others in their place by now. */
  outdated: string[];
}

/** A reference that the target side has no record for yet. */
export interface MissingReference {
  linkId: string;
  entity: string;
  path: string;
}

/**
 * Turns the references of a record from a side's ids to link ids and back. A record that nobody has met yet
 * gets its link here, so that a reference can always be named.
 */
export class References {
  /** `side:entity:recordId` -> link, and link id -> link. Only complete links stay, they do not change. */
  private readonly bySide = new Map<string, Link>();
  private readonly byId = new Map<string, Link>();

  constructor(
    private readonly links: LinkStore,
    private readonly connectionId: string,
  ) {}

  /** Loads what a batch of records refers to, in one look-up per entity. */
  async prefetch(entity: EntityDefinition, side: SideName, records: readonly Fields[]): Promise<void> {
    const wanted = new Map<string, Set<string>>();
    for (const fields of records) {
      visit(entity.fields, fields, (reference) => {
        if (this.bySide.has(keyOf(side, reference))) return;
        const ids = wanted.get(reference.entity) ?? new Set();
        wanted.set(reference.entity, ids.add(reference.id));
      });
    }
    for (const [name, ids] of wanted) {
      const found = await this.links.bySide(this.connectionId, name, side, [...ids]);
      for (const link of found.values()) this.remember(link);
    }
  }

  async toCanonical(
    entity: EntityDefinition,
    side: SideName,
    fields: Fields,
    now: number,
  ): Promise<Canonical> {
    await this.prefetch(entity, side, [fields]);
    // Others forget links while this one waits for the store: what was found is kept here.
    const found = new Map<string, Link>();
    const strangers = new Map<string, Reference>();
    visit(entity.fields, fields, (reference) => {
      const key = keyOf(side, reference);
      const link = this.bySide.get(key);
      if (link) found.set(key, link);
      else strangers.set(key, reference);
    });
    for (const [key, reference] of strangers) {
      const link = await this.links.ensure(this.connectionId, reference.entity, side, reference.id, now);
      this.remember(link);
      found.set(key, link);
    }
    const outdated: string[] = [];
    const replaced = replace(entity.fields, fields, (reference, spec) => {
      const link = found.get(keyOf(side, reference)) as Link;
      const successor = successorOf(link);
      if (successor !== null) outdated.push(spec.path);
      return { entity: reference.entity, id: successor ?? link.id };
    });
    return { fields: replaced, outdated };
  }

  /** The record in the side's ids, and what it refers to that the side does not have. */
  async toSide(
    entity: EntityDefinition,
    side: SideName,
    fields: Fields,
  ): Promise<{ fields: Fields; missing: MissingReference[] }> {
    const found = new Map<string, Link>();
    const unknown = new Set<string>();
    visit(entity.fields, fields, (reference) => {
      const link = this.byId.get(reference.id);
      if (link) found.set(link.id, link);
      else unknown.add(reference.id);
    });
    if (unknown.size > 0) {
      for (const link of (await this.links.getMany([...unknown])).values()) {
        this.remember(link);
        found.set(link.id, link);
      }
    }
    const missing: MissingReference[] = [];
    const replaced = replace(entity.fields, fields, (reference, spec) => {
      const id = found.get(reference.id)?.[side].id;
      if (id) return { entity: reference.entity, id };
      missing.push({ linkId: reference.id, entity: reference.entity, path: spec.path });
      return reference;
    });
    return { fields: replaced, missing };
  }

  /** As `toSide`, with every link looked up anew: another worker may have given it another record. */
  async toSideAgain(entity: EntityDefinition, side: SideName, fields: Fields) {
    for (const { reference } of referencesIn(entity, fields)) this.forget(reference.id);
    return this.toSide(entity, side, fields);
  }

  /** After a link changed, or may have; `now` is what it became, which others may have stood for until then. */
  forget(linkId: string, now?: Link): void {
    if (now) {
      for (const side of ['app', 'ledger'] as const) {
        const id = now[side].id;
        const stub = id ? this.bySide.get(keyOf(side, { entity: now.entity, id })) : undefined;
        if (stub && stub.id !== linkId) this.forget(stub.id);
      }
    }
    const link = this.byId.get(linkId);
    this.byId.delete(linkId);
    for (const side of ['app', 'ledger'] as const) {
      const id = link?.[side].id;
      if (link && id) this.bySide.delete(keyOf(side, { entity: link.entity, id }));
    }
  }

  private remember(link: Link): void {
    this.byId.set(link.id, link);
    for (const side of ['app', 'ledger'] as const) {
      const id = link[side].id;
      if (id) this.bySide.set(keyOf(side, { entity: link.entity, id }), link);
    }
  }
}

/** Everything a record refers to, in the order of its fields. */
export function referencesIn(
  entity: EntityDefinition,
  fields: Fields,
): { reference: Reference; path: string }[] {
  const found: { reference: Reference; path: string }[] = [];
  visit(entity.fields, fields, (reference, { path }) => found.push({ reference, path }));
  return found;
}

/** Whom a reference to this record means; null: itself, also where it is back and has a pair of its own. */
const successorOf = ({ app, ledger, replacedBy }: Link): string | null =>
  app.id !== null && ledger.id !== null ? null : replacedBy;

const keyOf = (side: SideName, reference: Reference) => `${side}:${reference.entity}:${reference.id}`;

function visit(
  specs: readonly FieldSpec[],
  fields: Fields,
  seen: (reference: Reference, spec: FieldSpec) => void,
): void {
  for (const spec of specs) {
    if (!spec.refers) continue;
    const value = fields[spec.name];
    if (value === null || value === undefined) continue;
    if (spec.kind === 'reference') seen(value as Reference, spec);
    else if (spec.kind === 'group') visit(spec.members, value as Fields, seen);
    else for (const element of value as Fields[]) visit(spec.members, element, seen);
  }
}

function replace(
  specs: readonly FieldSpec[],
  fields: Fields,
  map: (reference: Reference, spec: FieldSpec) => Reference,
): Fields {
  const result: Fields = { ...fields };
  for (const spec of specs) {
    if (!spec.refers) continue;
    const value = fields[spec.name];
    if (value === null || value === undefined) continue;
    result[spec.name] =
      spec.kind === 'reference' ? map(value as Reference, spec) : replaceMembers(spec, value, map);
  }
  return result;
}

function replaceMembers(
  spec: FieldSpec,
  value: FieldValue,
  map: (reference: Reference, spec: FieldSpec) => Reference,
): FieldValue {
  if (spec.kind === 'list') return (value as Fields[]).map((element) => replace(spec.members, element, map));
  return replace(spec.members, value as Fields, map);
}
