import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import type { Connection } from '../../../../shared/ports';
import { systemRandom } from '../../../../shared/system';
import { actorOf } from '../../../runtime/actor';
import { boundToAnother } from '../../../runtime/connection';
import { noMeter } from '../../../runtime/meter';
import { QUICKBOOKS, quickBooksCompany, quickBooksSide } from '../../../runtime/quickBooks';
import { withStore } from '../../../runtime/store';
import { entityOptions, settingsFields } from './settings';
import { viewOf } from './view';

const show = { resource: ['connection'], operation: ['create'] };

export const description: INodeProperties[] = [
  {
    displayName: 'Provider',
    name: 'provider',
    type: 'options',
    options: [{ name: 'QuickBooks Online', value: QUICKBOOKS }],
    default: QUICKBOOKS,
    description: 'The accounting tool. The company is the one that the credential is connected to.',
    displayOptions: { show },
  },
  {
    displayName: 'Name',
    name: 'name',
    type: 'string',
    default: '',
    placeholder: 'Leave empty to use the name of the company',
    description: 'How the connection is shown in lists and items',
    displayOptions: { show },
  },
  {
    displayName: 'Entities',
    name: 'entities',
    type: 'multiOptions',
    options: entityOptions(QUICKBOOKS),
    default: [],
    hint: 'Choose none to keep all of them in step',
    description: 'Which kinds of records are kept in step',
    displayOptions: { show },
  },
  {
    displayName: 'Daily Read Budget',
    name: 'dailyReadBudget',
    type: 'number',
    typeOptions: { minValue: 0 },
    default: 0,
    hint: '0 is no limit',
    description:
      'How many times a day (UTC) the sync may read from the accounting tool. When they are used up, events wait for the next day.',
    displayOptions: { show },
  },
  {
    displayName: 'Add Form Fields',
    name: 'formFields',
    type: 'boolean',
    noDataExpression: true,
    default: false,
    description: 'Whether to add "formFields": entities and budget as the JSON fields of an n8n Form page',
    displayOptions: { show },
  },
];

/**
 * The connection of the credential's company, made if it is not there yet. The company answers first, so that nobody
 * makes a connection to books that his credential does not open.
 */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const company = await quickBooksCompany(this);
  const name = (this.getNodeParameter('name', itemIndex) as string).trim();
  const chosen = this.getNodeParameter('entities', itemIndex) as string[];
  const dailyReadBudget = this.getNodeParameter('dailyReadBudget', itemIndex) as number;
  const isForm = this.getNodeParameter('formFields', itemIndex, false) === true;
  const { name: companyName } = await quickBooksSide(this, company, noMeter).companyInfo();
  return await withStore(this, async (store) => {
    const wanted: Connection = {
      ...company,
      id: systemRandom.id(),
      name: name || companyName,
      state: 'active',
      pausedReason: null,
      resumeAt: null,
      settings: {
        ...(chosen.length > 0 ? { entities: chosen } : {}),
        ...(dailyReadBudget > 0 ? { dailyReadBudget } : {}),
      },
      createdAt: store.now(),
    };
    const { connection, created } = await store.connections.create(wanted, actorOf(this));
    if (connection.binding.credentialId !== company.binding.credentialId) throw boundToAnother(connection);
    const view = viewOf(connection);
    const given = { entities: view.entityLabels, dailyReadBudget: String(view.dailyReadBudget ?? 0) };
    const form = isForm ? { formFields: settingsFields(connection.provider, given) } : {};
    return [{ created, ...view, ...form }];
  });
}
