import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

/** Return All and Limit. */
export const limitProperties = (show: Record<string, string[]>): INodeProperties[] => [
  {
    displayName: 'Return All',
    name: 'returnAll',
    type: 'boolean',
    default: false,
    description: 'Whether to return all results or only up to a given limit',
    displayOptions: { show },
  },
  {
    displayName: 'Limit',
    name: 'limit',
    type: 'number',
    typeOptions: { minValue: 1 },
    default: 50,
    description: 'Max number of results to return',
    displayOptions: { show: { ...show, returnAll: [false] } },
  },
];

export function limitOf(context: IExecuteFunctions, itemIndex: number): number {
  if (context.getNodeParameter('returnAll', itemIndex, false) === true) return Infinity;
  return context.getNodeParameter('limit', itemIndex, 50) as number;
}
