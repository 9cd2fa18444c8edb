import type { INodeProperties } from 'n8n-workflow';
import { NotFoundError, ValidationError } from '../../shared/errors';
import type { Connection, ConnectionStore } from '../../shared/ports';
import { QUICKBOOKS } from './quickBooks';
import { locatorValue } from './locator';

/** Chooses a connection; left empty, it is the only one there is, unless `empty` says otherwise. */
export const connectionLocator = (
  show: Record<string, string[]>,
  empty = 'Automatic if there is only one',
): INodeProperties => ({
  displayName: 'Connection',
  name: 'connection',
  type: 'resourceLocator',
  default: { mode: 'list', value: '' },
  description: 'Which pair of app and company is meant. It can stay empty while there is only one.',
  displayOptions: { show },
  modes: [
    {
      displayName: 'From List',
      name: 'list',
      type: 'list',
      placeholder: empty,
      typeOptions: {
        searchListMethod: 'searchConnections',
        searchable: true,
        // The store needs no credential, and n8n would show no list without one.
        skipCredentialsCheckInRLC: true,
      },
    },
    { displayName: 'By Name', name: 'name', type: 'string', placeholder: 'e.g. Acme Ltd' },
    {
      displayName: 'By ID',
      name: 'id',
      type: 'string',
      placeholder: 'e.g. 01a1f87a-b78a-701d-ad33-2e4185d37c94',
    },
  ],
});

/** The connection that a locator names. Throws NotFoundError or ValidationError that list what there is. */
export async function chosenConnection(store: ConnectionStore, locator: unknown): Promise<Connection> {
  const { mode, value } = locatorValue(locator);
  if (value !== '' && mode !== 'name') {
    const byId = await store.get(value);
    if (byId) return byId;
  }
  const all = await store.list();
  if (value !== '') {
    const named = all.filter((connection) => connection.name === value);
    if (named.length === 1 && named[0]) return named[0];
    const what = named.length > 1 ? 'more than one connection' : 'no connection';
    throw new NotFoundError(`There is ${what} "${value}"`, { nextStep: choices(all) });
  }
  const [only, another] = all;
  if (only && !another) return only;
  if (!only) throw new NotFoundError('There is no connection yet', { nextStep: choices(all) });
  throw new ValidationError(`There are ${all.length} connections, and none is chosen`, {
    nextStep: choices(all),
  });
}

/** Those that a node with this company's credential can work on. */
export async function connectionsOf(store: ConnectionStore, realmId: string): Promise<Connection[]> {
  return store.byTenant(QUICKBOOKS, realmId);
}

/** As connectionsOf; throws NotFoundError when there is none. */
export async function requireConnectionsOf(store: ConnectionStore, realmId: string): Promise<Connection[]> {
  const connections = await connectionsOf(store, realmId);
  if (connections.length > 0) return connections;
  throw new NotFoundError(`No connection belongs to the company of this credential (realm ${realmId})`, {
    nextStep: 'Create one with the Accounting Sync node: resource Connection, operation Create.',
  });
}

function choices(all: readonly Connection[]): string {
  if (all.length === 0) {
    return 'Create one with the Accounting Sync node: resource Connection, operation Create.';
  }
  return `Choose one of: ${all.map(({ name }) => name).join(', ')}.`;
}
