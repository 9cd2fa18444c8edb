import {
  NodeConnectionTypes,
  type IExecuteFunctions,
  type INodeExecutionData,
  type INodeCredentialDescription,
  type INodeProperties,
  type INodeType,
  type INodeTypeDescription,
} from 'n8n-workflow';
import {
  searchConflicts,
  searchConnections,
  searchFailedRecords,
  searchRecords,
} from '../runtime/listSearch';
import { getRuleFields, searchParties } from './actions/policy/lists';
import { testStore } from '../runtime/store';
import { storeCredential, storeParameter } from '../runtime/storeParameter';
import { actionSubtitle } from '../runtime/subtitle';
import { allowChanges, readOnlyTool } from '../runtime/tool';
import * as audit from './actions/audit/Audit.resource';
import * as conflict from './actions/conflict/Conflict.resource';
import * as connection from './actions/connection/Connection.resource';
import * as event from './actions/event/Event.resource';
import * as failedRecord from './actions/failedRecord/FailedRecord.resource';
import * as firstImport from './actions/import/Import.resource';
import * as policy from './actions/policy/Policy.resource';
import * as record from './actions/record/Record.resource';
import { router } from './actions/router';
import * as store from './actions/store/Store.resource';

/** Operations that sort records by what became of them; the others have one output. */
const outputs =
  `={{ ["event:process", "import:run"].includes($parameter["resource"] + ":" + $parameter["operation"])
  ? ["Synced", "Conflict", "Failed"].map((displayName) => ({ type: "${NodeConnectionTypes.Main}", displayName }))
  : [{ type: "${NodeConnectionTypes.Main}" }] }}` as const;

const properties: INodeProperties[] = [
  {
    displayName: 'Resource',
    name: 'resource',
    type: 'options',
    noDataExpression: true,
    options: [
      { name: 'Audit', value: 'audit', description: 'What was changed, when, by whom and by which rule' },
      { name: 'Conflict', value: 'conflict', description: 'A record that waits for a person to decide' },
      {
        name: 'Connection',
        value: 'connection',
        description: 'A company in the accounting tool that is kept in sync with the app',
      },
      { name: 'Event', value: 'event', description: 'A change on one side that is carried to the other' },
      {
        name: 'Failed Record',
        value: 'failedRecord',
        description: 'A record that could not be brought in sync',
      },
      { name: 'Import', value: 'import', description: 'The first meeting of the records of both sides' },
      {
        name: 'Policy',
        value: 'policy',
        description: 'The rules of who wins where both sides have changed the same field',
      },
      {
        name: 'Record',
        value: 'record',
        description: 'What each side says of a record, and what happened to it',
      },
      { name: 'Store', value: 'store', description: 'What is kept, for how long, and what is erased' },
    ],
    default: 'event',
  },
  ...audit.description,
  ...conflict.description,
  ...connection.description,
  ...event.description,
  ...failedRecord.description,
  ...firstImport.description,
  ...policy.description,
  ...record.description,
  ...store.description,
  allowChanges,
];

const description = 'Keep your app and QuickBooks Online in sync, both ways, without overwriting anyone';

const credentials: INodeCredentialDescription[] = [
  {
    name: 'accountingSyncQuickBooksOAuth2Api',
    required: true,
    displayOptions: {
      show: {
        operation: ['create', 'getCompany', 'getSides', 'preview', 'process', 'rebind', 'run', 'test'],
      },
    },
  },
  storeCredential,
];

export class AccountingSync implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'Accounting Sync',
    name: 'accountingSync',
    icon: { light: 'file:accountingSync.svg', dark: 'file:accountingSync.dark.svg' },
    group: ['transform'],
    version: [1],
    subtitle: actionSubtitle(properties),
    description,
    defaults: { name: 'Accounting Sync' },
    usableAsTool: readOnlyTool(description),
    inputs: [NodeConnectionTypes.Main],
    outputs,
    credentials,
    hints: [
      {
        message:
          'Put this right after a QuickBooks Accounting Trigger. It runs once and processes all that is due, however many items come in.',
        type: 'info',
        location: 'inputPane',
        whenToDisplay: 'beforeExecution',
        displayCondition:
          '={{ $parameter["resource"] === "event" && $parameter["operation"] === "process" }}',
      },
    ],
    properties: [...properties, storeParameter],
  };

  methods = {
    listSearch: { searchConflicts, searchConnections, searchFailedRecords, searchParties, searchRecords },
    loadOptions: { getRuleFields },
    credentialTest: { accountingSyncStoreTest: testStore },
  };

  async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
    return await router.call(this);
  }
}
