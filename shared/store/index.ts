/** The durable store: one set of tables and queries, on SQLite or PostgreSQL. */
export { openStore } from './open';
export { closeSharedStores, sharedStore } from './shared';
export {
  DEFAULT_SCHEMA,
  type PostgresOptions,
  type SqliteOptions,
  type StoreLocation,
  type StoreOptions,
  type TlsMode,
} from './options';
export { inspectPostgres } from './postgres/inspect';
export { STORE_CHAIN } from './audit';
export { ERASING } from './erasure/connection';
export { cleanUp, DEFAULT_DAYS, LEAST_DAYS } from './retention';
export type { OpenStore } from './store';
export { createSeal, detailHash, rowHash } from './auditHash';
