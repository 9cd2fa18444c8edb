import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import type { Connection } from '../../../../shared/ports';
import type { OpenStore } from '../../../../shared/store';
import { requireConnectionsOf } from '../../../runtime/connection';
import { quickBooksCompany } from '../../../runtime/quickBooks';
import { withConnection } from '../../../runtime/run';
import { withStore } from '../../../runtime/store';
import { conflictIdsOf, emptySorted, sortOutcomes, type Sorted, type SortOptions } from '../outcomes';

interface ProcessOptions extends SortOptions {
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
          'Whether to leave out records that were in step already, such as those the sync has just written itself',
      },
      {
        displayName: 'Include Waiting',
        name: 'includeWaiting',
        type: 'boolean',
        default: true,
        description:
          'Whether records that wait for another one, or for their next attempt, come out of Synced too, with the result "waiting"',
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

/** Works off what is due of every connection of the credential's company. */
export async function execute(this: IExecuteFunctions): Promise<Sorted> {
  const options = this.getNodeParameter('options', 0, {}) as ProcessOptions;
  const company = await quickBooksCompany(this);
  const total = emptySorted();
  let waiting = 0;
  await withStore(this, async (store) => {
    const deadlineAt = store.now() + (options.timeLimit ?? DEFAULT_TIME_LIMIT_SECONDS) * 1_000;
    let maxRecords = options.maxRecords ?? DEFAULT_MAX_RECORDS;
    for (const connection of await requireConnectionsOf(store.connections, company.realmId)) {
      const outcomes = await withConnection(this, store, { company, connection }, ({ engine }) =>
        engine.processDue(connection.id, { maxRecords, deadlineAt }),
      );
      maxRecords -= outcomes.length;
      waiting += outcomes.filter(({ result }) => result === 'waiting').length;
      const ids = await conflictIdsOf(store.conflicts, connection, outcomes);
      const sorted = sortOutcomes(outcomes, connection, ids, options);
      for (const output of ['synced', 'conflict', 'failed'] as const) total[output].push(...sorted[output]);
      await hintAtPause(this, store, connection);
    }
  });
  if (waiting > 0) {
    this.addExecutionHints({
      message: `${waiting === 1 ? '1 record waits' : `${waiting} records wait`} for another record or for the next attempt. Nothing to do: this is repeated by itself.`,
      location: 'outputPane',
    });
  }
  return total;
}

async function hintAtPause(context: IExecuteFunctions, store: OpenStore, { id }: Connection): Promise<void> {
  const now = await store.connections.get(id);
  if (now?.state !== 'paused') return;
  context.addExecutionHints({
    message: `The connection "${now.name}" is paused; its events wait. ${now.pausedReason ?? ''} Then run Accounting Sync with resource Connection, operation Test.`,
    type: 'warning',
    location: 'outputPane',
  });
}
