import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { ValidationError } from '../../../../shared/errors';
import { cut } from '../../../../shared/schema/text';
import { actorOf } from '../../../runtime/actor';
import { chosenConnection, connectionLocator } from '../../../runtime/connection';
import { withStore } from '../../../runtime/store';
import { viewOf } from './view';

const show = { resource: ['connection'], operation: ['pause'] };
const REASON_LENGTH = 200;

export const description: INodeProperties[] = [
  {
    displayName:
      'Changes are still taken in while a connection is paused, and processed when it is resumed. To remove a connection with everything stored of it, use the resource Store, operation Erase.',
    name: 'pauseNotice',
    type: 'notice',
    default: '',
    displayOptions: { show },
  },
  connectionLocator(show),
  {
    displayName: 'Reason',
    name: 'reason',
    type: 'string',
    required: true,
    default: '',
    placeholder: 'e.g. Year-end closing until Friday',
    description: 'Why it is paused, for whoever wonders later',
    displayOptions: { show },
  },
];

/** Nothing of the connection is processed until it is resumed. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const locator = this.getNodeParameter('connection', itemIndex);
  const reason = String(this.getNodeParameter('reason', itemIndex) ?? '').trim();
  if (reason === '') {
    throw new ValidationError('The connection was not paused: Reason is empty', {
      nextStep: 'Say in Reason why it is paused. It is shown to everybody who looks at the connection.',
    });
  }
  return await withStore(this, async (store) => {
    const connection = await chosenConnection(store, locator);
    if (connection.state === 'paused') return [{ ...viewOf(connection), paused: false }];
    const patch = { state: 'paused' as const, pausedReason: cut(reason, REASON_LENGTH) };
    await store.connections.update(connection.id, patch, { now: store.now(), by: actorOf(this) });
    return [{ ...viewOf({ ...connection, ...patch }), paused: true }];
  });
}
