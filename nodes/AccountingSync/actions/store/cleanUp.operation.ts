import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { cleanUp } from '../../../../shared/store';
import { systemClock } from '../../../../shared/system';
import { actorOf } from '../../../runtime/actor';
import { withStore } from '../../../runtime/store';

/** Others have their turn between two batches. */
const REST_MS = 5;

export const description: INodeProperties[] = [
  {
    displayName:
      'Removes settled events, finished writes, closed conflicts, deleted app records, counted calls and old audit rows, each after its time. What was agreed on about a record is always kept.',
    name: 'cleanUpNotice',
    type: 'notice',
    default: '',
    displayOptions: { show: { resource: ['store'], operation: ['cleanUp'] } },
  },
];

export async function execute(this: IExecuteFunctions): Promise<object[]> {
  return await withStore(this, async (store) => {
    const options = { now: store.now(), by: actorOf(this), rest: () => systemClock.sleep(REST_MS) };
    const { removed, broken } = await cleanUp(store, options);
    return [{ removed, days: await store.retention.days(), connectionsWithBrokenAudit: broken }];
  });
}
