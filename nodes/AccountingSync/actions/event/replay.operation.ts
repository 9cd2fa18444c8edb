import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { ValidationError } from '../../../../shared/errors';
import type { Link } from '../../../../shared/ports';
import { entityNamed } from '../../../../shared/schema/entities';
import { actorOf } from '../../../runtime/actor';
import { chosenConnection, connectionLocator } from '../../../runtime/connection';
import { withStore } from '../../../runtime/store';

const show = { resource: ['event'], operation: ['replay'] };

export const description: INodeProperties[] = [
  {
    displayName: 'Failed Events',
    name: 'scope',
    type: 'options',
    options: [
      { name: 'All of a Connection', value: 'connection' },
      {
        name: 'Chosen Events of a Connection',
        value: 'events',
        description: 'By the IDs that Get Many outputs',
      },
    ],
    default: 'connection',
    description: 'Which failed events are tried again. They become due at once.',
    displayOptions: { show },
  },
  connectionLocator(show),
  {
    displayName: 'Event IDs',
    name: 'eventIds',
    type: 'string',
    required: true,
    default: '',
    placeholder: 'e.g. 01a1f87a-b78a-701d-ad33-2e4185d37c94',
    description: 'One ID, or several separated by commas. Event: Get Many with the status Failed lists them.',
    displayOptions: { show: { ...show, scope: ['events'] } },
  },
];

/** One item for each event that is tried again. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const locator = this.getNodeParameter('connection', itemIndex);
  const chosen = this.getNodeParameter('scope', itemIndex) === 'events';
  const eventIds = chosen ? idsIn(this.getNodeParameter('eventIds', itemIndex)) : undefined;
  if (eventIds?.length === 0) {
    throw new ValidationError('No event is named', {
      field: 'eventIds',
      nextStep: 'Give the IDs that Event: Get Many outputs, separated by commas.',
    });
  }
  return await withStore(this, async (store) => {
    const connection = await chosenConnection(store, locator);
    const filter = { connectionId: connection.id, ...(eventIds ? { eventIds } : {}) };
    const replayed = await store.queue.replay(filter, store.now(), actorOf(this));
    const links = await store.links.getMany(replayed.map(({ linkId }) => linkId));
    return replayed.map(({ id, linkId, entity, side, recordId }) => ({
      entity,
      title: titleOf(entity, links.get(linkId)),
      side,
      recordId,
      connectionName: connection.name,
      id,
      connectionId: connection.id,
    }));
  });
}

/** What both sides last agreed to call the record; null where it never got that far. */
function titleOf(entity: string, link: Link | undefined): string | null {
  const title = link?.base?.fields[entityNamed(entity).title];
  return typeof title === 'string' && title !== '' ? title : null;
}

function idsIn(value: unknown): string[] {
  const parts = Array.isArray(value) ? value.map(String) : String(value ?? '').split(',');
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}
