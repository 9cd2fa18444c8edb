import type { INodeProperties } from 'n8n-workflow';
import * as preview from './preview.operation';
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
        name: 'Dry Run',
        value: 'preview',
        description: 'See what the first import would link, create and ask about; nothing is changed',
        action: 'Dry run of the first import',
      },
      {
        name: 'Run',
        value: 'run',
        description: 'Match the records of both sides once, before the sync starts; nothing is overwritten',
        action: 'Run the first import',
      },
    ],
    default: 'run',
  },
  ...preview.description,
  ...run.description,
];
