import type { INodeExecutionData } from 'n8n-workflow';

/**
 * In a test execution n8n runs `trigger` again for the node whose webhook was just called, and takes the items
 * from there; so the webhook leaves them here.
 */
const waiting = new Map<string, INodeExecutionData[]>();

interface TestedNode {
  getWorkflow(): { id?: string };
  getNode(): { id: string };
}

const keyOf = (context: TestedNode) => `${context.getWorkflow().id ?? ''}:${context.getNode().id}`;

export function handOver(context: TestedNode, items: INodeExecutionData[]): void {
  waiting.set(keyOf(context), items);
}

export function takeOver(context: TestedNode): INodeExecutionData[] | null {
  const items = waiting.get(keyOf(context)) ?? null;
  waiting.delete(keyOf(context));
  return items;
}
