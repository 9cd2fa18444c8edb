import type { JsonObject } from '../../mapping/json';
import { decode } from '../../mapping/mapping';
import { decimalOf } from '../../mapping/json';
import type { SideRecord } from '../../ports';
import type { Instant } from '../../schema/calendar';
import { isVoided, noteOf } from './notes';
import type { Resource } from './resources';
import { headOf } from './wire';

/** A record of the API as the engine sees it. Throws MappingError where the mapping does not know a value. */
export function toRecord(resource: Resource, wire: JsonObject, asOf: Instant): SideRecord {
  const head = headOf(wire, resource.name);
  if (head.deleted) return deletedRecord(head.id, asOf);
  const { externalId } = resource.kind === 'transaction' ? noteOf(wire) : { externalId: null };
  return {
    id: head.id,
    version: versionOf(resource, wire, head.syncToken ?? '0'),
    state: resource.kind === 'transaction' && isVoided(wire) ? 'voided' : 'live',
    fields: decode(resource.mapping, wire, { recordId: head.id }),
    asOf,
    ...(head.updatedAt === null ? {} : { lastChange: { at: head.updatedAt, by: null } }),
    ...(externalId === null ? {} : { externalId }),
    raw: wire,
  };
}

export function deletedRecord(id: string, asOf: Instant): SideRecord {
  return { id, version: 'deleted', state: 'deleted', fields: {}, asOf };
}

/** A tax code changes without a new token when one of its rates does. */
function versionOf(resource: Resource, wire: JsonObject, syncToken: string): string {
  if (resource.kind !== 'tax_code') return syncToken;
  return `${syncToken}:${decimalOf(wire.EffectiveSalesRate) ?? ''}`;
}
