import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { errorItem, toNodeError } from './errors';

/** One operation on one input item. */
export type ItemOperation = (this: IExecuteFunctions, itemIndex: number) => Promise<object[]>;

/** Runs an operation for every input item; where the node continues on failure, an item says what happened. */
export async function runPerItem(
  context: IExecuteFunctions,
  execute: (itemIndex: number) => ItemOperation,
): Promise<INodeExecutionData[]> {
  const output: INodeExecutionData[] = [];
  for (let itemIndex = 0; itemIndex < context.getInputData().length; itemIndex++) {
    try {
      const records = await execute(itemIndex).call(context, itemIndex);
      output.push(...itemsOf(records, itemIndex));
    } catch (error) {
      if (!context.continueOnFail()) throw toNodeError(context.getNode(), error, itemIndex);
      output.push(errorItem(context.getNode(), error, itemIndex));
    }
  }
  return output;
}

export const itemsOf = (records: readonly object[], itemIndex: number): INodeExecutionData[] =>
  records.map((record) => ({ json: record as IDataObject, pairedItem: { item: itemIndex } }));
