import type { ICredentialType, INodeProperties } from 'n8n-workflow';

// Its nodes test it (nodes/runtime/storeParameter.ts); the rule finds that only where it is written out in a node.
// eslint-disable-next-line @n8n/community-nodes/credential-test-required
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
      displayName: 'Host',
      name: 'host',
      type: 'string',
      default: 'localhost',
      required: true,
    },
    {
      displayName: 'Port',
      name: 'port',
      type: 'number',
      default: 5432,
      required: true,
    },
    {
      displayName: 'Database Name',
      name: 'database',
      type: 'string',
      default: 'accounting_sync',
      required: true,
      description: 'It has to exist; the schema and its tables are created in it',
    },
    {
      displayName: 'User',
      name: 'user',
      type: 'string',
      default: 'postgres',
      required: true,
    },
    {
      displayName: 'Password',
      name: 'password',
      type: 'string',
      typeOptions: { password: true },
      default: '',
    },
    {
      displayName: 'Schema',
      name: 'schema',
      type: 'string',
      default: 'accounting_sync',
      description: 'Created if it is missing. Two stores in one database need two schemas.',
    },
    {
      displayName: 'SSL',
      name: 'ssl',
      type: 'options',
      options: [
        {
          name: 'On, Except on This Machine',
          value: 'auto',
          description: 'Encrypted with the certificate checked, unless the host is localhost',
        },
        { name: 'On', value: 'on', description: 'Encrypted, and the certificate is checked' },
        {
          name: 'On, Without Checking Who Answers',
          value: 'unchecked',
          description:
            'Encrypted, but anybody in between can pretend to be the server. Better: enter the CA certificate.',
        },
        {
          name: 'Off',
          value: 'off',
          description: 'Not encrypted: password and data can be read on the way',
        },
      ],
      default: 'auto',
    },
    {
      displayName: 'CA Certificate',
      name: 'ca',
      type: 'string',
      typeOptions: { rows: 4 },
      default: '',
      placeholder: '-----BEGIN CERTIFICATE-----',
      description:
        'The certificate of the authority that signed the one of the server, in PEM. Leave empty for authorities that everybody knows.',
      displayOptions: { hide: { ssl: ['off', 'unchecked'] } },
    },
  ];
}
