import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { runPerItem, type ItemOperation } from '../../runtime/router';
import * as create from './create.operation';
import * as find from './find.operation';
import * as get from './get.operation';
import * as getAll from './getAll.operation';
import * as remove from './remove.operation';
import * as update from './update.operation';

const operations: Record<string, ItemOperation> = {
  archive: remove.execute,
  create: create.execute,
  delete: remove.execute,
  find: find.execute,
  get: get.execute,
  getAll: getAll.execute,
  update: update.execute,
  void: remove.execute,
};

export async function router(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
  const operation = this.getNodeParameter('operation', 0) as string;
  return [await runPerItem(this, () => operations[operation] as ItemOperation)];
}
