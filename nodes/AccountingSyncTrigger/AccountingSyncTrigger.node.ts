import {
  NodeConnectionTypes,
  type INodeCredentialDescription,
  type INodeType,
  type INodeTypeDescription,
  type ITriggerFunctions,
  type ITriggerResponse,
} from 'n8n-workflow';
import { searchConnections } from '../runtime/listSearch';
import { testStore } from '../runtime/store';
import { storeCredential, storeParameter } from '../runtime/storeParameter';
import { eventNames, properties } from './properties';
import { startTrigger } from './start';

const credentials: INodeCredentialDescription[] = [storeCredential];

export class AccountingSyncTrigger implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'Accounting Sync Trigger',
    name: 'accountingSyncTrigger',
    icon: { light: 'file:accountingSyncTrigger.svg', dark: 'file:accountingSyncTrigger.dark.svg' },
    group: ['trigger'],
    version: [1],
    subtitle: `={{ $parameter["events"].map((event) => (${JSON.stringify(eventNames)})[event]).join(", ") }}`,
    description: 'Starts the workflow when people are needed, or when a record was changed by the sync',
    defaults: { name: 'Accounting Sync Trigger' },
    eventTriggerDescription: '',
    activationMessage: 'What happens in the sync from now on starts this workflow.',
    inputs: [],
    outputs: [NodeConnectionTypes.Main],
    credentials,
    properties: [...properties, storeParameter],
  };

  methods = {
    listSearch: { searchConnections },
    credentialTest: { accountingSyncStoreTest: testStore },
  };

  async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
    return await startTrigger.call(this);
  }
}
