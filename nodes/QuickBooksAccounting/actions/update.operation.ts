import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { StaleVersionError } from '../../../shared/errors';
import { entityNamed } from '../../../shared/schema/entities';
import { parseRecord, type Fields } from '../../../shared/schema/entity';
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
          'Fields that are not added stay as they are; one that is added and left empty is cleared. Lines are replaced as a whole.',
        displayOptions: { show: { resource: [entity.name], operation: OPERATION } },
      },
      notWritable,
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
          'Refuse the update when the record has another version by now, so that nobody is overwritten',
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
