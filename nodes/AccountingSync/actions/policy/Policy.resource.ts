import type { INodeProperties } from 'n8n-workflow';
import * as dryRun from './dryRun.operation';
import * as getAll from './getAll.operation';
import * as history from './history.operation';
import * as remove from './remove.operation';
import * as set from './set.operation';
import * as undo from './undo.operation';

export const description: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: { show: { resource: ['policy'] } },
    options: [
      {
        name: 'Dry Run',
        value: 'dryRun',
        description:
          'See what a rule would decide, of the conflicts that are open and of those of the last days',
        action: 'Try out a rule',
      },
      {
        name: 'Get Many',
        value: 'getAll',
        description: 'See which rules are in force, and who wins by them',
        action: 'Get many rules',
      },
      {
        name: 'History',
        value: 'history',
        description: 'See who changed which rule, when and why',
        action: 'Get the history of the rules',
      },
      {
        name: 'Remove',
        value: 'remove',
        description: 'Take a rule away; the next broader one counts then',
        action: 'Remove a rule',
      },
      {
        name: 'Set',
        value: 'set',
        description: 'Say who wins where both sides have changed the same field',
        action: 'Set a rule',
      },
      {
        name: 'Undo',
        value: 'undo',
        description: 'Restore a rule as it was before a change',
        action: 'Undo a change of a rule',
      },
    ],
    default: 'getAll',
  },
  ...dryRun.description,
  ...getAll.description,
  ...history.description,
  ...remove.description,
  ...set.description,
  ...undo.description,
];
