import {
  NodeConnectionTypes,
  type IExecuteFunctions,
  type INodeExecutionData,
  type INodeType,
  type INodeTypeDescription,
} from 'n8n-workflow';
import { searchConnections } from '../runtime/listSearch';
import { testStore } from '../runtime/store';
import { properties } from './actions/properties';
import { router } from './actions/router';
import { recordListSearch } from './methods/listSearch';

export class AppRecords implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'App Records',
    name: 'appRecords',
    icon: { light: 'file:appRecords.svg', dark: 'file:appRecords.dark.svg' },
    group: ['transform'],
    version: [1],
    subtitle: '={{$parameter["operation"] + ": " + $parameter["entity"]}}',
    description: "Read and change the app's side of a connection; every edit is synchronised",
    defaults: { name: 'App Records' },
    usableAsTool: true,
    inputs: [NodeConnectionTypes.Main],
    outputs: [NodeConnectionTypes.Main],
    credentials: [{ name: 'accountingSyncStoreApi', required: false, testedBy: 'accountingSyncStoreTest' }],
    hints: [
      {
        message:
          'An edit is stored together with its change event. A published workflow with a QuickBooks Accounting Trigger sends it on.',
        type: 'info',
        location: 'ndv',
        whenToDisplay: 'beforeExecution',
        displayCondition: '={{ $parameter["operation"] === "upsert" }}',
      },
    ],
    properties,
  };

  methods = {
    listSearch: { searchConnections, ...recordListSearch },
    credentialTest: { accountingSyncStoreTest: testStore },
  };

  async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
    return await router.call(this);
  }
}
