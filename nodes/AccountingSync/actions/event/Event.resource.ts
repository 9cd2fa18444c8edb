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
        description: 'Retrieve a list of change events',
        action: 'Get many events',
      },
      {
        name: 'Process',
        value: 'process',
        description: 'Bring the records in step that something has happened to',
        action: 'Process due events',
      },
      {
        name: 'Replay',
        value: 'replay',
        description: 'Try dead letters again',
        action: 'Replay dead letters',
      },
    ],
    default: 'process',
  },
  ...getAll.description,
  ...processDue.description,
  ...replay.description,
];
