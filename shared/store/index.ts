/** The durable store: one set of tables and queries, on SQLite or PostgreSQL. */
export { openStore } from './open';
export { closeSharedStores, sharedStore } from './shared';
export {
  storeKey,
  type PostgresOptions,
  type SqliteOptions,
  type StoreLocation,
  type StoreOptions,
} from './options';
export type { OpenStore } from './store';
export { createSeal, detailHash, rowHash } from './auditHash';
