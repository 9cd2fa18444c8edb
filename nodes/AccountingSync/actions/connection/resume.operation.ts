import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { actorOf } from '../../../runtime/actor';
import { chosenConnection, connectionLocator } from '../../../runtime/connection';
import { withStore } from '../../../runtime/store';
import { resume } from './state';
import { viewOf } from './view';

export const description: INodeProperties[] = [
  connectionLocator({ resource: ['connection'], operation: ['resume'] }),
];

/** What was taken in meanwhile is processed by the next execution that processes events. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const locator = this.getNodeParameter('connection', itemIndex);
  return await withStore(this, async (store) => {
    const chosen = await chosenConnection(store, locator);
    const { connection, resumed } = await resume(store, chosen, actorOf(this));
    return [{ ...viewOf(connection), resumed }];
  });
}
