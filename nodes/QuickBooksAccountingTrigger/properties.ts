import type { INodeProperties } from 'n8n-workflow';

export const properties: INodeProperties[] = [
  {
    displayName:
      'Open Webhook URLs above, copy the production URL into the webhook settings of your app in the Intuit developer portal, and choose the entities there. Then copy the verifier token shown there into the credential. One address serves all companies of the app.',
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
      'The end of the URL that QuickBooks calls. Each published workflow needs a path of its own. For a second company, choose another path here and leave the Intuit portal as it is: its events arrive at the first path and still start this workflow.',
  },
  {
    // With this, n8n leaves the body to the node, which looks at size and signature before anything is parsed.
    displayName: 'Body',
    name: 'options',
    type: 'hidden',
    default: { binaryData: true },
  },
  {
    displayName: 'Options',
    name: 'settings',
    type: 'collection',
    placeholder: 'Add Option',
    default: {},
    options: [
      {
        displayName: 'Check Every (Milliseconds)',
        name: 'pollMs',
        type: 'number',
        typeOptions: { minValue: 100 },
        default: 1000,
        description:
          'How often to check for due retries and for changes that another n8n process has stored. What comes in here starts the workflow at once.',
      },
      {
        displayName: 'Execution Timeout (Seconds)',
        name: 'longestExecution',
        type: 'number',
        typeOptions: { minValue: 10 },
        default: 900,
        description:
          'One execution runs at a time. After this time it counts as lost, and the next one may start.',
      },
    ],
  },
];
