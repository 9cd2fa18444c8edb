import type { IExecuteFunctions } from 'n8n-workflow';
import { credentialNamed } from '../../../runtime/context';
import { noMeter } from '../../../runtime/meter';
import { QUICKBOOKS_CREDENTIAL, quickBooksCompany, quickBooksSide } from '../../../runtime/quickBooks';
import { withStore } from '../../../runtime/store';

/** The company that a credential opens, and its connection where it has one. Nothing is made. */
export async function execute(this: IExecuteFunctions): Promise<object[]> {
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
    return [
      {
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
      },
    ];
  });
}
