import {
  NodeConnectionTypes,
  type IExecuteFunctions,
  type INodeExecutionData,
  type INodeType,
  type INodeTypeDescription,
} from 'n8n-workflow';
import { actionSubtitle } from '../runtime/subtitle';
import { properties } from './actions/properties';
import { router } from './actions/router';
import { recordListSearch } from './methods/listSearch';

export class QuickBooksAccounting implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'QuickBooks Accounting',
    name: 'quickBooksAccounting',
    icon: { light: 'file:quickBooksAccounting.svg', dark: 'file:quickBooksAccounting.dark.svg' },
    group: ['transform'],
    version: [1],
    subtitle: actionSubtitle(properties),
    description: 'Read and change records of a QuickBooks Online company',
    defaults: { name: 'QuickBooks Accounting' },
    usableAsTool: true,
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
