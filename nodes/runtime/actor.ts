import type { IExecuteFunctions } from 'n8n-workflow';
import type { Actor } from '../../shared/ports';

type Context = Pick<IExecuteFunctions, 'getMode' | 'getWorkflow' | 'getExecutionId'>;

/**
 * Who does what an operation does, as the audit will say: the person who runs a workflow by hand, else the workflow.
 * Only n8n is asked, never a parameter, which an expression could fill.
 */
export function actorOf(context: Context): Actor {
  const userId = context.getMode() === 'manual' ? userIdOf(context) : null;
  if (userId !== null) return `user ${userId}`;
  return executionOf(context);
}

type ExecutionContext = Pick<Context, 'getWorkflow' | 'getExecutionId'>;

/** Where n8n shows what was done. */
const executionOf = (context: ExecutionContext) =>
  `workflow ${context.getWorkflow().id ?? 'unsaved'} (execution ${context.getExecutionId() || 'unsaved'})` as const;

const isExecution = (context: object): context is ExecutionContext =>
  'getWorkflow' in context && 'getExecutionId' in context;

/** The execution in which work is done; null where there is none, as in a trigger. */
export const originOf = (context: object): string | null =>
  isExecution(context) && context.getExecutionId() ? executionOf(context) : null;

/** Who runs a trigger: there is no execution yet. */
export const triggerActor = (context: Pick<Context, 'getWorkflow'>): Actor =>
  `trigger ${context.getWorkflow().id ?? 'unsaved'}`;

/** n8n keeps it to itself; where it is gone one day, the workflow is named instead. */
function userIdOf(context: object): string | null {
  const { additionalData } = context as { additionalData?: { userId?: unknown } };
  const userId = additionalData?.userId;
  return typeof userId === 'string' && /^[\w-]{1,64}$/.test(userId) ? userId : null;
}
