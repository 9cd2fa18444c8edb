import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { ValidationError } from '../../../../shared/errors';
import { actorOf } from '../../../runtime/actor';
import { chosenConnection, connectionLocator } from '../../../runtime/connection';
import { noMeter } from '../../../runtime/meter';
import { quickBooksCompany, quickBooksSide } from '../../../runtime/quickBooks';
import { withStore } from '../../../runtime/store';
import { viewOf } from './view';

const show = { resource: ['connection'], operation: ['rebind'] };

export const description: INodeProperties[] = [
  {
    displayName:
      'From now on the connection works with the credential that is chosen in this node, and with no other. That credential has to be connected to the same company, which is asked before anything is changed.',
    name: 'rebindNotice',
    type: 'notice',
    default: '',
    displayOptions: { show },
  },
  connectionLocator(show),
];

/** Hands a connection over to the credential of this node, once that has proved that it opens the same books. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const locator = this.getNodeParameter('connection', itemIndex);
  const company = await quickBooksCompany(this);
  return await withStore(this, async (store) => {
    const { id, name, provider, tenantId, binding } = await chosenConnection(store, locator);
    if (
      provider !== company.provider ||
      tenantId !== company.tenantId ||
      binding.baseUrl !== company.binding.baseUrl
    ) {
      throw new ValidationError(
        `"${name}" is the company ${tenantId} at ${binding.baseUrl}, and the credential is connected to ${company.tenantId} at ${company.binding.baseUrl}`,
        { nextStep: 'Choose a credential that is connected to the company of this connection.' },
      );
    }
    const info = await quickBooksSide(this, company, noMeter).companyInfo();
    const options = { by: actorOf(this), now: store.now() };
    const rebound = await store.connections.rebind(id, company.binding, options);
    return [{ ...viewOf(rebound), previousCredentialId: binding.credentialId, company: info.name }];
  });
}
