import type { INodeCredentialDescription, INodeProperties } from 'n8n-workflow';

export const STORE_CREDENTIAL = 'accountingSyncStoreApi';
export const STORE_PARAMETER = 'store';

/** The last parameter of every node that uses the store. */
export const storeParameter: INodeProperties = {
  displayName: 'Store',
  name: STORE_PARAMETER,
  type: 'options',
  noDataExpression: true,
  options: [
    {
      name: 'Automatic',
      value: 'automatic',
      description:
        'In the PostgreSQL database of n8n, or in a file in the data folder where n8n uses SQLite; or where the environment variable ACCOUNTING_SYNC_STORE says',
    },
    {
      name: 'PostgreSQL (Credential)',
      value: 'postgres',
      description: 'In a database of your own, described by a credential',
    },
  ],
  default: 'automatic',
  description:
    'Where connections, events, conflicts and app records are kept. All nodes and workflows of a sync need the same store.',
};

/** Asked for only where the parameter says so. */
export const storeCredential: INodeCredentialDescription = {
  name: STORE_CREDENTIAL,
  required: true,
  displayOptions: { show: { [STORE_PARAMETER]: ['postgres'] } },
  testedBy: 'accountingSyncStoreTest',
};
