import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { runPerItem, type ItemOperation } from '../../runtime/router';
import * as get from './get.operation';
import * as getAll from './getAll.operation';
import * as remove from './remove.operation';
import * as upsert from './upsert.operation';

const operations: Record<string, ItemOperation> = {
  delete: remove.execute,
  get: get.execute,
  getAll: getAll.execute,
  upsert: upsert.execute,
  void: remove.execute,
};

export async function router(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
  const operation = this.getNodeParameter('operation', 0) as string;
  return [await runPerItem(this, () => operations[operation] as ItemOperation)];
}
