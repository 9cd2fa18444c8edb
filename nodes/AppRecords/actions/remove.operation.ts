import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { appCapabilities } from '../../../shared/app/side';
import { UnsupportedError } from '../../../shared/errors';
import { entities, entityNamed } from '../../../shared/schema/entities';
import { recordIdOf, recordProperties, viewOf, withRecords } from './records';

/** Entities that can be voided; the others can only be deleted. */
export const voidable = entities.filter(({ name }) =>
  appCapabilities.entities[name]?.remove.includes('void'),
);

export const description: INodeProperties[] = [
  ...recordProperties(['delete']),
  ...recordProperties(['void'], voidable),
];

/** Delete and void; the record stays readable with its new state. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const mode = this.getNodeParameter('operation', 0) as 'delete' | 'void';
  return await withRecords(this, itemIndex, async (records, entity) => {
    const { label } = entityNamed(entity);
    if (!appCapabilities.entities[entity]?.remove.includes(mode)) {
      throw new UnsupportedError(`${label} records cannot be voided`, {
        entity,
        nextStep: 'Delete the record, or set it inactive.',
      });
    }
    const record = await records.remove(
      entity,
      recordIdOf(this, itemIndex),
      mode === 'void' ? 'voided' : 'deleted',
    );
    return [viewOf(record)];
  });
}
