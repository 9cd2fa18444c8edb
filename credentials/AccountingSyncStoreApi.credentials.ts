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
      displayName: 'Kind',
      name: 'kind',
      type: 'options',
      options: [
        {
          name: 'Embedded',
          value: 'sqlite',
          description: 'A file in the data folder of n8n, for one n8n process',
        },
        {
          name: 'PostgreSQL',
          value: 'postgres',
          description: 'A database that several processes share, for the queue mode of n8n',
        },
      ],
      default: 'sqlite',
    },
    {
      displayName: 'File',
      name: 'path',
      type: 'string',
      default: '',
      placeholder: 'accounting-sync/store.sqlite',
      description:
        'A path that is not absolute is taken from the data folder of n8n. Empty is the usual place.',
      displayOptions: embedded,
    },
    {
      displayName: 'Host',
      name: 'host',
      type: 'string',
      default: 'localhost',
      displayOptions: postgres,
    },
    {
      displayName: 'Port',
      name: 'port',
      type: 'number',
      default: 5432,
      displayOptions: postgres,
    },
    {
      displayName: 'Database',
      name: 'database',
      type: 'string',
      default: 'accounting_sync',
      displayOptions: postgres,
    },
    {
      displayName: 'User',
      name: 'user',
      type: 'string',
      default: 'postgres',
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
      description: 'Made when it is missing. Two syncs that share a database use two schemas.',
      displayOptions: postgres,
    },
    {
      displayName: 'SSL',
      name: 'ssl',
      type: 'options',
      options: [
        { name: 'Off', value: 'off' },
        { name: 'On', value: 'on', description: 'Encrypted, and the certificate is checked' },
        { name: 'On, Without Checking the Certificate', value: 'unchecked' },
      ],
      default: 'off',
      displayOptions: postgres,
    },
  ];
}
