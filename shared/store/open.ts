import { createSeal } from './auditHash';
import { defaultLimits, type StoreOptions } from './options';
import { openPostgres } from './postgres/open';
import { openSqlite } from './sqlite/open';
import { createStore, type OpenStore } from './store';

/**
 * Opens the store and brings its schema up to date. A store that cannot be opened gives a StoreError that says
 * where it is and what to do, and leaves nothing open.
 */
export async function openStore(options: StoreOptions): Promise<OpenStore> {
  const limits = { ...defaultLimits, ...options.limits };
  const backend =
    options.kind === 'sqlite' ? await openSqlite(options) : await openPostgres({ ...options, limits });
  return createStore(backend, { random: options.random, seal: createSeal(options.auditKey), limits });
}
