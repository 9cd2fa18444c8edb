import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { errorItem, toNodeError } from './errors';
import { requireChangesAllowed } from './tool';

/** One operation on one input item. */
export type ItemOperation = (this: IExecuteFunctions, itemIndex: number) => Promise<object[]>;

/** What an operation does to the world, which decides what an AI may do with it. */
export type Effect = 'reads' | 'changes';

/** Every operation says which; there is no default. */
export interface Routed<T> {
  effect: Effect;
  execute: T;
}

export const reads = <T>(execute: T): Routed<T> => ({ effect: 'reads', execute });
export const changes = <T>(execute: T): Routed<T> => ({ effect: 'changes', execute });

/** The operation itself, once it is clear that whoever uses the node may have it carried out. */
export function permitted<T>(context: IExecuteFunctions, { effect, execute }: Routed<T>): T {
  if (effect === 'changes') requireChangesAllowed(context);
  return execute;
}

/** Runs an operation for every input item; where the node continues on failure, an item says what happened. */
export async function runPerItem(
  context: IExecuteFunctions,
  operation: Routed<ItemOperation>,
): Promise<INodeExecutionData[]> {
  const output: INodeExecutionData[] = [];
  for (let itemIndex = 0; itemIndex < context.getInputData().length; itemIndex++) {
    try {
      const records = await permitted(context, operation).call(context, itemIndex);
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
