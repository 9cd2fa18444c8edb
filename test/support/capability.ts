import type { EntityCapability } from '../../shared/ports';

/** A side that can do everything with an entity. */
export const everything: EntityCapability = {
  create: true,
  update: true,
  remove: ['delete', 'void'],
  unsupported: {},
  readOnly: {},
  lookup: 'external_id',
  webhook: true,
  changeFeed: true,
};
