import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { entityNamed } from '../../../shared/schema/entities';
import { parseRecord } from '../../../shared/schema/parse';
import { collectionOf, propertiesOf, writableFields } from '../../runtime/properties';
import { entityParameter, fieldsFrom } from '../../runtime/values';
import { creatable, type ResourceEntity } from './entities';
import { openSide, resourceOf, viewOf, writeKey } from './records';

export const description: INodeProperties[] = creatable.flatMap(createProperties);

/** What QuickBooks asks for stands by itself; the rest is added one by one. */
function createProperties({ entity, notWritable }: ResourceEntity): INodeProperties[] {
  const fields = writableFields(entity, notWritable);
  const fieldOptions = { leaveOut: notWritable, strictLines: true };
  const show = { resource: [entity.name], operation: ['create'] };
  const required = fields
    .filter((spec) => spec.required)
    .flatMap((spec) => propertiesOf(spec, fieldOptions))
    .map(
      (property): INodeProperties => ({
        ...property,
        required: true,
        displayOptions: { show: { ...show, ...property.displayOptions?.show } },
      }),
    );
  const optional = collectionOf(
    fields.filter((spec) => !spec.required),
    { displayName: 'Additional Fields', name: 'additionalFields', displayOptions: { show } },
    fieldOptions,
  );
  return [...required, optional];
}

export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const entity = entityNamed(resourceOf(this));
  const entered: IDataObject = {
    ...(this.getNodeParameter('additionalFields', itemIndex, {}) as IDataObject),
  };
  for (const spec of entity.fields.filter(({ required }) => required)) {
    for (const name of [
      spec.name,
      ...((spec.references?.length ?? 0) > 1 ? [entityParameter(spec.name)] : []),
    ]) {
      entered[name] = this.getNodeParameter(name, itemIndex) as IDataObject;
    }
  }
  const fields = parseRecord(entity, fieldsFrom(entity.fields, entered));
  const key = writeKey(this, itemIndex, { create: entity.name, fields });
  const record = await (await openSide(this)).create(entity.name, fields, { key });
  return [viewOf(this, itemIndex, record)];
}
