import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { SyncError } from '../../../shared/errors';
import { changes, reads, runPerItem, type ItemOperation, type Routed } from '../../runtime/router';
import * as create from './create.operation';
import * as find from './find.operation';
import * as get from './get.operation';
import * as getAll from './getAll.operation';
import * as remove from './remove.operation';
import * as update from './update.operation';

const operations: Record<string, Routed<ItemOperation>> = {
  archive: changes(remove.execute),
  create: changes(create.execute),
  delete: changes(remove.execute),
  find: reads(find.execute),
  get: reads(get.execute),
  getAll: reads(getAll.execute),
  update: changes(update.execute),
  void: changes(remove.execute),
};

export async function router(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
  const operation = operations[this.getNodeParameter('operation', 0) as string] as Routed<ItemOperation>;
  return [await runPerItem(this, { ...operation, execute: direct(operation.execute) })];
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
  const nextStep = details.nextStep?.replace(
    /; (the sync then tries again automatically|then retry the record)/,
    ', then run this step again',
  );
  if (nextStep !== undefined) details.nextStep = nextStep;
  return error;
}
