import type { IExecuteFunctions, IAllExecuteFunctions } from 'n8n-workflow';

/** What execution, trigger, webhook and list-search contexts of n8n have in common. */
export interface NodeContext {
  getNode: IExecuteFunctions['getNode'];
  getCredentials: IExecuteFunctions['getCredentials'];
  logger: IExecuteFunctions['logger'];
}

/** The same, where calls to the provider can be made. */
export interface HttpNodeContext extends NodeContext {
  helpers: Pick<IAllExecuteFunctions['helpers'], 'httpRequestWithAuthentication'>;
}
