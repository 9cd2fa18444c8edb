import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import type { Connection } from '../../../../shared/ports';
import type { OpenStore } from '../../../../shared/store';
import { systemClock } from '../../../../shared/system';
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
        description: 'Whether to leave out records that needed no write, such as the echoes of own writes',
      },
      {
        displayName: 'Include Waiting',
        name: 'includeWaiting',
        type: 'boolean',
        default: true,
        description:
          'Whether to output, as synced with the result "waiting", records that wait for another one or for their next attempt',
      },
      {
        displayName: 'Max Records',
        name: 'maxRecords',
        type: 'number',
        typeOptions: { minValue: 1 },
        default: DEFAULT_MAX_RECORDS,
        description: 'Stop after this many records; the rest stays due',
      },
      {
        displayName: 'Time Limit (Seconds)',
        name: 'timeLimit',
        type: 'number',
        typeOptions: { minValue: 1 },
        default: DEFAULT_TIME_LIMIT_SECONDS,
        description: 'Start no more records after this time; the rest stays due',
      },
    ],
  },
];

/** Works off what is due of every connection of the credential's company. */
export async function execute(this: IExecuteFunctions): Promise<Sorted> {
  const options = this.getNodeParameter('options', 0, {}) as ProcessOptions;
  const deadlineAt = systemClock.now() + (options.timeLimit ?? DEFAULT_TIME_LIMIT_SECONDS) * 1_000;
  const company = await quickBooksCompany(this);
  const total = emptySorted();
  let waiting = 0;
  await withStore(this, async (store) => {
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
      message: `${waiting} records wait for another record or for their next attempt; they come back by themselves.`,
      location: 'outputPane',
    });
  }
  return total;
}

async function hintAtPause(context: IExecuteFunctions, store: OpenStore, { id }: Connection): Promise<void> {
  const now = await store.connections.get(id);
  if (now?.state !== 'paused') return;
  context.addExecutionHints({
    message: `The connection "${now.name}" is paused. ${now.pausedReason ?? ''} Then run the operation Test of the resource Connection.`,
    type: 'warning',
    location: 'outputPane',
  });
}
