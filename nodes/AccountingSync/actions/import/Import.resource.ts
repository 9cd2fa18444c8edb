import type { INodeProperties } from 'n8n-workflow';
import * as run from './run.operation';

export const description: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: { show: { resource: ['import'] } },
    options: [
      {
        name: 'Run',
        value: 'run',
        description: 'Match the records of both sides once, before the sync starts; nothing is overwritten',
        action: 'Run the first import',
      },
    ],
    default: 'run',
  },
  ...run.description,
];
