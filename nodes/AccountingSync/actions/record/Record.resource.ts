import type { INodeProperties } from 'n8n-workflow';
import * as getSides from './getSides.operation';
import * as timeline from './timeline.operation';

export const description: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: { show: { resource: ['record'] } },
    options: [
      {
        name: 'Get Both Sides',
        value: 'getSides',
        description: 'See what each side says of a record now, beside what they last agreed on',
        action: 'Get both sides of a record',
      },
      {
        name: 'Get Timeline',
        value: 'timeline',
        description: 'See what happened to a record: what was changed, when, by whom and by which rule',
        action: 'Get the timeline of a record',
      },
    ],
    default: 'timeline',
  },
  ...getSides.description,
  ...timeline.description,
];
