import type { INodeProperties } from 'n8n-workflow';

export const properties: INodeProperties[] = [
  {
    displayName:
      'Enter the production URL above in the webhook settings of your app in the Intuit developer portal, choose the entities there, and copy its verifier token into the credential. One address serves all companies of the app.',
    name: 'portalNotice',
    type: 'notice',
    default: '',
  },
  {
    displayName: 'Path',
    name: 'path',
    type: 'string',
    required: true,
    default: 'quickbooks-accounting',
    description:
      'Where QuickBooks calls. Only one published workflow can use a path: in the workflow of a second company, choose another one; its events arrive at the first and are found all the same.',
  },
  {
    // With this, n8n leaves the body to the node, which looks at size and signature before anything is parsed.
    displayName: 'Body',
    name: 'options',
    type: 'hidden',
    default: { binaryData: true },
  },
  {
    displayName: 'Settings',
    name: 'settings',
    type: 'collection',
    placeholder: 'Add Setting',
    default: {},
    options: [
      {
        displayName: 'Look Every (Milliseconds)',
        name: 'pollMs',
        type: 'number',
        typeOptions: { minValue: 100 },
        default: 1000,
        description:
          'How often to look for work that another n8n process has queued. Own events start at once.',
      },
      {
        displayName: 'Longest Execution (Seconds)',
        name: 'longestExecution',
        type: 'number',
        typeOptions: { minValue: 10 },
        default: 900,
        description: 'After this time an execution counts as lost, and the next one may start',
      },
    ],
  },
];
