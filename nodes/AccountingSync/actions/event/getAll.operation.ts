import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import type { QueuedEvent } from '../../../../shared/ports';
import { chosenConnection, connectionLocator } from '../../../runtime/connection';
import { limitOf, limitProperties } from '../../../runtime/limit';
import { withStore } from '../../../runtime/store';

const show = { resource: ['event'], operation: ['getAll'] };
const MOST = 100_000;

export const description: INodeProperties[] = [
  connectionLocator(show),
  {
    displayName: 'Status',
    name: 'status',
    type: 'options',
    options: [
      { name: 'Any', value: 'any' },
      {
        name: 'Failed',
        value: 'dead',
        description: 'Retries are used up, or the data was refused',
      },
      { name: 'Held', value: 'held', description: 'The record has an open conflict' },
      { name: 'Pending', value: 'pending', description: 'To be processed now, or at its next attempt' },
      { name: 'Settled', value: 'settled', description: 'Done' },
      { name: 'Waiting', value: 'waiting', description: 'Another record has to come first' },
    ],
    default: 'dead',
    description: 'How far the events have come',
    displayOptions: { show },
  },
  ...limitProperties(show),
];

export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const locator = this.getNodeParameter('connection', itemIndex);
  const status = this.getNodeParameter('status', itemIndex) as QueuedEvent['status'] | 'any';
  const limit = Math.min(limitOf(this, itemIndex), MOST);
  return await withStore(this, async (store) => {
    const { id: connectionId } = await chosenConnection(store, locator);
    const events = await store.queue.list({ connectionId, limit, ...(status === 'any' ? {} : { status }) });
    return events.map(({ status: is, entity, side, recordId, lastError, receivedAt, dueAt, ...event }) => ({
      status: is,
      entity,
      side,
      recordId,
      lastError,
      receivedAt: new Date(receivedAt).toISOString(),
      dueAt: new Date(dueAt).toISOString(),
      ...event,
    }));
  });
}
