import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { ValidationError, toSyncError } from '../../../../shared/errors';
import type { Connection, ConnectionSettings } from '../../../../shared/ports';
import { actorOf } from '../../../runtime/actor';
import { chosenConnection, connectionLocator } from '../../../runtime/connection';
import { QUICKBOOKS } from '../../../runtime/quickBooks';
import { withStore } from '../../../runtime/store';
import { entitiesIn, entityOptions, readBudgetIn, settingsFields } from './settings';
import { viewOf } from './view';

const show = { resource: ['connection'], operation: ['update'] };

export const description: INodeProperties[] = [
  connectionLocator(show),
  {
    displayName: 'Update Fields',
    name: 'updateFields',
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    displayOptions: { show },
    options: [
      {
        displayName: 'Daily Read Budget',
        name: 'dailyReadBudget',
        type: 'number',
        typeOptions: { minValue: 0 },
        default: 0,
        hint: '0 is no limit',
        description: 'How many times a day (UTC) the sync may read from the accounting tool',
      },
      {
        displayName: 'Entities',
        name: 'entities',
        type: 'multiOptions',
        options: entityOptions(QUICKBOOKS),
        default: [],
        description: 'Which kinds of records are kept in sync from now on',
      },
      {
        displayName: 'Name',
        name: 'name',
        type: 'string',
        default: '',
        description: 'How the connection is shown in lists and items',
      },
    ],
  },
  {
    displayName: 'Add Form Fields',
    name: 'formFields',
    type: 'boolean',
    noDataExpression: true,
    default: false,
    description:
      'Whether to output what is refused too: "refused" says why, and "formFields" asks again, as the JSON fields of an n8n Form page',
    displayOptions: { show },
  },
];

/** Changes what is given and nothing else; the audit keeps what was before, and who has changed it. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const locator = this.getNodeParameter('connection', itemIndex);
  const fields = this.getNodeParameter('updateFields', itemIndex, {}) as IDataObject;
  const isForm = this.getNodeParameter('formFields', itemIndex, false) === true;
  return await withStore(this, async (store) => {
    const connection = await chosenConnection(store, locator);
    const patch = patchOf(connection, fields);
    if (patch instanceof ValidationError) {
      if (!isForm) throw toSyncError(patch);
      return [refusedView(connection, fields, patch)];
    }
    await store.connections.update(connection.id, patch, { now: store.now(), by: actorOf(this) });
    return [viewOf({ ...connection, ...patch })];
  });
}

type Patch = Pick<Connection, 'settings'> & Partial<Pick<Connection, 'name'>>;

function patchOf({ settings, provider }: Connection, fields: IDataObject): Patch | ValidationError {
  try {
    return {
      ...(fields['name'] === undefined ? {} : { name: nameIn(fields['name']) }),
      settings: settingsWith(settings, fields, provider),
    };
  } catch (error) {
    if (error instanceof ValidationError) return error;
    throw toSyncError(error);
  }
}

/** Nothing was changed: why, and the question once more with what was answered. */
function refusedView(connection: Connection, fields: IDataObject, { message, details }: ValidationError) {
  const refused = [message, details.nextStep].filter(Boolean).join('. ');
  const entities = fields['entities'] ?? [];
  const given = {
    entities: (Array.isArray(entities) ? entities : [entities]).map(String),
    dailyReadBudget: String(fields['dailyReadBudget'] ?? ''),
  };
  const formFields = settingsFields(connection.provider, given, refused);
  return { refused, formFields, ...viewOf(connection) };
}

function nameIn(value: unknown): string {
  const name = String(value ?? '').trim();
  if (name !== '') return name;
  throw new ValidationError('The connection needs a name', {
    nextStep: 'Enter one, such as the name of the company.',
  });
}

function settingsWith(
  settings: ConnectionSettings,
  fields: IDataObject,
  provider: string,
): ConnectionSettings {
  const { dailyReadBudget: before, ...others } = settings;
  const budget =
    fields['dailyReadBudget'] === undefined ? (before ?? null) : readBudgetIn(fields['dailyReadBudget']);
  return {
    ...others,
    ...(fields['entities'] === undefined ? {} : { entities: entitiesIn(fields['entities'], provider) }),
    ...(budget === null ? {} : { dailyReadBudget: budget }),
  };
}
