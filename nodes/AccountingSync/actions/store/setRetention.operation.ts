import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import type { RetentionDays } from '../../../../shared/ports';
import { DEFAULT_DAYS, LEAST_DAYS } from '../../../../shared/store';
import { actorOf } from '../../../runtime/actor';
import { withStore } from '../../../runtime/store';

const KINDS: Readonly<Record<keyof RetentionDays, { displayName: string; description: string }>> = {
  appRecords: { displayName: 'Deleted App Records', description: 'Days after they were deleted' },
  audit: {
    displayName: 'Audit',
    description: 'Days after which audit rows are archived; what they said of each record last is kept',
  },
  conflicts: { displayName: 'Closed Conflicts', description: 'Days after they were closed' },
  usage: { displayName: 'Counted Calls', description: 'Days after the calls were made' },
  decisionLinks: { displayName: 'Decision Links', description: 'Days after they expired' },
  events: {
    displayName: 'Settled Events',
    description:
      'Days after they were settled; as long as an event is kept, its notification is not taken twice',
  },
  intents: { displayName: 'Writes', description: 'Days after they were done with' },
};

export const description: INodeProperties[] = [
  {
    displayName: 'Days to Keep',
    name: 'days',
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    options: Object.entries(KINDS).map(([name, { displayName, description: about }]) => ({
      displayName,
      name,
      type: 'number' as const,
      typeOptions: { minValue: LEAST_DAYS[name as keyof RetentionDays] },
      default: DEFAULT_DAYS[name as keyof RetentionDays],
      description: about,
    })),
    displayOptions: { show: { resource: ['store'], operation: ['setRetention'] } },
  },
];

/** What is not given stays as it is. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const days = this.getNodeParameter('days', itemIndex, {}) as Partial<RetentionDays>;
  return await withStore(this, async (store) => [
    await store.retention.setDays(days, { now: store.now(), by: actorOf(this) }),
  ]);
}
