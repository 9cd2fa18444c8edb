import type { INodeProperties } from 'n8n-workflow';
import * as create from './create.operation';
import * as get from './get.operation';
import * as getAll from './getAll.operation';
import * as test from './test.operation';

export const description: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: { show: { resource: ['connection'] } },
    options: [
      {
        name: 'Create',
        value: 'create',
        description: 'Start keeping the company of the credential in step with app records',
        action: 'Create a connection',
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
        description: 'Check that the company answers, and resume the connection if it was paused',
        action: 'Test a connection',
      },
    ],
    default: 'create',
  },
  ...create.description,
  ...get.description,
  ...getAll.description,
  ...test.description,
];
