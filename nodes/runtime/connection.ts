import type { INodeProperties } from 'n8n-workflow';
import { NotFoundError, ValidationError } from '../../shared/errors';
import { choicesIn } from '../../shared/people/nearest';
import type { Access, Connection, ConnectionStore } from '../../shared/ports';
import type { OpenStore } from '../../shared/store';
import { locatorValue } from './locator';

/** A store, and where it is: whoever misses a connection may be looking in the wrong one. */
type Place = Pick<OpenStore, 'location'> & { connections: ConnectionStore };

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
export async function chosenConnection(store: Place, locator: unknown): Promise<Connection> {
  const { connections } = store;
  const { mode, value } = locatorValue(locator);
  if (value !== '' && mode !== 'name') {
    const byId = await connections.get(value);
    if (byId) return byId;
  }
  const all = await connections.list();
  if (value !== '') {
    const named = all.filter((connection) => connection.name === value);
    if (named.length === 1 && named[0]) return named[0];
    const what = named.length > 1 ? 'more than one connection' : 'no connection';
    throw new NotFoundError(`There is ${what} "${value}"`, { nextStep: choices(all, value) });
  }
  const [only, another] = all;
  if (only && !another) return only;
  if (!only)
    throw new NotFoundError(`There is no connection yet in the store at ${store.location}`, {
      nextStep: choices(all),
    });
  throw new ValidationError(`There are ${all.length} connections, and none is chosen`, {
    nextStep: choices(all),
  });
}

/** The connection that a node's credential is bound to; says what to do where it is bound to none. */
export async function boundConnection(store: Place, access: Access): Promise<Connection> {
  const connection = await store.connections.bound(access);
  if (connection) return connection;
  const { tenantId, binding } = access;
  const all = (await store.connections.list()).filter(({ provider }) => provider === access.provider);
  const sameCompany = all.find(
    (other) => other.tenantId === tenantId && other.binding.baseUrl === binding.baseUrl,
  );
  if (sameCompany) throw boundToAnother(sameCompany);
  const sameCredential = all.find((other) => other.binding.credentialId === binding.credentialId);
  throw sameCredential ? leadsElsewhere(sameCredential, access) : noConnection(store, tenantId);
}

export const boundToAnother = ({ name }: Connection): ValidationError =>
  new ValidationError(`The connection "${name}" is bound to another credential`, {
    nextStep: 'Choose that credential here, or hand the connection over with Connection: Change Credential.',
  });

/** It was connected anew, or its environment was changed, since the connection was made. */
const leadsElsewhere = ({ name, tenantId, binding }: Connection, access: Access): ValidationError => {
  const was = `company ${tenantId} at ${binding.baseUrl}`;
  const is = `company ${access.tenantId} at ${access.binding.baseUrl}`;
  return new ValidationError(
    `The connection "${name}" was made for ${was}, and its credential now leads to ${is}`,
    { nextStep: 'Reconnect the credential to that company, or create a connection for the new one.' },
  );
};

const noConnection = ({ location }: Place, tenantId: string): NotFoundError =>
  new NotFoundError(
    `The store at ${location} has no connection of the company of this credential (${tenantId})`,
    {
      nextStep: 'Create one with the Accounting Sync node: resource Connection, operation Create or Get.',
    },
  );

function choices(all: readonly Connection[], wanted = ''): string {
  if (all.length === 0) {
    return 'Create one with the Accounting Sync node: resource Connection, operation Create or Get.';
  }
  return choicesIn(
    wanted,
    all.map(({ name }) => name),
  );
}
