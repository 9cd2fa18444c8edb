import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { STORE_CHAIN, type OpenStore } from '../../../../shared/store';
import { chosenConnection, connectionLocator } from '../../../runtime/connection';

/** Which log is meant: that of a connection, or that of the store. */
export const scopeProperties = (operation: string): INodeProperties[] => {
  const show = { resource: ['audit'], operation: [operation] };
  return [
    {
      displayName: 'Of',
      name: 'scope',
      type: 'options',
      options: [
        { name: 'A Connection', value: 'connection' },
        {
          name: 'The Whole Store',
          value: 'store',
          description: 'Policies of all connections, and which connections were created or erased',
        },
      ],
      default: 'connection',
      displayOptions: { show },
    },
    connectionLocator({ ...show, scope: ['connection'] }),
  ];
};

export async function chosenChain(
  context: IExecuteFunctions,
  store: OpenStore,
  itemIndex: number,
): Promise<{ connectionId: string; connectionName: string | null }> {
  if (context.getNodeParameter('scope', itemIndex) === 'store') {
    return { connectionId: STORE_CHAIN, connectionName: null };
  }
  const { id, name } = await chosenConnection(store, context.getNodeParameter('connection', itemIndex));
  return { connectionId: id, connectionName: name };
}
