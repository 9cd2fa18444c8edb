import type { INodeProperties } from 'n8n-workflow';
import * as createLink from './createLink.operation';
import * as get from './get.operation';
import * as getAll from './getAll.operation';
import * as resolve from './resolve.operation';

export const description: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: { show: { resource: ['conflict'] } },
    options: [
      {
        name: 'Create Link',
        value: 'createLink',
        description: 'Make a link with which one person can decide a conflict, once',
        action: 'Create a link to decide a conflict',
      },
      {
        name: 'Get',
        value: 'get',
        description: 'See what a conflict asks: what was before, what each side says now, and the answers',
        action: 'Get a conflict',
      },
      {
        name: 'Get Many',
        value: 'getAll',
        description: 'See which records wait for a decision',
        action: 'Get many conflicts',
      },
      {
        name: 'Resolve',
        value: 'resolve',
        description: 'Decide a conflict; the sync then continues with its record automatically',
        action: 'Resolve a conflict',
      },
    ],
    default: 'getAll',
  },
  ...createLink.description,
  ...get.description,
  ...getAll.description,
  ...resolve.description,
];
