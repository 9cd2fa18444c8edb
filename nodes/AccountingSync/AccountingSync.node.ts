import {
  NodeConnectionTypes,
  type IExecuteFunctions,
  type INodeExecutionData,
  type INodeType,
  type INodeTypeDescription,
} from 'n8n-workflow';
import { searchConnections } from '../runtime/listSearch';
import { testStore } from '../runtime/store';
import * as connection from './actions/connection/Connection.resource';
import * as event from './actions/event/Event.resource';
import * as firstImport from './actions/import/Import.resource';
import { router } from './actions/router';

/** Operations that sort records by what became of them; the others have one output. */
const outputs =
  `={{ ["event:process", "import:run"].includes($parameter["resource"] + ":" + $parameter["operation"])
  ? ["Synced", "Conflict", "Failed"].map((displayName) => ({ type: "${NodeConnectionTypes.Main}", displayName }))
  : [{ type: "${NodeConnectionTypes.Main}" }] }}` as const;

export class AccountingSync implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'Accounting Sync',
    name: 'accountingSync',
    icon: { light: 'file:accountingSync.svg', dark: 'file:accountingSync.dark.svg' },
    group: ['transform'],
    version: [1],
    subtitle: '={{$parameter["operation"] + ": " + $parameter["resource"]}}',
    description: 'Keep an app and an accounting tool in step, both ways',
    defaults: { name: 'Accounting Sync' },
    usableAsTool: true,
    inputs: [NodeConnectionTypes.Main],
    outputs,
    credentials: [
      {
        name: 'accountingSyncQuickBooksOAuth2Api',
        required: true,
        displayOptions: { show: { operation: ['create', 'process', 'run', 'test'] } },
      },
      { name: 'accountingSyncStoreApi', required: false, testedBy: 'accountingSyncStoreTest' },
    ],
    hints: [
      {
        message:
          'Put this right after a QuickBooks Accounting Trigger. One execution works off all that is due; how many items come in does not matter.',
        type: 'info',
        location: 'ndv',
        whenToDisplay: 'beforeExecution',
        displayCondition:
          '={{ $parameter["resource"] === "event" && $parameter["operation"] === "process" }}',
      },
    ],
    properties: [
      {
        displayName: 'Resource',
        name: 'resource',
        type: 'options',
        noDataExpression: true,
        options: [
          { name: 'Connection', value: 'connection' },
          { name: 'Event', value: 'event' },
          { name: 'Import', value: 'import' },
        ],
        default: 'event',
      },
      ...connection.description,
      ...event.description,
      ...firstImport.description,
    ],
  };

  methods = {
    listSearch: { searchConnections },
    credentialTest: { accountingSyncStoreTest: testStore },
  };

  async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
    return await router.call(this);
  }
}
