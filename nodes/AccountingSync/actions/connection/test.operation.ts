import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { ValidationError } from '../../../../shared/errors';
import { chosenConnection, connectionLocator, requireConnectionsOf } from '../../../runtime/connection';
import { locatorValue } from '../../../runtime/locator';
import { quickBooksCompany } from '../../../runtime/quickBooks';
import { withConnection } from '../../../runtime/run';
import { withStore } from '../../../runtime/store';
import { viewOf } from './view';

export const description: INodeProperties[] = [
  {
    ...connectionLocator({ resource: ['connection'], operation: ['test'] }, 'The one of the credential'),
    description: 'Left empty, it is the connection of the company that the credential is connected to',
  },
];

/** An answer of the company proves the credential, so a connection that was paused for it goes on. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const locator = this.getNodeParameter('connection', itemIndex);
  const company = await quickBooksCompany(this);
  return await withStore(this, async (store) => {
    const chosen =
      locatorValue(locator).value === ''
        ? await requireConnectionsOf(store.connections, company.realmId)
        : [await chosenConnection(store.connections, locator)];
    const results: object[] = [];
    for (const connection of chosen) {
      if (connection.tenantId !== company.realmId) {
        throw new ValidationError(
          `"${connection.name}" is the company ${connection.tenantId}, and the credential is connected to ${company.realmId}`,
          { nextStep: 'Choose the credential that is connected to the company of this connection.' },
        );
      }
      const info = await withConnection(this, store, { company, connection }, ({ ledger }) =>
        ledger.companyInfo(),
      );
      const resumed = connection.state === 'paused';
      if (resumed || connection.resumeAt !== null) {
        const going = { state: 'active' as const, pausedReason: null, resumeAt: null };
        await store.connections.update(connection.id, going);
        Object.assign(connection, going);
      }
      results.push({ ...viewOf(connection), company: info.name, country: info.country, resumed });
    }
    return results;
  });
}
