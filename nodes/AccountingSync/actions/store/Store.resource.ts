import type { INodeProperties } from 'n8n-workflow';
import * as cleanUp from './cleanUp.operation';
import * as erase from './erase.operation';
import * as setRetention from './setRetention.operation';

export const description: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: { show: { resource: ['store'] } },
    options: [
      {
        name: 'Clean Up',
        value: 'cleanUp',
        description: 'Remove what has been kept long enough now; a trigger does it automatically once a day',
        action: 'Clean up the store',
      },
      {
        name: 'Erase',
        value: 'erase',
        description: 'Erase the data of a company or of a person for good; says first what it would erase',
        action: 'Erase data',
      },
      {
        name: 'Set Retention',
        value: 'setRetention',
        description: 'Choose how many days each kind of data is kept',
        action: 'Set how long data is kept',
      },
    ],
    default: 'cleanUp',
  },
  ...cleanUp.description,
  ...erase.description,
  ...setRetention.description,
];
