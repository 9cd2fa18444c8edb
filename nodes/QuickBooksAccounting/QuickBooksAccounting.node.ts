import {
  NodeConnectionTypes,
  type IExecuteFunctions,
  type INodeExecutionData,
  type INodeType,
  type INodeTypeDescription,
} from 'n8n-workflow';
import { actionSubtitle } from '../runtime/subtitle';
import { readOnlyTool } from '../runtime/tool';
import { properties } from './actions/properties';
import { router } from './actions/router';
import { recordListSearch } from './methods/listSearch';

const description = 'Read and change records of a QuickBooks Online company';

export class QuickBooksAccounting implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'QuickBooks Accounting',
    name: 'quickBooksAccounting',
    icon: { light: 'file:quickBooksAccounting.svg', dark: 'file:quickBooksAccounting.dark.svg' },
    group: ['transform'],
    version: [1],
    subtitle: actionSubtitle(properties),
    description,
    defaults: { name: 'QuickBooks Accounting' },
    usableAsTool: readOnlyTool(description),
    inputs: [NodeConnectionTypes.Main],
    outputs: [NodeConnectionTypes.Main],
    credentials: [{ name: 'accountingSyncQuickBooksOAuth2Api', required: true }],
    properties,
  };

  methods = { listSearch: recordListSearch };

  async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
    return await router.call(this);
  }
}
