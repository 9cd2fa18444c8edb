import type { INodeProperties } from 'n8n-workflow';

/** The webhook that shows pages, by the one other name that n8n has; the default one takes decisions. */
export const SHOW = 'setup';

export const properties: INodeProperties[] = [
  {
    displayName:
      'Publish the workflow once. Links made by Accounting Sync (resource Conflict, operation Create Link) then lead to this page. Only who has a link sees anything, and each link decides one conflict, once.',
    name: 'pageNotice',
    type: 'notice',
    default: '',
  },
  {
    displayName: 'Path',
    name: 'path',
    type: 'string',
    required: true,
    default: 'accounting-sync',
    description: 'The end of the address of the page',
  },
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add Option',
    default: {},
    options: [
      {
        displayName: 'Signed-In Person Header',
        name: 'personHeader',
        type: 'string',
        default: '',
        placeholder: 'e.g. X-Auth-Request-Email',
        description:
          'The header in which the sign-in proxy in front of n8n says who is there. Then only the person that a link was made for can use it. The proxy has to overwrite the header in every request.',
      },
    ],
  },
];
