import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import type { News } from '../../shared/people/news';
import { namesOf, type NamingStore } from '../../shared/people/names';
import type { AuditRow, Connection, Link, LinkStore } from '../../shared/ports';
import { entityNamed } from '../../shared/schema/entities';
import { entriesOf } from '../AccountingSync/actions/audit/entries';
import { conflictItem, failureItem } from '../AccountingSync/actions/outcomes';

export interface TellingStore extends NamingStore {
  links: Pick<LinkStore, 'getMany'>;
}

/** What the workflow is started with: the items of the outputs Conflict and Failed, with the event before them. */
export async function itemsOf(
  store: TellingStore,
  connection: Connection,
  news: readonly News[],
): Promise<INodeExecutionData[]> {
  const records = await recordsOf(store, connection.id, news);
  return news.map((one) => ({
    json: { event: one.kind, ...viewOf(one, connection, records) } as IDataObject,
  }));
}

/** The records that the news are about. */
interface Records {
  links: ReadonlyMap<string, Link>;
  names: ReadonlyMap<string, string>;
}

async function recordsOf(store: TellingStore, connectionId: string, news: readonly News[]): Promise<Records> {
  const ids = news.flatMap((one) => {
    if (one.kind === 'conflictSettled') return one.conflict.linkId;
    return one.kind === 'recordChanged' ? (one.row.linkId ?? []) : [];
  });
  if (ids.length === 0) return { links: new Map(), names: new Map() };
  return { links: await store.links.getMany(ids), names: await namesOf(store, connectionId, ids) };
}

function viewOf(news: News, connection: Connection, records: Records): object {
  switch (news.kind) {
    case 'conflictOpened':
      return conflictItem(news.conflict, connection);
    case 'conflictSettled':
      return settledView(news.conflict, connection, records);
    case 'recordFailed':
      return failureItem(news.failure, connection);
    case 'recordChanged':
      return changeView(news.row, connection, records);
    case 'connectionPaused':
      return pauseView(news.row, connection);
    case 'connectionSilent':
      return silenceView(news.heardAt, connection);
  }
}

const HOW: Readonly<Record<string, string>> = {
  resolved: 'it was decided',
  absorbed: 'its record was linked with another one',
};

function settledView(
  conflict: Extract<News, { kind: 'conflictSettled' }>['conflict'],
  connection: Connection,
  { links }: Records,
): object {
  const link = links.get(conflict.linkId);
  const { resolution, closedAt, closeReason } = conflict;
  const ids = { appId: link?.app.id ?? null, ledgerId: link?.ledger.id ?? null };
  const who = resolution?.decidedBy ?? resolution?.by ?? null;
  const reason = HOW[closeReason ?? ''] ?? closeReason ?? 'it is over';
  const by = closeReason === 'resolved' && who !== null ? ` by ${who}` : '';
  return {
    ...conflictItem({ ...conflict, ...ids }, connection),
    summary: `${entityNamed(conflict.entity).label} ${conflict.title}: the conflict is settled, ${reason}${by}`,
    reason: closeReason,
    decidedBy: who,
    note: resolution?.note ?? null,
    settledAt: timeOf(closedAt),
  };
}

function changeView(row: AuditRow, connection: Connection, { links, names }: Records): object {
  const { linkId, detail, at } = row;
  const link = links.get(linkId ?? '');
  const entity = String(detail['entity'] ?? link?.entity ?? '');
  const title = names.get(linkId ?? '') ?? link?.ledger.id ?? link?.app.id ?? '';
  const changes = Array.isArray(detail['decisions']) ? entriesOf(row) : [];
  const fields = [...new Set(changes.map((change) => (change as { field?: string }).field))].join(', ');
  const label = entity === '' ? 'Record' : entityNamed(entity).label;
  const wrote = detail['wrote'] as string[];
  return {
    summary: `${label} ${title}: changed${fields === '' ? '' : ` (${fields})`}`,
    entity,
    title,
    wrote,
    changes: changes.map((change) => {
      const { field, before, after, rule } = change as Record<string, unknown>;
      return { field, before, after, rule };
    }),
    at: timeOf(at),
    connectionName: connection.name,
    appId: link?.app.id ?? null,
    ledgerId: link?.ledger.id ?? null,
    linkId,
    connectionId: connection.id,
  };
}

function pauseView({ detail, at, by }: AuditRow, connection: Connection): object {
  const { pausedReason } = (detail['after'] ?? {}) as { pausedReason?: string | null };
  return {
    summary: `${connection.name}: the sync is paused. ${pausedReason ?? ''}`.trim(),
    nextStep:
      'Do what the reason says, then resume it with Accounting Sync: resource Connection, operation Test. No event is lost.',
    reason: pausedReason ?? null,
    pausedBy: by,
    at: timeOf(at),
    connectionName: connection.name,
    connectionId: connection.id,
  };
}

function silenceView(heardAt: number | null, connection: Connection): object {
  const since = heardAt === null ? 'nothing was heard yet' : `nothing was heard since ${timeOf(heardAt)}`;
  return {
    summary: `${connection.name}: ${since}`,
    nextStep:
      'Look at the webhooks in the portal of the accounting tool, and whether the workflow with its trigger is published. Connection: Get shows the last webhooks.',
    heardAt: timeOf(heardAt),
    connectionName: connection.name,
    connectionId: connection.id,
  };
}

const timeOf = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
