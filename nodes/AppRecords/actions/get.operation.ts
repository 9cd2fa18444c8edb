import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { NotFoundError } from '../../../shared/errors';
import { entityNamed } from '../../../shared/schema/entities';
import { recordIdOf, recordProperties, viewOf, withRecords } from './records';

export const description: INodeProperties[] = recordProperties(['get']);

export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  return await withRecords(this, itemIndex, async (records, entity) => {
    const id = recordIdOf(this, itemIndex);
    const record = await records.get(entity, id);
    if (record) return [viewOf(record)];
    throw new NotFoundError(`${entityNamed(entity).label} ${id} is not among the app's records`, {
      entity,
      recordId: id,
      nextStep: 'Check the ID and the connection.',
    });
  });
}
