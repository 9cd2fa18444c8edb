import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { chosenConnection, connectionLocator } from '../../../runtime/connection';
import { withStore } from '../../../runtime/store';

const show = { resource: ['event'], operation: ['replay'] };

export const description: INodeProperties[] = [
  {
    displayName: 'Dead Letters',
    name: 'scope',
    type: 'options',
    options: [
      { name: 'All of a Connection', value: 'connection' },
      { name: 'Chosen Events', value: 'events', description: 'By the IDs that Get Many outputs' },
    ],
    default: 'connection',
    description: 'Which failed events are tried again. They become due at once.',
    displayOptions: { show },
  },
  connectionLocator({ ...show, scope: ['connection'] }),
  {
    displayName: 'Event IDs',
    name: 'eventIds',
    type: 'string',
    required: true,
    default: '',
    placeholder: 'e.g. 01a1f87a-b78a-701d-ad33-2e4185d37c94',
    description:
      'One ID, or several separated by commas. Event: Get Many with the status Dead Letter lists them.',
    displayOptions: { show: { ...show, scope: ['events'] } },
  },
];

export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const scope = this.getNodeParameter('scope', itemIndex) as 'connection' | 'events';
  return await withStore(this, async (store) => {
    if (scope === 'events') {
      const eventIds = idsIn(this.getNodeParameter('eventIds', itemIndex));
      return [{ replayed: await store.queue.replay({ eventIds }, store.now()) }];
    }
    const locator = this.getNodeParameter('connection', itemIndex);
    const { id: connectionId, name } = await chosenConnection(store.connections, locator);
    const replayed = await store.queue.replay({ connectionId }, store.now());
    return [{ connectionId, connectionName: name, replayed }];
  });
}

function idsIn(value: unknown): string[] {
  const parts = Array.isArray(value) ? value.map(String) : String(value ?? '').split(',');
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}
