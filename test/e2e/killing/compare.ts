import type { AppRecord, Link } from '../../../shared/ports';
import { decode } from '../../../shared/mapping/mapping';
import type { JsonObject } from '../../../shared/mapping/json';
import { resourcesFor } from '../../../shared/providers/quickbooks/resources';
import { canonicalJson } from '../../../shared/schema/canonicalJson';
import type { Stage } from '../stage';
import { EDITED, type Edited, type Expected } from './load';

export interface Comparison {
  records: number;
  /** Records that are on one side only, fields that differ, edits that are on neither. */
  lost: string[];
  /** Two records with one number or name, or of one link. */
  doubled: string[];
}

const resources = resourcesFor('US');
const ALL = { limit: 1_000_000 };

/** Both sides, record by record and field by field, and what people have written on them. */
export async function compareSides(stage: Stage, expected: readonly Expected[]): Promise<Comparison> {
  const store = await stage.store();
  const { id: connectionId } = await stage.connection();
  const links = await store.links.list(connectionId, ALL);
  const linkOf = {
    app: new Map(links.map((link) => [`${link.entity} ${link.app.id}`, link])),
    ledger: new Map(links.map((link) => [`${link.entity} ${link.ledger.id}`, link])),
  };
  const result: Comparison = { records: 0, lost: [], doubled: [] };
  for (const entity of Object.keys(EDITED) as Edited[]) {
    const app = await store.appRecords.list(connectionId, entity, ALL);
    const ledger = stage.quickBooks.records(EDITED[entity]) as (JsonObject & { Id: string })[];
    result.records += app.length;
    result.doubled.push(
      ...twins(
        entity,
        'app',
        app.map(({ fields }) => fields),
      ),
    );
    result.doubled.push(
      ...twins(
        entity,
        'QuickBooks',
        ledger.map((wire) => read(entity, wire)),
      ),
    );
    for (const wire of ledger) {
      if (!linkOf.ledger.get(`${entity} ${wire.Id}`)?.app.id)
        result.lost.push(`QuickBooks ${entity} ${wire.Id} is not in the app`);
    }
    for (const record of app) {
      const link = linkOf.app.get(`${entity} ${record.id}`);
      const wire = ledger.find(({ Id }) => Id === link?.ledger.id);
      if (!wire) result.lost.push(`app ${entity} ${record.id} is not in QuickBooks`);
      else result.lost.push(...differences(entity, record, wire, linkOf));
    }
  }
  for (const { entity, side, id, fields } of expected) {
    const appId = linkOf[side].get(`${entity} ${id}`)?.app.id;
    const found = appId ? await store.appRecords.get(connectionId, entity, appId) : null;
    for (const [name, value] of Object.entries(fields)) {
      const is = found?.fields[name];
      if (is !== value)
        result.lost.push(`${side} ${entity} ${id}: ${name} is ${String(is)}, last edit ${String(value)}`);
    }
  }
  return result;
}

const read = (entity: Edited, wire: JsonObject): Record<string, unknown> =>
  decode(resources.get(entity)!.mapping, wire, { externalId: null } as never);

function differences(
  entity: Edited,
  record: AppRecord,
  wire: JsonObject & { Id: string },
  linkOf: Record<'app' | 'ledger', Map<string, Link>>,
): string[] {
  const inLedger = read(entity, wire);
  return Object.entries(inLedger).flatMap(([name, value]) => {
    const there = comparable(value, linkOf.ledger);
    const here = comparable(record.fields[name], linkOf.app);
    return here === there
      ? []
      : [`${entity} ${record.id}: ${name} is ${here} in the app, ${there} in QuickBooks`];
  });
}

/** Text that is equal where both sides say the same: references by link, lines without their ids, nothing as null. */
function comparable(value: unknown, links: ReadonlyMap<string, Link>): string {
  const plain = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.length === 0 ? null : part.map(plain);
    if (typeof part !== 'object' || part === null) return part ?? null;
    const { entity, id, ...rest } = part as Record<string, unknown>;
    if (entity !== undefined)
      return links.get(`${String(entity)} ${String(id)}`)?.id ?? `no link for ${String(id)}`;
    const members = Object.entries(rest).flatMap(([name, member]) => {
      const said = plain(member);
      return said === null ? [] : [[name, said]];
    });
    return members.length === 0 ? null : Object.fromEntries(members);
  };
  return canonicalJson(plain(value) as never);
}

/** Names and numbers that occur twice; those are chosen by whoever makes a record, and are never the same. */
function twins(entity: Edited, where: string, records: readonly Record<string, unknown>[]): string[] {
  const member = { customer: 'displayName', invoice: 'number', payment: 'reference' }[entity];
  const seen = new Set<unknown>();
  return records.flatMap((record) => {
    const value = record[member];
    if (value === null || value === undefined) return [];
    if (seen.has(value)) return [`${where} has ${entity} ${String(value)} twice`];
    seen.add(value);
    return [];
  });
}
