import type { INodeProperties } from 'n8n-workflow';
import * as getAll from './getAll.operation';
import * as processDue from './process.operation';
import * as replay from './replay.operation';

export const description: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: { show: { resource: ['event'] } },
    options: [
      {
        name: 'Get Many',
        value: 'getAll',
        description: 'See what waits, what is held by a conflict and what has failed',
        action: 'Get many events',
      },
      {
        name: 'Process',
        value: 'process',
        description: 'Bring every record in step that has changed on either side',
        action: 'Process due events',
      },
      {
        name: 'Replay',
        value: 'replay',
        description:
          'Try failed events again after their cause is fixed. Failed Record: Retry does it by record.',
        action: 'Replay failed events',
      },
    ],
    default: 'process',
  },
  ...getAll.description,
  ...processDue.description,
  ...replay.description,
];
