import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { changes, reads, runPerItem, type ItemOperation, type Routed } from '../../runtime/router';
import * as get from './get.operation';
import * as getAll from './getAll.operation';
import * as remove from './remove.operation';
import * as upsert from './upsert.operation';

const operations: Record<string, Routed<ItemOperation>> = {
  delete: changes(remove.execute),
  get: reads(get.execute),
  getAll: reads(getAll.execute),
  upsert: changes(upsert.execute),
  void: changes(remove.execute),
};

export async function router(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
  const operation = this.getNodeParameter('operation', 0) as string;
  return [await runPerItem(this, operations[operation] as Routed<ItemOperation>)];
}
