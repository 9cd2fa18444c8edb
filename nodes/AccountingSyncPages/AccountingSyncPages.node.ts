import {
  NodeConnectionTypes,
  type IHookFunctions,
  type INodeCredentialDescription,
  type INodeType,
  type INodeTypeDescription,
  type IWebhookFunctions,
  type IWebhookResponseData,
} from 'n8n-workflow';
import { testStore } from '../runtime/store';
import { storeCredential, storeParameter } from '../runtime/storeParameter';
import { forgetAddress, keepAddress } from './address';
import { SHOW, properties } from './properties';
import { servePage } from './serve';

const credentials: INodeCredentialDescription[] = [storeCredential];
const path = '={{$parameter["path"]}}';

export class AccountingSyncPages implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'Accounting Sync Pages',
    name: 'accountingSyncPages',
    icon: { light: 'file:accountingSyncPages.svg', dark: 'file:accountingSyncPages.dark.svg' },
    group: ['trigger'],
    version: [1],
    subtitle: '={{"/" + $parameter["path"]}}',
    description:
      'Serves the page on which people decide conflicts, and starts the workflow with each decision',
    defaults: { name: 'Accounting Sync Pages' },
    eventTriggerDescription: 'Open a link made by Accounting Sync, resource Conflict, operation Create Link',
    activationMessage: 'Links to decide conflicts now lead to this page.',
    inputs: [],
    outputs: [NodeConnectionTypes.Main],
    credentials,
    webhooks: [
      { name: SHOW, httpMethod: 'GET', responseMode: 'onReceived', isFullPath: true, path },
      { name: 'default', httpMethod: 'POST', responseMode: 'onReceived', isFullPath: true, path },
    ],
    properties: [...properties, storeParameter],
  };

  methods = { credentialTest: { accountingSyncStoreTest: testStore } };

  webhookMethods = {
    default: {
      async checkExists(this: IHookFunctions): Promise<boolean> {
        // The address may be another one with every start of n8n.
        return false;
      },
      async create(this: IHookFunctions): Promise<boolean> {
        return await keepAddress.call(this);
      },
      async delete(this: IHookFunctions): Promise<boolean> {
        return await forgetAddress.call(this);
      },
    },
  };

  async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
    return await servePage.call(this);
  }
}
