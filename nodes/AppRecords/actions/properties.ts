import type { INodeProperties } from 'n8n-workflow';
import { entities } from '../../../shared/schema/entities';
import type { EntityDefinition } from '../../../shared/schema/entity';
import { connectionLocator } from '../../runtime/connection';
import { allowChanges } from '../../runtime/tool';
import * as get from './get.operation';
import * as getAll from './getAll.operation';
import * as remove from './remove.operation';
import * as upsert from './upsert.operation';

const entityProperty = (operation: string[], those: readonly EntityDefinition[]): INodeProperties => ({
  displayName: 'Entity',
  name: 'entity',
  type: 'options',
  options: those
    .map(({ label, name }) => ({ name: label, value: name }))
    .sort((a, b) => a.name.localeCompare(b.name)),
  default: 'invoice',
  description: 'The kind of record',
  // The body of a request names its entity itself.
  displayOptions: { show: { operation }, hide: { dataMode: ['request'] } },
});

export const properties: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    options: [
      {
        name: 'Create or Update',
        value: 'upsert',
        description: 'Create a new record, or update the current one if it already exists (upsert)',
        action: 'Create or update an app record',
      },
      {
        name: 'Delete',
        value: 'delete',
        description: 'Delete a record; the sync removes it on the other side too',
        action: 'Delete an app record',
      },
      { name: 'Get', value: 'get', description: 'Retrieve a record', action: 'Get an app record' },
      {
        name: 'Get Many',
        value: 'getAll',
        description: 'Retrieve a list of records',
        action: 'Get many app records',
      },
      {
        name: 'Void',
        value: 'void',
        description: 'Void a document: it stays, and counts for nothing',
        action: 'Void an app record',
      },
    ],
    default: 'upsert',
  },
  connectionLocator({ operation: ['delete', 'get', 'getAll', 'upsert', 'void'] }),
  entityProperty(['delete', 'get', 'getAll', 'upsert'], entities),
  entityProperty(['void'], remove.voidable),
  ...get.description,
  ...getAll.description,
  ...remove.description,
  ...upsert.description,
  allowChanges,
];
