import type { INodeProperties } from 'n8n-workflow';
import * as create from './create.operation';
import * as get from './get.operation';
import * as getAll from './getAll.operation';
import * as rebind from './rebind.operation';

export const description: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: { show: { resource: ['connection'] } },
    options: [
      {
        name: 'Change Credential',
        value: 'rebind',
        description: 'Hand a connection over to another credential of the same company',
        action: 'Change the credential of a connection',
      },
      {
        name: 'Create or Get',
        value: 'create',
        description:
          'Start keeping the company of the credential in sync with app records, or get the connection that does so already',
        action: 'Create or get a connection',
      },
      {
        name: 'Get',
        value: 'get',
        description: 'See how a connection is doing: its state, queue and calls of today',
        action: 'Get a connection',
      },
      {
        name: 'Get Many',
        value: 'getAll',
        description: 'Retrieve a list of connections',
        action: 'Get many connections',
      },
      {
        name: 'Test',
        value: 'test',
        description:
          "Check that the credential's company answers, and resume its connection if it was paused",
        action: 'Test a connection',
      },
    ],
    default: 'create',
  },
  ...create.description,
  ...get.description,
  ...getAll.description,
  ...rebind.description,
];
