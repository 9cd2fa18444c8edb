import type { INodeProperties } from 'n8n-workflow';
import * as dismiss from './dismiss.operation';
import * as getAll from './getAll.operation';
import * as retry from './retry.operation';

export const description: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: { show: { resource: ['failedRecord'] } },
    options: [
      {
        name: 'Dismiss',
        value: 'dismiss',
        description: 'Take a record off the list for a reason; its next change is tried all the same',
        action: 'Dismiss a failed record',
      },
      {
        name: 'Get Many',
        value: 'getAll',
        description: 'See which records could not be brought in sync, why, and what to do',
        action: 'Get many failed records',
      },
      {
        name: 'Retry',
        value: 'retry',
        description: 'Try one record again, all that failed for the same reason, or all',
        action: 'Retry a failed record',
      },
    ],
    default: 'getAll',
  },
  ...dismiss.description,
  ...getAll.description,
  ...retry.description,
];
