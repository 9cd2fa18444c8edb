import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import type { Outcome } from '../../../../shared/sync/outcome';
import { logAnchor } from '../../../runtime/anchorLog';
import { quickBooksCompany } from '../../../runtime/quickBooks';
import { withConnection, type ConnectionRun } from '../../../runtime/run';
import { withStore } from '../../../runtime/store';
import { giveHints } from '../hints';
import { syncedItems, type Sorted, type SyncedOptions } from '../outcomes';
import { stopping, tell } from '../telling';

interface ProcessOptions extends SyncedOptions {
  maxRecords?: number;
  timeLimit?: number;
}

const DEFAULT_MAX_RECORDS = 1_000;
const DEFAULT_TIME_LIMIT_SECONDS = 240;

export const description: INodeProperties[] = [
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add Option',
    default: {},
    displayOptions: { show: { resource: ['event'], operation: ['process'] } },
    options: [
      {
        displayName: 'Changes Only',
        name: 'changesOnly',
        type: 'boolean',
        default: true,
        description:
          'Whether to leave out records that were in sync already, such as those the sync has just written itself',
      },
      {
        displayName: 'Include Waiting',
        name: 'includeWaiting',
        type: 'boolean',
        default: false,
        description:
          'Whether records that wait for another one, or for their next attempt, are sent to the Synced output too, with the result "waiting"',
      },
      {
        displayName: 'Max Records',
        name: 'maxRecords',
        type: 'number',
        typeOptions: { minValue: 1 },
        default: DEFAULT_MAX_RECORDS,
        description: 'How many records one execution processes at most; the rest follow in the next one',
      },
      {
        displayName: 'Time Limit (Seconds)',
        name: 'timeLimit',
        type: 'number',
        typeOptions: { minValue: 1 },
        default: DEFAULT_TIME_LIMIT_SECONDS,
        description: 'After this time no further record is started; the rest follow in the next execution',
      },
    ],
  },
];

/** Processes the pending changes of the credential's connection, and then tells people. */
export async function execute(this: IExecuteFunctions): Promise<Sorted> {
  const options = this.getNodeParameter('options', 0, {}) as ProcessOptions;
  const company = await quickBooksCompany(this);
  return await withStore(this, async (store) => {
    const outcomes: Outcome[] = [];
    const processDue = async ({ connection, engine }: ConnectionRun) => {
      const stoppedBy = await stopping(
        async () =>
          await engine.processDue(connection.id, {
            maxRecords: options.maxRecords ?? DEFAULT_MAX_RECORDS,
            deadlineAt: store.now() + (options.timeLimit ?? DEFAULT_TIME_LIMIT_SECONDS) * 1_000,
            onOutcome: (outcome) => outcomes.push(outcome),
          }),
      );
      return { connection, stoppedBy };
    };
    const processed = await withConnection(this, store, company, processDue);
    if (!processed.stoppedBy) {
      await giveHints(this, store, processed.connection, outcomes);
      await logAnchor(this, store, processed.connection);
    }
    return await tell(this, store, processed, syncedItems(outcomes, processed.connection, options));
  });
}
