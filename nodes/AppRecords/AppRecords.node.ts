import {
  NodeConnectionTypes,
  type IExecuteFunctions,
  type INodeExecutionData,
  type INodeCredentialDescription,
  type INodeType,
  type INodeTypeDescription,
} from 'n8n-workflow';
import { searchConnections } from '../runtime/listSearch';
import { testStore } from '../runtime/store';
import { storeCredential, storeParameter } from '../runtime/storeParameter';
import { operationSubtitle } from '../runtime/subtitle';
import { readOnlyTool } from '../runtime/tool';
import { properties } from './actions/properties';
import { router } from './actions/router';
import { recordListSearch } from './methods/listSearch';

const description =
  "Read and change your app's own records; the sync carries every edit to the accounting tool";

const credentials: INodeCredentialDescription[] = [storeCredential];

export class AppRecords implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'App Records',
    name: 'appRecords',
    icon: { light: 'file:appRecords.svg', dark: 'file:appRecords.dark.svg' },
    group: ['transform'],
    version: [1],
    subtitle: operationSubtitle(properties, 'entity'),
    description,
    defaults: { name: 'App Records' },
    usableAsTool: readOnlyTool(description),
    inputs: [NodeConnectionTypes.Main],
    outputs: [NodeConnectionTypes.Main],
    credentials,
    hints: [
      {
        message:
          'This stores the edit. It reaches QuickBooks through a published workflow with a QuickBooks Accounting Trigger and Accounting Sync, such as the template webhook-sync.json.',
        type: 'info',
        location: 'inputPane',
        whenToDisplay: 'beforeExecution',
        displayCondition: '={{ $parameter["operation"] === "upsert" }}',
      },
    ],
    properties: [...properties, storeParameter],
  };

  methods = {
    listSearch: { searchConnections, ...recordListSearch },
    credentialTest: { accountingSyncStoreTest: testStore },
  };

  async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
    return await router.call(this);
  }
}
