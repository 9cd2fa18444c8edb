import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { refusedEdit, refuseOversized } from '../../../shared/app/bounds';
import { entities, entityNamed } from '../../../shared/schema/entities';
import type { EntityDefinition, Fields } from '../../../shared/schema/entity';
import { shownValue } from '../../../shared/schema/text';
import { collectionOf, writableFields } from '../../runtime/properties';
import { fieldsFrom, recordFrom } from '../../runtime/values';
import { viewOf, withRecords } from './records';

const show = { operation: ['upsert'] };

export const description: INodeProperties[] = [
  {
    displayName: 'Record ID',
    name: 'recordId',
    type: 'string',
    default: '',
    placeholder: 'Leave empty for a new record',
    description:
      "The app's own ID of the record. A record that has it is changed; if there is none, it is created. Left empty, a new record gets an ID automatically.",
    displayOptions: { show },
  },
  {
    displayName: 'Fields From',
    name: 'dataMode',
    type: 'options',
    options: [
      { name: 'Define Each Field Below', value: 'define', description: 'Add the fields one by one' },
      {
        name: 'Input Item',
        value: 'input',
        description:
          'The "fields" of the input item, or else the whole item; its "ID" is the record ID unless one is given above',
      },
      { name: 'JSON', value: 'json', description: 'One object with all fields, usually an expression' },
    ],
    default: 'define',
    displayOptions: { show },
  },
  ...entities.map((entity) =>
    collectionOf(
      writableFields(entity),
      {
        displayName: 'Fields',
        name: 'fields',
        description:
          'Only the fields that you add are changed. One that is added and left empty is cleared. Lines replace all that were there.',
        displayOptions: { show: { ...show, dataMode: ['define'], entity: [entity.name] } },
      },
      { openLists: true, lineIds: true },
    ),
  ),
  {
    displayName: 'Fields',
    name: 'json',
    type: 'json',
    default: '{}',
    placeholder: '{ "dueDate": "2026-02-28" }',
    description: 'The fields by name, as Get outputs them; fields that are left out stay as they are',
    displayOptions: { show: { ...show, dataMode: ['json'] } },
  },
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add Option',
    default: {},
    displayOptions: { show },
    options: [
      {
        displayName: 'Expected Version',
        name: 'expectedVersion',
        type: 'number',
        typeOptions: { minValue: 1 },
        default: 1,
        description:
          'Refuses the edit when somebody has changed the record since it was read. Give the version that it had then.',
      },
    ],
  },
];

export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  return await withRecords(this, itemIndex, async (records, entity) => {
    const { id, fields } = editOf(this, itemIndex, entity);
    const expectedVersion = expectedVersionOf(this, itemIndex, entity);
    const { record, created, changed } = await records.upsert(entity, {
      fields,
      ...(id === '' ? {} : { id }),
      ...(expectedVersion === undefined ? {} : { expectedVersion }),
    });
    return [{ ...viewOf(record), created, changed }];
  });
}

function editOf(context: IExecuteFunctions, itemIndex: number, name: string): { id: string; fields: Fields } {
  const entity = entityNamed(name);
  const id = idFrom(entity, context.getNodeParameter('recordId', itemIndex, ''));
  const mode = context.getNodeParameter('dataMode', itemIndex) as string;
  if (mode === 'define') {
    const entered = context.getNodeParameter('fields', itemIndex, {}) as IDataObject;
    return { id, fields: fieldsFrom(entity.fields, entered) };
  }
  if (mode === 'json') {
    return { id, fields: fieldsOf(entity, context.getNodeParameter('json', itemIndex), id) };
  }
  const { id: ownId, ...rest } = context.getInputData()[itemIndex]?.json ?? {};
  const fields = 'fields' in rest ? rest['fields'] : rest;
  return { id: id || idFrom(entity, ownId), fields: fieldsOf(entity, fields, id) };
}

/** An id may be a number in the app; nothing, and an empty one, are none. */
function idFrom(entity: EntityDefinition, given: unknown): string {
  if (typeof given === 'string') return given.trim();
  if (given === undefined || given === null) return '';
  if (Number.isSafeInteger(given)) return String(given);
  const issue = { field: 'id', label: 'ID', reason: 'must be text', value: shownValue(given) };
  throw refusedEdit(entity, issue);
}

function fieldsOf(entity: EntityDefinition, given: unknown, recordId: string): Fields {
  const id = recordId === '' ? undefined : recordId;
  refuseOversized(entity, given, id);
  const parsed = typeof given === 'string' ? parse(given) : given;
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    const issue = { field: 'fields', label: 'Fields', reason: 'is not an object', value: shownValue(given) };
    throw refusedEdit(entity, issue, id, 'Give the fields as an object, such as { "number": "1001" }.');
  }
  refuseOversized(entity, parsed, id);
  return recordFrom(entity, parsed);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function expectedVersionOf(
  context: IExecuteFunctions,
  itemIndex: number,
  entity: string,
): number | undefined {
  const { expectedVersion: given } = context.getNodeParameter('options', itemIndex, {}) as IDataObject;
  if (given === undefined || given === null) return undefined;
  if (Number.isSafeInteger(given)) return given as number;
  throw refusedEdit(entityNamed(entity), {
    field: 'expectedVersion',
    label: 'Expected Version',
    reason: 'must be a whole number',
    value: shownValue(given),
  });
}
