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
  return `workflow ${context.getWorkflow().id ?? 'unsaved'} (execution ${context.getExecutionId() || 'unsaved'})`;
}

/** Who runs a trigger: there is no execution yet. */
export const triggerActor = (context: Pick<Context, 'getWorkflow'>): Actor =>
  `trigger ${context.getWorkflow().id ?? 'unsaved'}`;

/** n8n keeps it to itself; where it is gone one day, the workflow is named instead. */
function userIdOf(context: object): string | null {
  const { additionalData } = context as { additionalData?: { userId?: unknown } };
  const userId = additionalData?.userId;
  return typeof userId === 'string' && /^[\w-]{1,64}$/.test(userId) ? userId : null;
}
