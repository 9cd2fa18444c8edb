import type { EntityCapability, RemoveMode } from '../../../shared/ports';
import { providerNamed } from '../../../shared/providers';
import { entities } from '../../../shared/schema/entities';
import type { EntityDefinition } from '../../../shared/schema/entity';
import { QUICKBOOKS } from '../../runtime/quickBooks';

export interface ResourceEntity {
  entity: EntityDefinition;
  capability: EntityCapability;
  /** Fields that QuickBooks cannot take, with the reason. */
  notWritable: Readonly<Record<string, string>>;
}

const { capabilities } = providerNamed(QUICKBOOKS);

/** What QuickBooks has of the canonical entities, by label. */
export const resources: readonly ResourceEntity[] = entities
  .flatMap((entity) => {
    const capability = capabilities.entities[entity.name];
    if (!capability) return [];
    return [{ entity, capability, notWritable: { ...capability.unsupported, ...capability.readOnly } }];
  })
  .sort((a, b) => a.entity.label.localeCompare(b.entity.label));

export const namesOf = (those: readonly ResourceEntity[]): string[] => those.map(({ entity }) => entity.name);

export const creatable = resources.filter(({ capability }) => capability.create);
export const updatable = resources.filter(({ capability }) => capability.update);
export const findable = resources.filter(({ entity }) => entity.naturalKey !== null);
export const removable = (mode: RemoveMode): ResourceEntity[] =>
  resources.filter(({ capability }) => capability.remove.includes(mode));
