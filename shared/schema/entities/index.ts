import { UnsupportedError } from '../../errors';
import type { EntityDefinition } from '../entity';
import { shownValue } from '../text';
import { account } from './account/schema';
import { creditNote } from './credit_note/schema';
import { customer } from './customer/schema';
import { invoice } from './invoice/schema';
import { item } from './item/schema';
import { payment } from './payment/schema';
import { taxRate } from './tax_rate/schema';

/** Every entity, in dependency order: what a record refers to comes before it. */
export const entities: readonly EntityDefinition[] = [
  account,
  taxRate,
  item,
  customer,
  invoice,
  creditNote,
  payment,
];

const byName = new Map(entities.map((entity) => [entity.name, entity]));

/** The definition of an entity. Throws UnsupportedError naming the known ones. */
export function entityNamed(name: string): EntityDefinition {
  const entity = byName.get(name);
  if (entity) return entity;
  const value = shownValue(name);
  const known = [...byName.keys()].join(', ');
  throw new UnsupportedError(`There is no entity ${value}; known are ${known}`, {
    entity: value.slice(1, -1),
    issues: [{ field: 'entity', label: 'Entity', reason: `must be one of ${known}`, value }],
    nextStep: 'Choose one of the known entities.',
  });
}
