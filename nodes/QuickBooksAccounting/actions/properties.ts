import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { EntityDefinition } from '../../../shared/schema/entity';
import { allowChanges } from '../../runtime/tool';
import { resources, type ResourceEntity } from './entities';
import * as create from './create.operation';
import * as find from './find.operation';
import * as get from './get.operation';
import * as getAll from './getAll.operation';
import * as remove from './remove.operation';
import * as update from './update.operation';

const resource: INodeProperties = {
  displayName: 'Resource',
  name: 'resource',
  type: 'options',
  noDataExpression: true,
  options: resources.map(({ entity }) => ({ name: entity.label, value: entity.name })),
  default: 'invoice',
};

/** What the capability table allows, entity by entity. */
const operations = resources.map(
  (candidate): INodeProperties => ({
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: { show: { resource: [candidate.entity.name] } },
    options: operationsOf(candidate).sort((a, b) => a.name.localeCompare(b.name)),
    default: 'get',
  }),
);

/** Such as `number`, or `display name`. */
function keyLabel({ fields, naturalKey }: EntityDefinition): string {
  return fields.find(({ name }) => name === naturalKey?.fields[0])?.label.toLowerCase() ?? 'name';
}

function operationsOf({ entity, capability }: ResourceEntity): INodePropertyOptions[] {
  const one = entity.label.toLowerCase();
  const many = entity.plural.toLowerCase();
  const a = /^[aeiou]/.test(one) ? `an ${one}` : `a ${one}`;
  const option = (name: string, value: string, description: string, action: string) => ({
    name,
    value,
    description,
    action,
  });
  const removals = {
    archive: option('Archive', 'archive', `Set ${a} inactive`, `Archive ${a}`),
    delete: option('Delete', 'delete', `Delete ${a} for good`, `Delete ${a}`),
    void: option('Void', 'void', `Void ${a}: it stays, with zero amounts`, `Void ${a}`),
  };
  return [
    ...(capability.create ? [option('Create', 'create', `Create ${a}`, `Create ${a}`)] : []),
    ...(entity.naturalKey
      ? [option('Find', 'find', `Look ${a} up by its ${keyLabel(entity)}`, `Find ${a}`)]
      : []),
    option('Get', 'get', `Retrieve ${a}`, `Get ${a}`),
    option('Get Many', 'getAll', `Retrieve a list of ${many}`, `Get many ${many}`),
    ...(capability.update ? [option('Update', 'update', `Update ${a}`, `Update ${a}`)] : []),
    ...capability.remove.map((mode) => removals[mode]),
  ];
}

export const properties: INodeProperties[] = [
  resource,
  ...operations,
  ...get.description,
  ...update.description,
  ...create.description,
  ...find.description,
  ...getAll.description,
  ...remove.description,
  {
    displayName: 'Output',
    name: 'output',
    type: 'options',
    options: [
      {
        name: 'Canonical',
        value: 'canonical',
        description: 'Field names that are the same for every accounting tool; amounts as exact text',
      },
      {
        name: 'Raw',
        value: 'raw',
        description: 'Exactly as QuickBooks names its fields, such as DocNumber and TotalAmt',
      },
    ],
    default: 'canonical',
    description: 'Which field names the records have that come out',
  },
  allowChanges,
];
