import { isChange, isPause, type News, type NewsKind } from '../../shared/people/news';
import type { AuditRow, Connection } from '../../shared/ports';
import type { OpenStore } from '../../shared/store';
import { lastHeard } from './hearing';

/** How far an example is looked for in the log. */
const ROWS = 1_000;

/** The newest of each kind that a connection has, whether it was told or not. */
export async function examplesOf(
  store: OpenStore,
  connection: Connection,
  kinds: ReadonlySet<NewsKind>,
): Promise<News[]> {
  const found: (News | null)[] = [];
  for (const kind of kinds) found.push(await exampleOf[kind](store, connection));
  return found.filter((news) => news !== null);
}

const exampleOf: Readonly<
  Record<NewsKind, (store: OpenStore, connection: Connection) => Promise<News | null>>
> = {
  conflictOpened: async (store, { id }) => {
    const [conflict] = await store.conflicts.list({ connectionId: id, status: 'open', limit: 1 });
    if (!conflict) return null;
    const link = await store.links.get(conflict.linkId);
    const ids = { appId: link?.app.id ?? null, ledgerId: link?.ledger.id ?? null };
    return { kind: 'conflictOpened', conflict: { ...conflict, ...ids } };
  },
  conflictSettled: async (store, { id }) => {
    const [conflict] = await store.conflicts.list({ connectionId: id, status: 'closed', limit: 1 });
    return conflict ? { kind: 'conflictSettled', conflict } : null;
  },
  connectionPaused: async (store, { id }) => {
    const row = await newestRow(store, id, isPause);
    return row ? { kind: 'connectionPaused', row } : null;
  },
  connectionSilent: async (store, connection) => ({
    kind: 'connectionSilent',
    heardAt: await lastHeard(store, connection),
  }),
  recordChanged: async (store, { id }) => {
    const row = await newestRow(store, id, isChange);
    return row ? { kind: 'recordChanged', row } : null;
  },
  recordFailed: async (store, { id }) => {
    const [failure] = await store.queue.failed({ connectionId: id, limit: 1 });
    return failure ? { kind: 'recordFailed', failure } : null;
  },
};

async function newestRow(
  { audit }: OpenStore,
  connectionId: string,
  isMeant: (row: AuditRow) => boolean,
): Promise<AuditRow | undefined> {
  const rows = await audit.list(connectionId, { beforeSeq: Number.MAX_SAFE_INTEGER, limit: ROWS });
  return rows.find(isMeant);
}
