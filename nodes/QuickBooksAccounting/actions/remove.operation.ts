import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import type { RemoveMode } from '../../../shared/ports';
import { removable } from './entities';
import { openSide, readRecord, recordProperties, resourceOf, viewOf, writeKey } from './records';

export const description: INodeProperties[] = (['archive', 'delete', 'void'] as const).flatMap((mode) =>
  recordProperties(removable(mode), [mode]),
);

/** Archive, delete and void, whichever the operation is. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const mode = this.getNodeParameter('operation', 0) as RemoveMode;
  const entity = resourceOf(this);
  const side = await openSide(this);
  const current = await readRecord(this, side, itemIndex);
  const key = writeKey(this, itemIndex, { [mode]: current.id, version: current.version });
  const record = await side.remove(entity, current, mode, { key });
  return [viewOf(this, itemIndex, record)];
}
