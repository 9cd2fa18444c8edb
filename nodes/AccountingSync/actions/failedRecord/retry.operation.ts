import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { NotFoundError } from '../../../../shared/errors';
import { failedIn, planOf, retryFailed, type FailedScope } from '../../../../shared/people/failed';
import type { Connection, FailedRecord } from '../../../../shared/ports';
import { providerNamed } from '../../../../shared/providers';
import type { OpenStore } from '../../../../shared/store';
import { actorOf } from '../../../runtime/actor';
import { chosenConnection, connectionLocator } from '../../../runtime/connection';
import { withStore } from '../../../runtime/store';
import { confirmationOf } from './report';
import { chosenFailed, failedLocator, failedName } from './locator';

const show = { resource: ['failedRecord'], operation: ['retry'] };
/** Records that an item names; the others are counted. */
const NAMED = 50;

export const description: INodeProperties[] = [
  connectionLocator(show),
  {
    displayName: 'Retry',
    name: 'scope',
    type: 'options',
    options: [
      {
        name: 'All That Failed for the Same Reason',
        value: 'alike',
        description: 'A record, and those that failed with the same code and field',
      },
      { name: 'Every Failed Record', value: 'all' },
      { name: 'One Record', value: 'record' },
    ],
    default: 'record',
    description: 'Which records are tried again, by the next processing, as often as a new change is',
    displayOptions: { show },
  },
  failedLocator({ ...show, scope: ['alike', 'record'] }),
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add Option',
    default: {},
    displayOptions: { show },
    options: [
      {
        displayName: 'Decided By',
        name: 'decidedBy',
        type: 'string',
        default: '',
        placeholder: 'e.g. {{ $json.user.email }}',
        description:
          'The person who decided, for the audit. It also says which workflow and execution it was.',
      },
      {
        displayName: 'Preview Only',
        name: 'preview',
        type: 'boolean',
        default: false,
        description: 'Whether to only say how many records and calls it would be, and change nothing',
      },
    ],
  },
];

interface Options {
  decidedBy?: string;
  preview?: boolean;
}

/** One item: what is tried again, or would be. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const { decidedBy, preview = false } = this.getNodeParameter('options', itemIndex, {}) as Options;
  return await withStore(this, async (store) => {
    const connection = await chosenConnection(store, this.getNodeParameter('connection', itemIndex));
    const scope = await scopeOf(this, store, connection, itemIndex);
    const records = await failedIn(store, connection.id, scope);
    if (records.length === 0) return [itemOf('nothing', [], connection)];
    if (preview) {
      const item = itemOf('preview', records, connection);
      return [{ ...item, formFields: confirmationOf(item.summary) }];
    }
    const replayed = await retryFailed(store, connection.id, records, {
      by: actorOf(this),
      now: store.now(),
      ...(decidedBy ? { decidedBy } : {}),
    });
    const links = new Set(replayed.map(({ linkId }) => linkId));
    const retried = records.filter(({ linkId }) => links.has(linkId));
    if (retried.length === 0 && scope.kind === 'record') throw lateFor(records[0]!);
    return [itemOf(retried.length === 0 ? 'nothing' : 'retried', retried, connection)];
  });
}

async function scopeOf(
  context: IExecuteFunctions,
  store: OpenStore,
  connection: Connection,
  itemIndex: number,
): Promise<FailedScope> {
  const kind = context.getNodeParameter('scope', itemIndex) as FailedScope['kind'];
  if (kind === 'all') return { kind };
  const record = await chosenFailed(store, connection, context.getNodeParameter('failedRecord', itemIndex));
  return kind === 'alike' ? { kind, as: record } : { kind, linkId: record.linkId };
}

/** Somebody else was faster, within these milliseconds. */
export const lateFor = (record: FailedRecord): NotFoundError =>
  new NotFoundError(`${failedName(record)} was retried, dismissed or brought in sync at this very moment`, {
    entity: record.entity,
    nextStep: 'Nothing to do. Failed Record: Get Many shows what is left.',
  });

const RESULTS = {
  nothing: () => 'Nothing has failed',
  preview: (plan: string) => `Would be tried again: ${plan}`,
  retried: (plan: string) => `Tried again now: ${plan}`,
} as const;

function itemOf(result: keyof typeof RESULTS, records: readonly FailedRecord[], connection: Connection) {
  const { label } = providerNamed(connection.provider);
  const plan = planOf(records);
  const calls = plan.reads + plan.writes;
  const many = records.length === 1 ? failedName(records[0]!) : `${records.length} records`;
  return {
    summary: `${RESULTS[result](`${many}, about ${calls} ${calls === 1 ? 'call' : 'calls'} to ${label}`)}. ${connection.name}.`,
    result,
    records: plan.records,
    readsAbout: plan.reads,
    writesAbout: plan.writes,
    names: records.slice(0, NAMED).map(failedName),
    connectionName: connection.name,
    linkIds: records.slice(0, NAMED).map(({ linkId }) => linkId),
    connectionId: connection.id,
  };
}
