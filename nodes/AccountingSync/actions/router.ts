import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { errorItem, toNodeError } from '../../runtime/errors';
import { changes, permitted, reads, runPerItem, type ItemOperation, type Routed } from '../../runtime/router';
import * as getAuditEntries from './audit/getAll.operation';
import * as verifyAudit from './audit/verify.operation';
import * as createConflictLink from './conflict/createLink.operation';
import * as getConflict from './conflict/get.operation';
import * as getConflicts from './conflict/getAll.operation';
import * as resolveConflict from './conflict/resolve.operation';
import * as getCompany from './connection/company.operation';
import * as createConnection from './connection/create.operation';
import * as getConnection from './connection/get.operation';
import * as getConnections from './connection/getAll.operation';
import * as pauseConnection from './connection/pause.operation';
import * as rebindConnection from './connection/rebind.operation';
import * as resumeConnection from './connection/resume.operation';
import * as testConnection from './connection/test.operation';
import * as updateConnection from './connection/update.operation';
import * as getEvents from './event/getAll.operation';
import * as processEvents from './event/process.operation';
import * as replayEvents from './event/replay.operation';
import * as dismissFailed from './failedRecord/dismiss.operation';
import * as getFailed from './failedRecord/getAll.operation';
import * as retryFailed from './failedRecord/retry.operation';
import * as previewImport from './import/preview.operation';
import * as runImport from './import/run.operation';
import * as tryRule from './policy/dryRun.operation';
import * as getRules from './policy/getAll.operation';
import * as getRuleHistory from './policy/history.operation';
import * as removeRule from './policy/remove.operation';
import * as setRule from './policy/set.operation';
import * as undoRule from './policy/undo.operation';
import * as getSides from './record/getSides.operation';
import * as getTimeline from './record/timeline.operation';
import * as cleanUpStore from './store/cleanUp.operation';
import * as eraseData from './store/erase.operation';
import * as setRetention from './store/setRetention.operation';
import type { Sorted } from './outcomes';

/** Operations that run once for each input item. */
const perItem: Record<string, Routed<ItemOperation>> = {
  'audit:getAll': reads(getAuditEntries.execute),
  'audit:verify': reads(verifyAudit.execute),
  'conflict:createLink': changes(createConflictLink.execute),
  'conflict:get': reads(getConflict.execute),
  'conflict:getAll': reads(getConflicts.execute),
  'conflict:resolve': changes(resolveConflict.execute),
  'connection:create': changes(createConnection.execute),
  'connection:get': reads(getConnection.execute),
  'connection:getAll': reads(getConnections.execute),
  'connection:getCompany': reads(getCompany.execute),
  'connection:pause': changes(pauseConnection.execute),
  'connection:rebind': changes(rebindConnection.execute),
  'connection:resume': changes(resumeConnection.execute),
  // It resumes what was paused.
  'connection:test': changes(testConnection.execute),
  'connection:update': changes(updateConnection.execute),
  'event:getAll': reads(getEvents.execute),
  'event:replay': changes(replayEvents.execute),
  'failedRecord:dismiss': changes(dismissFailed.execute),
  'failedRecord:getAll': reads(getFailed.execute),
  'failedRecord:retry': changes(retryFailed.execute),
  'import:preview': reads(previewImport.execute),
  'policy:dryRun': reads(tryRule.execute),
  'policy:getAll': reads(getRules.execute),
  'policy:history': reads(getRuleHistory.execute),
  'policy:remove': changes(removeRule.execute),
  'policy:set': changes(setRule.execute),
  'policy:undo': changes(undoRule.execute),
  'record:getSides': reads(getSides.execute),
  'record:timeline': reads(getTimeline.execute),
  'store:cleanUp': changes(cleanUpStore.execute),
  'store:erase': changes(eraseData.execute),
  'store:setRetention': changes(setRetention.execute),
};

/** Operations that run once and sort records into Synced, Conflict and Failed. */
type SortOperation = (this: IExecuteFunctions) => Promise<Sorted>;
const once: Record<string, Routed<SortOperation>> = {
  'event:process': changes(processEvents.execute),
  'import:run': changes(runImport.execute),
};

export async function router(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
  const name = `${this.getNodeParameter('resource', 0) as string}:${this.getNodeParameter('operation', 0) as string}`;
  const sort = once[name];
  if (sort) return await runOnce(this, sort);
  return [await runPerItem(this, perItem[name] as Routed<ItemOperation>)];
}

async function runOnce(
  context: IExecuteFunctions,
  operation: Routed<SortOperation>,
): Promise<INodeExecutionData[][]> {
  try {
    const { synced, conflict, failed } = await permitted(context, operation).call(context);
    return [synced, conflict, failed];
  } catch (error) {
    if (!context.continueOnFail()) throw toNodeError(context.getNode(), error, 0);
    return [[], [], [errorItem(context.getNode(), error, 0)]];
  }
}
