import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { resources } from './entities';
import { openSide, readRecord, recordProperties, viewOf } from './records';

export const description: INodeProperties[] = recordProperties(resources, ['get']);

export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const record = await readRecord(this, await openSide(this), itemIndex);
  return [viewOf(this, itemIndex, record)];
}
