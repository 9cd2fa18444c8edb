import type { SideName } from '../../../shared/ports';
import { entityNamed } from '../../../shared/schema/entities';
import type { FieldSpec, Fields, FieldValue } from '../../../shared/schema/entity';
import { markerOfReference } from '../invariants/sight';
import type { Stored } from '../twin/table';
import { entitiesInPlay, markerOf, type EntityInPlay } from '../world/entities';
import type { World } from '../world/world';

/**
 * What both sides hold, one line per record, told by markers instead of ids: two worlds in which the same things
 * happened read the same, however often something went wrong on the way. How often a record was deleted is no
 * state: one that was made again by what a late read showed may have to go twice.
 */
export function stateOf(world: World): string {
  const lines: string[] = [];
  for (const entity of entitiesInPlay) {
    for (const side of ['app', 'ledger'] as const) {
      for (const record of world.twins[side].all(entity)) {
        const line = recordLine(world, side, entity, record);
        if (record.state !== 'deleted' || !lines.includes(line)) lines.push(line);
      }
    }
  }
  return lines.sort().join('\n');
}

function recordLine(world: World, side: SideName, entity: EntityInPlay, record: Stored): string {
  const head = `${entity} ${markerOf(entity, record.fields)} ${side}: ${record.state}`;
  if (record.state === 'deleted') return head;
  return `${head} ${fieldsOf(world, side, entityNamed(entity).fields, record.fields)}`;
}

function fieldsOf(world: World, side: SideName, specs: readonly FieldSpec[], fields: Fields): string {
  let text = '';
  for (const spec of specs) {
    const value = valueOf(world, side, spec, fields[spec.name]);
    if (value !== '') text += `${spec.name}=${value} `;
  }
  return text;
}

function valueOf(world: World, side: SideName, spec: FieldSpec, value: FieldValue): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  if (spec.kind === 'reference') return String(markerOfReference(world, side, value));
  if (!Array.isArray(value)) return fieldsOf(world, side, spec.members, value as Fields);
  const elements = value.map((each) => `(${fieldsOf(world, side, spec.members, each as Fields)})`);
  return (spec.ordered ? elements : elements.sort()).join('');
}
