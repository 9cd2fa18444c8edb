import type { INodeProperties } from 'n8n-workflow';
import * as company from './company.operation';
import * as create from './create.operation';
import * as get from './get.operation';
import * as getAll from './getAll.operation';
import * as pause from './pause.operation';
import * as rebind from './rebind.operation';
import * as resume from './resume.operation';
import * as update from './update.operation';

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
        name: 'Get Company',
        value: 'getCompany',
        description: 'See which company the credential opens, before a connection is made',
        action: 'Get the company of a credential',
      },
      {
        name: 'Get Many',
        value: 'getAll',
        description: 'Retrieve a list of connections',
        action: 'Get many connections',
      },
      {
        name: 'Pause',
        value: 'pause',
        description: 'Stop processing the changes of a connection until it is resumed; none is lost',
        action: 'Pause a connection',
      },
      {
        name: 'Resume',
        value: 'resume',
        description: 'Continue with a connection that was paused, or that waits for its next attempt',
        action: 'Resume a connection',
      },
      {
        name: 'Test',
        value: 'test',
        description:
          "Check that the credential's company answers, and resume its connection if it was paused",
        action: 'Test a connection',
      },
      {
        name: 'Update',
        value: 'update',
        description: 'Change the name, the entities or the daily read budget of a connection',
        action: 'Update a connection',
      },
    ],
    default: 'create',
  },
  ...company.description,
  ...create.description,
  ...get.description,
  ...getAll.description,
  ...pause.description,
  ...rebind.description,
  ...resume.description,
  ...update.description,
];
