import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { SyncError } from '../../../shared/errors';
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
  const operation = operations[this.getNodeParameter('operation', 0) as string] as ItemOperation;
  return [await runPerItem(this, () => direct(operation))];
}

/** The core advises those who look after a queue; here nothing is queued, and so there is no event to replay. */
const direct = (operation: ItemOperation): ItemOperation =>
  async function (itemIndex) {
    try {
      return await operation.call(this, itemIndex);
    } catch (error) {
      throw withDirectAdvice(error);
    }
  };

function withDirectAdvice(error: unknown): unknown {
  if (!(error instanceof SyncError)) return error;
  const { details } = error;
  const nextStep = details.nextStep?.replace(/[,;] then replay the event/, ', then run this step again');
  if (nextStep !== undefined) details.nextStep = nextStep;
  return error;
}
