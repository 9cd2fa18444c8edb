import type { IDataObject, ITaskData } from 'n8n-workflow';
import { unflatten } from './unflatten';

/** n8n's words for where an execution stands. */
export type ExecutionStatus =
  | 'new'
  | 'running'
  | 'waiting'
  | 'success'
  | 'error'
  | 'canceled'
  | 'crashed'
  | 'unknown';

/** A line of the list of executions. */
export interface ExecutionSummary {
  readonly id: string;
  readonly workflowId: string;
  readonly status: ExecutionStatus;
  readonly mode: string;
  readonly startedAt: string;
  readonly stoppedAt: string | null;
}

/** An execution with what every node received and returned. */
export interface Execution extends ExecutionSummary {
  readonly data: {
    readonly resultData: {
      readonly runData: Readonly<Record<string, readonly ITaskData[]>>;
      readonly lastNodeExecuted?: string;
      readonly error?: { readonly message: string; readonly description?: string | null };
    };
  };
}

/** Parses what the REST API answers for one execution. */
export function parseExecution(stored: unknown): Execution {
  const { data, ...summary } = stored as ExecutionSummary & { data: string };
  // An execution that has just been queued has no data yet.
  const parsed = (data ? unflatten(data) : undefined) as Partial<Execution['data']> | undefined;
  return { ...summary, data: { resultData: { runData: {}, ...parsed?.resultData } } };
}

/** The JSON of the items a node returned in its last run, or in run `run`, on one of its outputs. */
export function itemsOf(execution: Execution, node: string, { output = 0, run = -1 } = {}): IDataObject[] {
  const items = execution.data.resultData.runData[node]?.at(run)?.data?.['main']?.[output] ?? [];
  return items.map((item) => item.json);
}

/** Whether n8n is done with an execution for now; a waiting one is. */
export function isSettled({ status }: ExecutionSummary): boolean {
  return status !== 'new' && status !== 'running' && status !== 'unknown';
}
