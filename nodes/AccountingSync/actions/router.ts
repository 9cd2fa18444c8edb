import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { errorItem, toNodeError } from '../../runtime/errors';
import { runPerItem, type ItemOperation } from '../../runtime/router';
import * as createConnection from './connection/create.operation';
import * as getConnection from './connection/get.operation';
import * as getConnections from './connection/getAll.operation';
import * as testConnection from './connection/test.operation';
import * as getEvents from './event/getAll.operation';
import * as processEvents from './event/process.operation';
import * as replayEvents from './event/replay.operation';
import * as runImport from './import/run.operation';
import type { Sorted } from './outcomes';

/** Operations that run once for each input item. */
const perItem: Record<string, ItemOperation> = {
  'connection:create': createConnection.execute,
  'connection:get': getConnection.execute,
  'connection:getAll': getConnections.execute,
  'connection:test': testConnection.execute,
  'event:getAll': getEvents.execute,
  'event:replay': replayEvents.execute,
};

/** Operations that run once and sort records into Synced, Conflict and Failed. */
const once: Record<string, (this: IExecuteFunctions) => Promise<Sorted>> = {
  'event:process': processEvents.execute,
  'import:run': runImport.execute,
};

export async function router(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
  const name = `${this.getNodeParameter('resource', 0) as string}:${this.getNodeParameter('operation', 0) as string}`;
  const sort = once[name];
  if (sort) return await runOnce(this, sort);
  return [await runPerItem(this, () => perItem[name] as ItemOperation)];
}

async function runOnce(
  context: IExecuteFunctions,
  sort: (this: IExecuteFunctions) => Promise<Sorted>,
): Promise<INodeExecutionData[][]> {
  try {
    const { synced, conflict, failed } = await sort.call(context);
    return [synced, conflict, failed];
  } catch (error) {
    if (!context.continueOnFail()) throw toNodeError(context.getNode(), error, 0);
    return [[], [], [errorItem(context.getNode(), error, 0)]];
  }
}
