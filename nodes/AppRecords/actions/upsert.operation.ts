import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { refusedEdit, refuseOversized } from '../../../shared/app/bounds';
import { editIn, editorFrom, idFrom, versionFrom, type SentEdit } from '../../../shared/app/edit';
import { entities, entityNamed } from '../../../shared/schema/entities';
import type { EntityDefinition, Fields } from '../../../shared/schema/entity';
import { shownValue } from '../../../shared/schema/text';
import { collectionOf, writableFields } from '../../runtime/properties';
import { fieldsFrom, recordFrom } from '../../runtime/values';
import { viewOf, withRecordsOf } from './records';

const show = { operation: ['upsert'] };
/** A request says itself what record it is about. */
const hide = { dataMode: ['request'] };

export const description: INodeProperties[] = [
  {
    displayName: 'Record ID',
    name: 'recordId',
    type: 'string',
    default: '',
    placeholder: 'Leave empty for a new record',
    description:
      "The app's own ID of the record. A record that has it is changed; if there is none, it is created. Left empty, a new record gets an ID automatically.",
    displayOptions: { show, hide },
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
      {
        name: 'Webhook Request',
        value: 'request',
        description:
          'The body that a Webhook node has received: "entity", "ID", "fields" and, optionally, "expectedVersion" and "by". Anything else in it is refused.',
      },
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
    displayOptions: { show, hide },
    options: [
      {
        displayName: 'Changed By',
        name: 'by',
        type: 'string',
        default: '',
        placeholder: 'e.g. jane@example.com',
        description: 'Who in the app has made the edit; people see it in conflicts and in the timeline',
      },
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
  const { entity, id, fields, expectedVersion, by } = editOf(this, itemIndex);
  return await withRecordsOf(this, itemIndex, async (records) => {
    const { record, created, changed } = await records.upsert(entity.name, {
      fields,
      ...(id === undefined ? {} : { id }),
      ...(expectedVersion === undefined ? {} : { expectedVersion }),
      ...(by === undefined ? {} : { by }),
    });
    return [{ ...viewOf(record), created, changed }];
  });
}

type Edit = Omit<SentEdit, 'fields'> & { fields: Fields };

function editOf(context: IExecuteFunctions, itemIndex: number): Edit {
  const mode = context.getNodeParameter('dataMode', itemIndex) as string;
  const item = context.getInputData()[itemIndex]?.json ?? {};
  if (mode === 'request') {
    const edit = editIn(item['body']);
    return { ...edit, fields: fieldsOf(edit.entity, edit.fields, edit.id) };
  }
  const entity = entityNamed(String(context.getNodeParameter('entity', itemIndex)));
  const given = idFrom(entity, context.getNodeParameter('recordId', itemIndex, ''));
  const options = context.getNodeParameter('options', itemIndex, {}) as IDataObject;
  const edit = {
    entity,
    id: given,
    expectedVersion: versionFrom(entity, options['expectedVersion']),
    by: editorFrom(entity, options['by']),
  };
  switch (mode) {
    case 'define': {
      const entered = context.getNodeParameter('fields', itemIndex, {}) as IDataObject;
      return { ...edit, fields: fieldsFrom(entity.fields, entered) };
    }
    case 'json':
      return { ...edit, fields: fieldsOf(entity, context.getNodeParameter('json', itemIndex), given) };
    default: {
      const { id: ownId, ...rest } = item;
      const id = given ?? idFrom(entity, ownId);
      return { ...edit, id, fields: fieldsOf(entity, 'fields' in rest ? rest['fields'] : rest, id) };
    }
  }
}

function fieldsOf(entity: EntityDefinition, given: unknown, id: string | undefined): Fields {
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
