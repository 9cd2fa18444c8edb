import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { limitOf, limitProperties } from '../../../runtime/limit';
import { withStore } from '../../../runtime/store';
import { viewOf } from './view';

export const description: INodeProperties[] = limitProperties({
  resource: ['connection'],
  operation: ['getAll'],
});

export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const limit = limitOf(this, itemIndex);
  const connections = await withStore(this, (store) => store.connections.list());
  return connections.slice(0, limit).map(viewOf);
}
