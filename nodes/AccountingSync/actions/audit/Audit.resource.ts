import type { INodeProperties } from 'n8n-workflow';
import * as getAll from './getAll.operation';
import * as verify from './verify.operation';

export const description: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: { show: { resource: ['audit'] } },
    options: [
      {
        name: 'Get Many',
        value: 'getAll',
        description: 'See what was changed, when, by whom and by which rule',
        action: 'Get many audit entries',
      },
      {
        name: 'Verify',
        value: 'verify',
        description:
          'Check that nothing was changed in the audit, or taken away from it, after it was written',
        action: 'Verify the audit',
      },
    ],
    default: 'getAll',
  },
  ...getAll.description,
  ...verify.description,
];
