import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { providerNamed } from '../../../../shared/providers';
import { credentialNamed } from '../../../runtime/context';
import { noMeter } from '../../../runtime/meter';
import { QUICKBOOKS_CREDENTIAL, quickBooksCompany, quickBooksSide } from '../../../runtime/quickBooks';
import { withStore } from '../../../runtime/store';
import { escaped, htmlField, tableOf, type FormField } from '../conflict/formFields';

export const description: INodeProperties[] = [
  {
    displayName: 'Add Form Fields',
    name: 'formFields',
    type: 'boolean',
    noDataExpression: true,
    default: false,
    description:
      'Whether to add "formFields": the company, and whether it is the right one, as the JSON fields of an n8n Form page',
    displayOptions: { show: { resource: ['connection'], operation: ['getCompany'] } },
  },
];

/** The company that a credential opens, and its connection where it has one. Nothing is made. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const isForm = this.getNodeParameter('formFields', itemIndex, false) === true;
  const company = await quickBooksCompany(this);
  const info = await quickBooksSide(this, company, noMeter).companyInfo();
  return await withStore(this, async (store) => {
    const connection = (await store.connections.list()).find(
      ({ provider, tenantId, binding }) =>
        provider === company.provider &&
        tenantId === company.tenantId &&
        binding.baseUrl === company.binding.baseUrl,
    );
    const { environment, baseUrl, credentialId } = company.binding;
    const found = {
      company: info.name,
      country: info.country,
      connectionName: connection?.name ?? null,
      isBoundToThisCredential: connection ? connection.binding.credentialId === credentialId : null,
      credential: credentialNamed(this, QUICKBOOKS_CREDENTIAL),
      provider: company.provider,
      tenantId: company.tenantId,
      environment,
      baseUrl,
      connectionId: connection?.id ?? null,
    };
    return [isForm ? { ...found, formFields: fieldsOf(found) } : found];
  });
}

interface Found {
  company: string;
  country: string | null;
  connectionName: string | null;
  credential: string;
  provider: string;
  tenantId: string;
  environment: string;
}

function fieldsOf(found: Found): FormField[] {
  const { company, country, connectionName, credential, provider, tenantId, environment } = found;
  const rows: [string, string][] = [
    ['Accounting tool', `${providerNamed(provider).label} (${environment})`],
    ['Company', country === null ? company : `${company}, ${country}`],
    ['Company ID', tenantId],
    ['Opened by', credential],
    [
      'Connection',
      connectionName === null ? 'None yet' : `"${connectionName}" is there already, and is kept`,
    ],
  ];
  return [
    htmlField(`<h2>${escaped(company)}</h2>${tableOf(rows)}`),
    {
      fieldType: 'radio',
      fieldLabel: 'Is this the company?',
      fieldName: 'company',
      requiredField: true,
      fieldOptions: { values: [{ option: 'Yes, set it up' }, { option: 'No, stop here' }] },
    },
  ];
}
