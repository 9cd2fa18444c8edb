import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { ValidationError } from '../../../shared/errors';
import type { SideRecord } from '../../../shared/ports';
import { normalizeInstant, type Instant } from '../../../shared/schema/calendar';
import { limitOf, limitProperties } from '../../runtime/limit';
import { namesOf, resources } from './entities';
import { openSide, resourceOf, viewOf } from './records';

const show = { resource: namesOf(resources), operation: ['getAll'] };
const PAGE = 500;

export const description: INodeProperties[] = [
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
        displayName: 'Changed Since',
        name: 'changedSince',
        type: 'dateTime',
        default: '',
        description: 'Only records that were created or changed at this time or later',
      },
    ],
  },
];

export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const most = limitOf(this, itemIndex);
  const { changedSince } = this.getNodeParameter('filters', itemIndex, {}) as { changedSince?: unknown };
  const since = changedSince ? { changedSince: instantOf(changedSince) } : {};
  const side = await openSide(this);
  const found: SideRecord[] = [];
  let cursor: string | null = null;
  do {
    const limit = Math.min(PAGE, most - found.length);
    const page = await side.list(resourceOf(this), { limit, cursor, ...since });
    found.push(...page.records);
    cursor = page.next;
  } while (cursor !== null && found.length < most);
  return found.slice(0, most).map((record) => viewOf(this, itemIndex, record));
}

/** Without a zone, n8n's date picker means the time zone of the server. */
function instantOf(value: unknown): Instant {
  const text = value instanceof Date ? value.toISOString() : String(value);
  const time =
    normalizeInstant(text) ?? (Number.isNaN(Date.parse(text)) ? null : new Date(text).toISOString());
  if (time !== null) return time;
  throw new ValidationError('Changed Since is not a date', {
    field: 'changedSince',
    nextStep: 'Give an ISO timestamp.',
  });
}
