import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import type { Conflict, ConflictFilter } from '../../../../shared/ports';
import { entities } from '../../../../shared/schema/entities';
import type { OpenStore } from '../../../../shared/store';
import { chosenConnection, connectionLocator } from '../../../runtime/connection';
import { limitOf, limitProperties } from '../../../runtime/limit';
import { withStore } from '../../../runtime/store';
import { conflictItem } from '../outcomes';

const show = { resource: ['conflict'], operation: ['getAll'] };
const DAY_MS = 86_400_000;
const PAGE = 200;
const MOST = 100_000;

interface Filters {
  entity?: string;
  text?: string;
  olderThanDays?: number;
  status?: Conflict['status'] | 'any';
}

export const description: INodeProperties[] = [
  connectionLocator(show),
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
        displayName: 'Number or Name Contains',
        name: 'text',
        type: 'string',
        default: '',
        placeholder: 'e.g. 1001',
      },
      {
        displayName: 'Open for More Than (Days)',
        name: 'olderThanDays',
        type: 'number',
        typeOptions: { minValue: 0 },
        default: 1,
      },
      {
        displayName: 'Status',
        name: 'status',
        type: 'options',
        options: [
          { name: 'Any', value: 'any' },
          { name: 'Being Carried Out', value: 'resolved', description: 'Decided, and not done yet' },
          { name: 'Open', value: 'open', description: 'Somebody has to decide' },
          { name: 'Settled', value: 'closed' },
        ],
        default: 'open',
        description: 'How far the conflicts have come. Without this filter, the open ones are shown.',
      },
    ],
  },
];

/** The newest first. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const filters = this.getNodeParameter('filters', itemIndex, {}) as Filters;
  const limit = Math.min(limitOf(this, itemIndex), MOST);
  return await withStore(this, async (store) => {
    const connection = await chosenConnection(store, this.getNodeParameter('connection', itemIndex));
    const filter = filterOf(filters, connection.id, store.now());
    const found = await pagesOf(store, filter, limit);
    const links = await store.links.getMany(found.map(({ linkId }) => linkId));
    return found.map((conflict) => {
      const link = links.get(conflict.linkId);
      const ids = { appId: link?.app.id ?? null, ledgerId: link?.ledger.id ?? null };
      return conflictItem({ ...conflict, ...ids }, connection);
    });
  });
}

function filterOf(filters: Filters, connectionId: string, now: number): Omit<ConflictFilter, 'limit'> {
  const { entity, text = '', olderThanDays, status = 'open' } = filters;
  return {
    connectionId,
    ...(status === 'any' ? {} : { status }),
    ...(entity === undefined ? {} : { entity }),
    ...(text.trim() === '' ? {} : { text: text.trim() }),
    ...(olderThanDays === undefined ? {} : { openedBefore: now - olderThanDays * DAY_MS }),
  };
}

async function pagesOf(
  store: Pick<OpenStore, 'conflicts'>,
  filter: Omit<ConflictFilter, 'limit'>,
  limit: number,
): Promise<Conflict[]> {
  const found: Conflict[] = [];
  while (found.length < limit) {
    const after = found.at(-1);
    const page = await store.conflicts.list({
      ...filter,
      ...(after ? { afterId: after.id } : {}),
      limit: Math.min(PAGE, limit - found.length),
    });
    found.push(...page);
    if (page.length < PAGE) break;
  }
  return found;
}
