import {
  NodeApiError,
  NodeOperationError,
  type IDataObject,
  type INode,
  type INodeExecutionData,
  type JsonObject,
} from 'n8n-workflow';
import { toSyncError, type SyncError } from '../../shared/errors';
import { sentenceOf } from '../../shared/schema/parse';
import { textOf } from './logger';

/**
 * Whatever was thrown, as n8n shows it: the message says what happened, the description what to do next and
 * what the provider's support will ask for.
 */
export function toNodeError(
  node: INode,
  error: unknown,
  itemIndex?: number,
): NodeApiError | NodeOperationError {
  if (error instanceof NodeApiError || error instanceof NodeOperationError) return error;
  const failure = toSyncError(error);
  // n8n writes both into its log.
  const message = textOf(failure.message);
  const description = textOf(descriptionOf(failure));
  const at = itemIndex === undefined ? {} : { itemIndex };
  if (failure.details.provider !== undefined) {
    const answer: JsonObject = { message, ...(reportOf(failure) as JsonObject) };
    return saying(message, new NodeApiError(node, answer, { message, description, ...at }));
  }
  return saying(message, new NodeOperationError(node, message, { description, ...at }));
}

/**
 * n8n puts a sentence of its own in the place of a message that contains a word such as ENOTFOUND or EACCES,
 * which would lose the host, the path or the record that ours names.
 */
function saying<T extends NodeApiError | NodeOperationError>(message: string, error: T): T {
  error.message = message;
  return error;
}

/**
 * The item that takes the place of a result where the node continues on failure. n8n sends it to the error output
 * because it has no other members than these.
 */
export function errorItem(node: INode, error: unknown, itemIndex: number): INodeExecutionData {
  const shown = toNodeError(node, error, itemIndex);
  const details = error === shown ? {} : reportOf(toSyncError(error));
  return { json: { error: shown.message, details }, pairedItem: { item: itemIndex } };
}

function descriptionOf({ details }: SyncError): string {
  const { nextStep, providerCode, requestId, issues = [], moreIssues } = details;
  const others = issues.slice(1).map(sentenceOf);
  if (moreIssues !== undefined) others.push(`and ${moreIssues} more`);
  return [
    ...(others.length > 0 ? [`Also: ${others.join('; ')}.`] : []),
    ...(nextStep === undefined ? [] : [nextStep]),
    ...(providerCode === undefined ? [] : [`Code ${providerCode}.`]),
    ...(requestId === undefined ? [] : [`Request id ${requestId}.`]),
  ].join(' ');
}

function reportOf({ code, details }: SyncError): IDataObject {
  const { entity, recordId, field, issues, moreIssues, nextStep, providerCode, requestId } = details;
  const report = { code, entity, recordId, field, issues, moreIssues, nextStep, providerCode, requestId };
  return Object.fromEntries(Object.entries(report).filter(([, value]) => value !== undefined));
}
