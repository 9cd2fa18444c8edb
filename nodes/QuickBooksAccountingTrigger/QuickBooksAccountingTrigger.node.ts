import {
  NodeConnectionTypes,
  type IHookFunctions,
  type INodeCredentialDescription,
  type INodeType,
  type INodeTypeDescription,
  type ITriggerFunctions,
  type ITriggerResponse,
  type IWebhookFunctions,
  type IWebhookResponseData,
} from 'n8n-workflow';
import { testStore } from '../runtime/store';
import { storeCredential, storeParameter } from '../runtime/storeParameter';
import { properties } from './properties';
import { startTrigger } from './start';
import { receiveWebhook } from './receive';

const credentials: INodeCredentialDescription[] = [
  { name: 'accountingSyncQuickBooksOAuth2Api', required: true },
  storeCredential,
];

export class QuickBooksAccountingTrigger implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'QuickBooks Accounting Trigger',
    name: 'quickBooksAccountingTrigger',
    icon: {
      light: 'file:quickBooksAccountingTrigger.svg',
      dark: 'file:quickBooksAccountingTrigger.dark.svg',
    },
    group: ['trigger'],
    version: [1],
    subtitle: '={{"/" + $parameter["path"]}}',
    description: 'Starts the workflow when records change in QuickBooks Online or in your app',
    defaults: { name: 'QuickBooks Accounting Trigger' },
    eventTriggerDescription: 'Change a record in QuickBooks, or send a test event from the Intuit portal',
    activationMessage: 'Changes in QuickBooks and in the app now start this workflow.',
    inputs: [],
    outputs: [NodeConnectionTypes.Main],
    credentials,
    webhooks: [
      {
        name: 'default',
        httpMethod: 'POST',
        responseMode: 'onReceived',
        isFullPath: true,
        path: '={{$parameter["path"]}}',
        rawBody: true,
      },
    ],
    properties: [...properties, storeParameter],
  };

  methods = { credentialTest: { accountingSyncStoreTest: testStore } };

  /** Intuit offers no way to register a webhook by API: the address is entered in its portal by hand. */
  webhookMethods = {
    default: {
      async checkExists(this: IHookFunctions): Promise<boolean> {
        return true;
      },
      async create(this: IHookFunctions): Promise<boolean> {
        return true;
      },
      async delete(this: IHookFunctions): Promise<boolean> {
        return true;
      },
    },
  };

  async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
    return await receiveWebhook.call(this);
  }

  async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
    return await startTrigger.call(this);
  }
}
