import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import type { FailedFilter, FailedRecord, ListedFailure } from '../../../../shared/ports';
import { entities } from '../../../../shared/schema/entities';
import type { Fields } from '../../../../shared/schema/entity';
import type { OpenStore } from '../../../../shared/store';
import { chosenConnection, connectionLocator } from '../../../runtime/connection';
import { limitOf, limitProperties } from '../../../runtime/limit';
import { withStore } from '../../../runtime/store';
import { failureItem } from '../outcomes';
import { ageOf, reportOf } from './report';

const show = { resource: ['failedRecord'], operation: ['getAll'] };
const DAY_MS = 86_400_000;
const PAGE = 500;
const MOST = 100_000;

interface Filters {
  entity?: string;
  text?: string;
  olderThanDays?: number;
}

export const description: INodeProperties[] = [
  connectionLocator(show),
  {
    displayName: 'Output',
    name: 'output',
    type: 'options',
    noDataExpression: true,
    options: [
      {
        name: 'One Item for All',
        value: 'report',
        description:
          'The list as text for a message, and as the fields of an n8n Form page to retry or dismiss; no item when nothing has failed',
      },
      { name: 'One Item for Each Record', value: 'records' },
    ],
    default: 'records',
    displayOptions: { show },
  },
  ...limitProperties(show),
  {
    displayName: 'Filters',
    name: 'filters',
    type: 'collection',
    placeholder: 'Add Filter',
    default: {},
    displayOptions: { show },
    options: [
      {
        displayName: 'Entity',
        name: 'entity',
        type: 'options',
        options: entities
          .map(({ label, name }) => ({ name: label, value: name }))
          .sort((a, b) => a.name.localeCompare(b.name)),
        default: 'invoice',
        description: 'Of which kind of records',
      },
      {
        displayName: 'Failing for More Than (Days)',
        name: 'olderThanDays',
        type: 'number',
        typeOptions: { minValue: 0 },
        default: 1,
      },
      {
        displayName: 'Number or Name Contains',
        name: 'text',
        type: 'string',
        default: '',
        placeholder: 'e.g. 1001',
      },
    ],
  },
];

/** What failed last comes first. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const filters = this.getNodeParameter('filters', itemIndex, {}) as Filters;
  const limit = Math.min(limitOf(this, itemIndex), MOST);
  const isReport = this.getNodeParameter('output', itemIndex, 'records') === 'report';
  return await withStore(this, async (store) => {
    const connection = await chosenConnection(store, this.getNodeParameter('connection', itemIndex));
    const found = await pagesOf(store, filterOf(filters, connection.id, store.now()), limit);
    if (found.length === 0) {
      this.addExecutionHints({
        message: `Nothing in "${connection.name}" has failed${Object.keys(filters).length > 0 ? ' that these filters let through' : ''}.`,
        location: 'outputPane',
      });
    }
    const fields = await fieldsOf(store, connection.id, found);
    const items = found.map((record) => ({
      ...failureItem(record, connection, fields.get(record.linkId)),
      age: ageOf(store.now() - record.since),
    }));
    if (!isReport) return items;
    return items.length === 0 ? [] : [reportOf(items, connection)];
  });
}

function filterOf(
  { entity, text = '', olderThanDays }: Filters,
  connectionId: string,
  now: number,
): Omit<FailedFilter, 'limit'> {
  return {
    connectionId,
    ...(entity === undefined ? {} : { entity }),
    ...(text.trim() === '' ? {} : { text: text.trim() }),
    ...(olderThanDays === undefined ? {} : { sinceBefore: now - olderThanDays * DAY_MS }),
  };
}

async function pagesOf(
  { queue }: Pick<OpenStore, 'queue'>,
  filter: Omit<FailedFilter, 'limit'>,
  limit: number,
): Promise<ListedFailure[]> {
  const found: ListedFailure[] = [];
  while (found.length < limit) {
    const last = found.at(-1);
    const size = Math.min(PAGE, limit - found.length);
    const page = await queue.failed({ ...filter, ...(last ? { after: last.place } : {}), limit: size });
    found.push(...page);
    if (page.length < size) break;
  }
  return found;
}

/** What the records say in the app, by link id. */
async function fieldsOf(
  { appRecords }: Pick<OpenStore, 'appRecords'>,
  connectionId: string,
  records: readonly FailedRecord[],
): Promise<Map<string, Fields>> {
  const fields = new Map<string, Fields>();
  for (const [entity, group] of Map.groupBy(records, (record) => record.entity)) {
    const ids = group.flatMap(({ appId }) => appId ?? []);
    const found = await appRecords.getMany(connectionId, entity, ids);
    for (const { linkId, appId } of group) {
      const record = appId === null ? undefined : found.get(appId);
      if (record) fields.set(linkId, record.fields);
    }
  }
  return fields;
}
