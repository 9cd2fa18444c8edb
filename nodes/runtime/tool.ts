import type { IExecuteFunctions, INode, INodeProperties, INodeTypeDescription } from 'n8n-workflow';
import { ValidationError } from '../../shared/errors';

/**
 * A model that works through a node has read what customers write into memos and names, so it reads only, unless
 * whoever built the workflow allows more.
 */
export const allowChanges: INodeProperties = {
  displayName: 'Allow Changes',
  name: 'allowChanges',
  type: 'boolean',
  noDataExpression: true,
  default: false,
  description:
    'Whether the AI may create, change and remove records with this tool. Off, it only reads. It has to be switched on here by hand; the value of an expression does not count.',
  // Only where the node is a tool of an AI agent.
  displayOptions: { show: { '@tool': [true] } },
};

/** As a node describes itself where it is a tool. */
export const readOnlyTool = (description: string): NonNullable<INodeTypeDescription['usableAsTool']> => ({
  replacements: { description: `${description}. Reads only, unless Allow Changes is switched on.` },
});

/** n8n calls a node that an AI uses by its own name with Tool at the end. */
const isTool = ({ type }: INode): boolean => type.endsWith('Tool');

/** Throws where an AI is at work and the builder has not allowed changes: in so many words, not by an expression. */
export function requireChangesAllowed(context: Pick<IExecuteFunctions, 'getNode'>): void {
  const node = context.getNode();
  if (!isTool(node) || node.parameters[allowChanges.name] === true) return;
  throw new ValidationError(`The tool "${node.name}" may only read, and this operation changes something`, {
    nextStep: `Whoever built the workflow can switch on "${allowChanges.displayName}" in the tool.`,
  });
}
