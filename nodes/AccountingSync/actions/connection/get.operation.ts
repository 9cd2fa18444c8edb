import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { webhookFigures } from '../../../../shared/intake/figures';
import { providerNamed } from '../../../../shared/providers';
import { comparisonDueSince } from '../../../../shared/sync/catchUp';
import { chosenConnection, connectionLocator } from '../../../runtime/connection';
import { withStore } from '../../../runtime/store';
import { viewOf } from './view';
import { webhookStatus } from './webhookStatus';

export const description: INodeProperties[] = [
  connectionLocator({ resource: ['connection'], operation: ['get'] }),
];

/** With what the queue holds, what was read today and how its webhooks do, so that one look shows how it is. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const locator = this.getNodeParameter('connection', itemIndex);
  return await withStore(this, async (store) => {
    const connection = await chosenConnection(store, locator);
    const today = new Date(store.now()).toISOString().slice(0, 10);
    const [events, calls, webhooks, comparisonDue] = await Promise.all([
      store.queue.counts(connection.id),
      store.usage.get(connection.id, today),
      webhookFigures(store.intake, connection, today),
      comparisonDueSince(store, connection.id),
    ]);
    if (comparisonDue !== null) {
      this.addExecutionHints({
        message: `Since ${comparisonDue} more has happened in "${connection.name}" than its feed of changes shows; what was deleted may be missing here. Run First Import: it compares all records and overwrites nothing.`,
        type: 'warning',
        location: 'outputPane',
      });
    }
    const { label, webhook } = providerNamed(connection.provider);
    return [
      {
        ...viewOf(connection),
        events,
        callsToday: calls,
        webhookStatus: webhookStatus(webhooks, label, webhook, this.getTimezone()),
        webhooks,
        comparisonDueSince: comparisonDue,
      },
    ];
  });
}
