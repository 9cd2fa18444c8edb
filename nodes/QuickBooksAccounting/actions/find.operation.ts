import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import type { SideRecord } from '../../../shared/ports';
import type { ProviderSide } from '../../../shared/providers/provider';
import { entityNamed } from '../../../shared/schema/entities';
import type { Fields } from '../../../shared/schema/entity';
import { systemRandom } from '../../../shared/system';
import { propertiesOf } from '../../runtime/properties';
import { fieldsFrom } from '../../runtime/values';
import { findable, type ResourceEntity } from './entities';
import { openSide, resourceOf, viewOf } from './records';

export const description: INodeProperties[] = findable.flatMap(findProperties);

function findProperties({ entity }: ResourceEntity): INodeProperties[] {
  const show = { resource: [entity.name], operation: ['find'] };
  return keyOf(entity.name).flatMap((spec, index) =>
    propertiesOf(spec).map(
      (property): INodeProperties => ({
        ...property,
        required: index === 0,
        displayOptions: { show: { ...show, ...property.displayOptions?.show } },
        ...(index === 0 ? {} : { description: 'Leave empty to find it whatever this is' }),
      }),
    ),
  );
}

function keyOf(name: string) {
  const entity = entityNamed(name);
  return (entity.naturalKey?.fields ?? []).flatMap((field) =>
    entity.fields.filter((spec) => spec.name === field),
  );
}

/** Pages looked through at most. */
const MAX_PAGES = 100;
const PAGE = 1_000;

/** The records that have what was entered of the natural key: none, one or several. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const entity = resourceOf(this);
  const specs = keyOf(entity);
  const entered: IDataObject = {};
  for (const { name } of specs) entered[name] = this.getNodeParameter(name, itemIndex, '') as IDataObject;
  const records = await recordsWith(await openSide(this), entity, fieldsFrom(specs, entered, true));
  return records.map((record) => viewOf(this, itemIndex, record));
}

async function recordsWith(side: ProviderSide, entity: string, key: Fields): Promise<SideRecord[]> {
  const match = await side.find(entity, key, systemRandom.id());
  if (match.kind === 'ambiguous') return match.records;
  if (match.kind !== 'none') return [match.record];
  // That search is for records to be adopted: it passes over those that bear a mark of the sync.
  if (side.capabilities.entities[entity]?.lookup !== 'external_id') return [];
  const found: SideRecord[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MAX_PAGES; page++) {
    const { records, next } = await side.list(entity, { limit: PAGE, cursor });
    found.push(...records.filter(({ fields }) => hasAll(fields, key)));
    if (next === null) break;
    cursor = next;
  }
  return found;
}

const hasAll = (fields: Fields, key: Fields): boolean =>
  Object.entries(key).every(([name, value]) => JSON.stringify(fields[name]) === JSON.stringify(value));
