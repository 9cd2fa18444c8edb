import type { IExecuteFunctions, IAllExecuteFunctions } from 'n8n-workflow';

/** What execution, trigger, webhook and list-search contexts of n8n have in common. */
export interface NodeContext {
  getNode: IExecuteFunctions['getNode'];
  getCredentials: IExecuteFunctions['getCredentials'];
  logger: IExecuteFunctions['logger'];
}

/** A chosen credential, as messages name it. */
export function credentialNamed(context: Pick<NodeContext, 'getNode'>, type: string): string {
  const name = context.getNode().credentials?.[type]?.name;
  return name ? `credential "${name}"` : 'credential';
}

/** The same, where calls to the provider can be made. */
export interface HttpNodeContext extends NodeContext {
  helpers: Pick<IAllExecuteFunctions['helpers'], 'httpRequestWithAuthentication'>;
}
