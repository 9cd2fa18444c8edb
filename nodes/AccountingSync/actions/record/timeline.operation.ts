import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { shownTime } from '../../../../shared/people/shown';
import { timelineOf, type TimelineEntry } from '../../../../shared/people/timeline';
import { entityNamed } from '../../../../shared/schema/entities';
import { chosenConnection, connectionLocator } from '../../../runtime/connection';
import { limitOf, limitProperties } from '../../../runtime/limit';
import { withStore } from '../../../runtime/store';
import { sidesOf } from '../sides';
import { chosenRecord, recordProperties } from './locator';

const show = { resource: ['record'], operation: ['timeline'] };
const MOST = 100_000;

export const description: INodeProperties[] = [
  connectionLocator(show),
  ...recordProperties(show),
  {
    displayName: 'Since',
    name: 'since',
    type: 'dateTime',
    default: '',
    hint: 'Leave empty for all of the time that is kept',
    displayOptions: { show },
  },
  ...limitProperties(show),
];

/** One item for each thing that happened, the newest first. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const since = Date.parse(this.getNodeParameter('since', itemIndex, '') as string);
  const limit = Math.min(limitOf(this, itemIndex), MOST);
  return await withStore(this, async (store) => {
    const connection = await chosenConnection(store, this.getNodeParameter('connection', itemIndex));
    const { link, title } = await chosenRecord(this, store, connection, itemIndex);
    const { labels, timeZone } = sidesOf(this, connection);
    const entries = await timelineOf(store, link, { labels, since: Number.isNaN(since) ? 0 : since, limit });
    if (entries.length === 0) {
      this.addExecutionHints({
        message: `Nothing has happened to ${entityNamed(link.entity).label} ${title} in the time that is asked for.`,
        location: 'outputPane',
      });
    }
    return entries.map(({ at, ...entry }) => ({
      summary: sentenceOf({ at, ...entry }, timeZone),
      time: new Date(at).toISOString(),
      ...entry,
      entity: link.entity,
      title,
      connectionName: connection.name,
      appId: link.app.id,
      ledgerId: link.ledger.id,
      linkId: link.id,
      connectionId: connection.id,
    }));
  });
}

/** `25 Nov 2026, 10:04: Due Date 3 Jan 2027 -> 6 Jan 2027, from Your app, by Jane (policy, version 4)`. */
function sentenceOf(entry: TimelineEntry, timeZone: string): string {
  const { at, what, field, before, after, from, who, rule, note } = entry;
  const change = field === null ? what : `${field} ${before ?? ''} → ${after ?? ''}`;
  const parts = [
    change,
    ...(from === null ? [] : [`from ${from}`]),
    ...(who === null ? [] : [`by ${who}`]),
  ].join(', ');
  return `${shownTime(at, timeZone)}: ${parts}${rule === null ? '' : ` (${rule})`}${note === null ? '' : `: ${note}`}`;
}
