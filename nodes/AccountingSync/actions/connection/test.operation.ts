import type { IExecuteFunctions } from 'n8n-workflow';
import { actorOf } from '../../../runtime/actor';
import { quickBooksCompany } from '../../../runtime/quickBooks';
import { withConnection } from '../../../runtime/run';
import { withStore } from '../../../runtime/store';
import { resume } from './state';
import { viewOf } from './view';

/**
 * Tests the connection of the credential. An answer of the company proves the credential, so a connection that was
 * paused for it continues.
 */
export async function execute(this: IExecuteFunctions): Promise<object[]> {
  const company = await quickBooksCompany(this);
  return await withStore(
    this,
    async (store) =>
      await withConnection(this, store, company, async ({ connection, ledger }) => {
        const info = await ledger.companyInfo();
        const { connection: going, resumed } = await resume(store, connection, actorOf(this));
        return [{ ...viewOf(going), company: info.name, country: info.country, resumed }];
      }),
  );
}
