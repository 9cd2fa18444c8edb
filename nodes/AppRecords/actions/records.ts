import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { AppRecords } from '../../../shared/app/records';
import { ValidationError } from '../../../shared/errors';
import type { AppRecord } from '../../../shared/ports';
import { entities, entityNamed } from '../../../shared/schema/entities';
import type { EntityDefinition } from '../../../shared/schema/entity';
import { systemRandom } from '../../../shared/system';
import { clockOf } from '../../runtime/clock';
import { chosenConnection } from '../../runtime/connection';
import { locatorValue } from '../../runtime/locator';
import { recordLocator } from '../../runtime/properties';
import { withStore } from '../../runtime/store';

/** The records of the connection that the item chooses. */
export async function withRecordsOf<T>(
  context: IExecuteFunctions,
  itemIndex: number,
  use: (records: AppRecords) => Promise<T>,
): Promise<T> {
  const locator = context.getNodeParameter('connection', itemIndex);
  return await withStore(context, async (store) => {
    const { id: connectionId } = await chosenConnection(store, locator);
    return await use(new AppRecords({ store, connectionId, clock: clockOf(store), random: systemRandom }));
  });
}

/** As withRecordsOf, with the entity that is chosen beside it. */
export async function withRecords<T>(
  context: IExecuteFunctions,
  itemIndex: number,
  use: (records: AppRecords, entity: string) => Promise<T>,
): Promise<T> {
  const { name } = entityNamed(String(context.getNodeParameter('entity', itemIndex)));
  return await withRecordsOf(context, itemIndex, (records) => use(records, name));
}

/** A record as the node outputs it; the node takes the same shape back. */
export function viewOf(record: AppRecord) {
  const { id, connectionId, entity, version, state, fields, updatedAt, updatedBy = null } = record;
  const updated = { updatedAt: new Date(updatedAt).toISOString(), updatedBy };
  return { entity, id, version, state, fields, ...updated, connectionId };
}

/** One locator per entity, as each has its own list. */
export const recordProperties = (
  operation: string[],
  those: readonly EntityDefinition[] = entities,
): INodeProperties[] =>
  those.map(({ name, label }) => ({
    ...recordLocator({ name: 'record', label, entity: name, openLists: true }),
    required: true,
    displayOptions: { show: { operation, entity: [name] } },
  }));

export function recordIdOf(context: IExecuteFunctions, itemIndex: number): string {
  const { value } = locatorValue(context.getNodeParameter('record', itemIndex));
  if (value !== '') return value;
  throw new ValidationError('No record is chosen', { nextStep: 'Choose one from the list, or give its ID.' });
}
