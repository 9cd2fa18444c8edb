import type { Store } from '../../../shared/ports';

export type Look = (store: Store, connectionId: string) => Promise<unknown>;

const LIMIT = 50;

/** What runs for each execution, each page of a list and each look of the trigger. */
export const looks: Readonly<Record<string, Look>> = {
  'queue.counts': (store, id) => store.queue.counts(id),
  'queue.ready': (store, id) => store.queue.ready([id], Date.now()),
  'queue.list': (store, connectionId) => store.queue.list({ connectionId, limit: LIMIT }),
  'queue.list, settled': (store, connectionId) =>
    store.queue.list({ connectionId, status: 'settled', limit: LIMIT }),
  'queue.list, dead': (store, connectionId) =>
    store.queue.list({ connectionId, status: 'dead', limit: LIMIT }),
  'queue.list, waiting': (store, connectionId) =>
    store.queue.list({ connectionId, status: 'waiting', limit: LIMIT }),
  'queue.failed': (store, connectionId) => store.queue.failed({ connectionId, limit: LIMIT }),
  'queue.failed, in the middle': (store, connectionId) =>
    store.queue.failed({ connectionId, after: 700, limit: LIMIT }),
  'queue.openCreates': (store, id) => store.queue.openCreates(id, 'invoice', 'ledger'),
  'links.list': (store, id) => store.links.list(id, { limit: LIMIT }),
  'links.list, in the middle': (store, id) =>
    store.links.list(id, { afterId: `${id}-link-00000700`, limit: LIMIT }),
  'links.list, a rare entity': (store, id) => store.links.list(id, { entity: 'customer', limit: LIMIT }),
  'links.titled': (store, id) => store.links.titled(id, 'invoice', { text: 'INV-000005', limit: LIMIT }),
  'conflicts.list': (store, connectionId) => store.conflicts.list({ connectionId, limit: LIMIT }),
  'conflicts.list, open': (store, connectionId) =>
    store.conflicts.list({ connectionId, status: 'open', limit: LIMIT }),
  'appRecords.list': (store, id) => store.appRecords.list(id, 'invoice', { limit: LIMIT }),
  'appRecords.list, not deleted': (store, id) =>
    store.appRecords.list(id, 'invoice', { limit: LIMIT, states: ['live', 'voided'] }),
  'audit.list': (store, id) => store.audit.list(id, { afterSeq: 900, limit: LIMIT }),
  'audit.list, of a record': (store, id) =>
    store.audit.list(id, { linkId: `${id}-link-00000500`, limit: LIMIT }),
  'policies.load': (store, id) => store.policies.load(id),
  'policies.history': (store, id) => store.policies.history(id, LIMIT),
  'connections.list': (store) => store.connections.list(),
};

/** Those that a million records waiting for their turn could slow down. */
export const ofQueue = [
  'queue.counts',
  'queue.ready',
  'queue.list',
  'queue.list, settled',
  'queue.list, waiting',
];
