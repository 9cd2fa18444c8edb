import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import type { Connection } from '../../../../shared/ports';
import type { OpenStore } from '../../../../shared/store';
import type { Outcome } from '../../../../shared/sync/outcome';
import { quickBooksCompany } from '../../../runtime/quickBooks';
import { withConnection } from '../../../runtime/run';
import { withStore } from '../../../runtime/store';
import { conflictIdsOf, sortOutcomes, type Sorted, type SortOptions } from '../outcomes';

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

/** Works off what is due of the credential's connection. */
export async function execute(this: IExecuteFunctions): Promise<Sorted> {
  const options = this.getNodeParameter('options', 0, {}) as ProcessOptions;
  const company = await quickBooksCompany(this);
  return await withStore(
    this,
    async (store) =>
      await withConnection(this, store, company, async ({ connection, engine }) => {
        const outcomes = await engine.processDue(connection.id, {
          maxRecords: options.maxRecords ?? DEFAULT_MAX_RECORDS,
          deadlineAt: store.now() + (options.timeLimit ?? DEFAULT_TIME_LIMIT_SECONDS) * 1_000,
        });
        const ids = await conflictIdsOf(store.conflicts, connection, outcomes);
        await hintAtPause(this, store, connection);
        hintAtWaiting(this, outcomes);
        return sortOutcomes(outcomes, connection, ids, options);
      }),
  );
}

function hintAtWaiting(context: IExecuteFunctions, outcomes: readonly Outcome[]): void {
  const waiting = outcomes.filter(({ result }) => result === 'waiting').length;
  if (waiting === 0) return;
  context.addExecutionHints({
    message: `${waiting === 1 ? '1 record waits' : `${waiting} records wait`} for another record or for the next attempt. Nothing to do: this is repeated automatically.`,
    location: 'outputPane',
  });
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
