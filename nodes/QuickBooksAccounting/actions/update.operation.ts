import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { StaleVersionError } from '../../../shared/errors';
import { entityNamed } from '../../../shared/schema/entities';
import type { Fields } from '../../../shared/schema/entity';
import { parseRecord } from '../../../shared/schema/parse';
import { collectionOf, writableFields } from '../../runtime/properties';
import { QUICKBOOKS } from '../../runtime/quickBooks';
import { fieldsFrom } from '../../runtime/values';
import { namesOf, updatable } from './entities';
import { openSide, readRecord, recordProperties, resourceOf, viewOf, writeKey } from './records';

const OPERATION = ['update'];

export const description: INodeProperties[] = [
  ...recordProperties(updatable, OPERATION),
  ...updatable.map(({ entity, notWritable }) =>
    collectionOf(
      writableFields(entity, notWritable).filter((spec) => !spec.immutable),
      {
        displayName: 'Update Fields',
        name: 'updateFields',
        description:
          'Only the fields that you add are changed. One that is added and left empty is cleared. Lines replace all that were there.',
        displayOptions: { show: { resource: [entity.name], operation: OPERATION } },
      },
      { leaveOut: notWritable, strictLines: true, lineIds: true },
    ),
  ),
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add Option',
    default: {},
    displayOptions: { show: { resource: namesOf(updatable), operation: OPERATION } },
    options: [
      {
        displayName: 'Expected Version',
        name: 'expectedVersion',
        type: 'string',
        default: '',
        placeholder: 'e.g. {{ $json.version }}',
        description:
          'Refuses the update when somebody has changed the record since it was read. Give the version that it had then.',
      },
    ],
  },
];

export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const entity = entityNamed(resourceOf(this));
  const { expectedVersion = '' } = this.getNodeParameter('options', itemIndex, {}) as {
    expectedVersion?: string;
  };
  const entered = this.getNodeParameter('updateFields', itemIndex, {}) as IDataObject;
  const edits = fieldsFrom(entity.fields, entered);
  const side = await openSide(this);
  const current = await readRecord(this, side, itemIndex);
  if (expectedVersion !== '' && expectedVersion !== current.version) {
    throw new StaleVersionError(
      `${entity.label} ${current.id} has changed since version ${expectedVersion}`,
      {
        provider: QUICKBOOKS,
        entity: entity.name,
        recordId: current.id,
        nextStep: 'Read the record again and repeat the update on it.',
      },
    );
  }
  // The schema speaks of whole records, so the edits are checked as part of one.
  const whole = parseRecord(entity, { ...current.fields, ...edits }, current.id);
  const desired: Fields = Object.fromEntries(Object.keys(edits).map((name) => [name, whole[name]]));
  const key = writeKey(this, itemIndex, { update: current.id, version: current.version, desired });
  const record = await side.update(entity.name, current, desired, { key });
  return [viewOf(this, itemIndex, record)];
}
