import type { IExecuteFunctions } from 'n8n-workflow';
import { actorOf } from '../../../runtime/actor';
import { quickBooksCompany } from '../../../runtime/quickBooks';
import { withConnection } from '../../../runtime/run';
import { withStore } from '../../../runtime/store';
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
        const resumed = connection.state === 'paused';
        const going = { state: 'active' as const, pausedReason: null, resumeAt: null };
        if (resumed || connection.resumeAt !== null || connection.trouble) {
          const act = { now: store.now(), by: actorOf(this) };
          await store.connections.update(connection.id, { ...going, trouble: null }, act);
        }
        const { trouble: _past, ...known } = connection;
        return [{ ...viewOf({ ...known, ...going }), company: info.name, country: info.country, resumed }];
      }),
  );
}
