import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { dismissFailed } from '../../../../shared/people/failed';
import { actorOf } from '../../../runtime/actor';
import { chosenConnection, connectionLocator } from '../../../runtime/connection';
import { withStore } from '../../../runtime/store';
import { chosenFailed, failedLocator, failedName } from './locator';
import { lateFor } from './retry.operation';

const show = { resource: ['failedRecord'], operation: ['dismiss'] };

export const description: INodeProperties[] = [
  connectionLocator(show),
  failedLocator(show),
  {
    displayName: 'Reason',
    name: 'reason',
    type: 'string',
    required: true,
    default: '',
    placeholder: 'e.g. Entered twice, the other one is right',
    description: 'Why nothing is to be done about it, for the audit',
    displayOptions: { show },
  },
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add Option',
    default: {},
    displayOptions: { show },
    options: [
      {
        displayName: 'Decided By',
        name: 'decidedBy',
        type: 'string',
        default: '',
        placeholder: 'e.g. {{ $json.user.email }}',
        description:
          'The person who decided, for the audit. It also says which workflow and execution it was.',
      },
    ],
  },
];

/** One item: which record is no longer in the list. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const { decidedBy } = this.getNodeParameter('options', itemIndex, {}) as { decidedBy?: string };
  const given: unknown = this.getNodeParameter('reason', itemIndex, '');
  const reason = typeof given === 'string' || typeof given === 'number' ? String(given) : '';
  return await withStore(this, async (store) => {
    const connection = await chosenConnection(store, this.getNodeParameter('connection', itemIndex));
    const record = await chosenFailed(store, connection, this.getNodeParameter('failedRecord', itemIndex));
    const [dismissed] = await dismissFailed(store, connection.id, [record], {
      reason,
      by: actorOf(this),
      now: store.now(),
      ...(decidedBy ? { decidedBy } : {}),
    });
    if (!dismissed) throw lateFor(record);
    const { entity, title, appId, ledgerId, linkId } = record;
    return [
      {
        summary: `${failedName(record)} is dismissed. Its next change is tried all the same.`,
        result: 'dismissed',
        entity,
        title,
        reason: reason.trim(),
        connectionName: connection.name,
        appId,
        ledgerId,
        linkId,
        connectionId: connection.id,
      },
    ];
  });
}
