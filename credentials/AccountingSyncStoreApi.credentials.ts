import type { ICredentialType, INodeProperties } from 'n8n-workflow';

const embedded = { show: { kind: ['sqlite'] } };
const postgres = { show: { kind: ['postgres'] } };

export class AccountingSyncStoreApi implements ICredentialType {
  name = 'accountingSyncStoreApi';

  displayName = 'Accounting Sync Store API';

  icon = {
    light: 'file:../nodes/AccountingSync/accountingSync.svg',
    dark: 'file:../nodes/AccountingSync/accountingSync.dark.svg',
  } as const;

  documentationUrl = 'https://github.com/accounting-sync/n8n-nodes-accounting-sync#the-store';

  testedBy = 'accountingSyncStoreTest';

  properties: INodeProperties[] = [
    {
      displayName: 'Database',
      name: 'kind',
      type: 'options',
      options: [
        {
          name: 'Embedded (SQLite)',
          value: 'sqlite',
          description: 'A file in the data folder of n8n. Nothing to install; for n8n in one process.',
        },
        {
          name: 'PostgreSQL',
          value: 'postgres',
          description:
            'A database on a server. Needed for the queue mode of n8n, where several processes share it.',
        },
      ],
      default: 'sqlite',
      description:
        'Where connections, events, conflicts and app records are kept. Nodes without a store credential use the embedded database at its usual place. All nodes and workflows of a sync need the same store.',
    },
    {
      displayName: 'File',
      name: 'path',
      type: 'string',
      default: '',
      placeholder: 'accounting-sync/store.sqlite',
      hint: 'Leave empty for the usual place, accounting-sync/store.sqlite in the data folder of n8n',
      description: 'The path of the database file. A relative path starts at the data folder of n8n (.n8n).',
      displayOptions: embedded,
    },
    {
      displayName: 'Host',
      name: 'host',
      type: 'string',
      default: 'localhost',
      required: true,
      displayOptions: postgres,
    },
    {
      displayName: 'Port',
      name: 'port',
      type: 'number',
      default: 5432,
      required: true,
      displayOptions: postgres,
    },
    {
      displayName: 'Database Name',
      name: 'database',
      type: 'string',
      default: 'accounting_sync',
      required: true,
      description: 'It has to exist; the schema and its tables are created in it',
      displayOptions: postgres,
    },
    {
      displayName: 'User',
      name: 'user',
      type: 'string',
      default: 'postgres',
      required: true,
      displayOptions: postgres,
    },
    {
      displayName: 'Password',
      name: 'password',
      type: 'string',
      typeOptions: { password: true },
      default: '',
      displayOptions: postgres,
    },
    {
      displayName: 'Schema',
      name: 'schema',
      type: 'string',
      default: 'accounting_sync',
      description: 'Created if it is missing. Two stores in one database need two schemas.',
      displayOptions: postgres,
    },
    {
      displayName: 'SSL',
      name: 'ssl',
      type: 'options',
      options: [
        {
          name: 'Off',
          value: 'off',
          description: 'Not encrypted; for a database on the same machine or network',
        },
        { name: 'On', value: 'on', description: 'Encrypted, and the certificate is checked' },
        { name: 'On, Without Checking the Certificate', value: 'unchecked' },
      ],
      default: 'off',
      displayOptions: postgres,
    },
  ];
}
