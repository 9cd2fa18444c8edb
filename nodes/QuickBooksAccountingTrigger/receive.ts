import type { IDataObject, INodeExecutionData, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { toSyncError } from '../../shared/errors';
import type { Binding, Change, Connection, NewEvent } from '../../shared/ports';
import type { OpenStore } from '../../shared/store';
import { providerNamed } from '../../shared/providers';
import { systemClock } from '../../shared/system';
import { QUICKBOOKS, quickBooksCredential } from '../runtime/quickBooks';
import { withStore } from '../runtime/store';
import { handOver } from './handover';

const MAX_BODY_BYTES = 1024 * 1024;
const STATUS = { signature: 401, malformed: 400, too_large: 413 } as const;

/** What n8n adds to a request; the body is read on demand. */
interface RawRequest {
  headers: Record<string, string | string[] | undefined>;
  rawBody?: Buffer;
  readRawBody?: () => Promise<void>;
}

type Refusal = keyof typeof STATUS;

const REASON: Readonly<Record<Refusal, string>> = {
  signature: 'its signature does not fit any verifier token of the credential',
  malformed: 'its body is not a notification',
  too_large: 'its body is over 1 MiB',
};

/**
 * Verifies, stores, answers. The events are on disk before QuickBooks hears a 200; no execution starts here,
 * because the watch of `trigger` starts one for a batch. Never throws: n8n would make an execution of that.
 */
export async function receiveWebhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
  const response = this.getResponseObject();
  const answer = (status: number): IWebhookResponseData => {
    response.status(status).end();
    return { noWebhookResponse: true };
  };
  try {
    const body = await readBody(this.getRequestObject() as unknown as RawRequest);
    if (!Buffer.isBuffer(body)) return answer(refuse(this, body, null));
    const { binding, verifierTokens } = await quickBooksCredential(this);
    const source = providerNamed(QUICKBOOKS).webhook;
    const signature = this.getHeaderData()[source?.signatureHeader ?? ''];
    const read = source?.parse(body, typeof signature === 'string' ? signature : undefined, verifierTokens);
    if (!read || 'rejected' in read) return answer(refuse(this, read?.rejected ?? 'malformed', body.length));
    const stored = await withStore(this, (store) => queueChanges(store, binding, read.changes));
    report(this, stored, read.ignored);
    if (this.getMode() !== 'manual') return answer(200);
    const items = stored.routed.map(itemOf);
    handOver(this, items);
    return { ...answer(200), workflowData: [items] };
  } catch (error) {
    const { message, details } = toSyncError(error);
    const next = details.nextStep ? ` ${details.nextStep}` : '';
    this.logger.error(`QuickBooks webhook not stored, QuickBooks will repeat it: ${message}.${next}`);
    return answer(503);
  }
}

async function readBody(request: RawRequest): Promise<Buffer | Refusal> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return 'too_large';
  if (request.rawBody === undefined) {
    try {
      await request.readRawBody?.();
    } catch (error) {
      return (error as { type?: unknown }).type === 'entity.too.large' ? 'too_large' : 'malformed';
    }
  }
  const body = request.rawBody ?? Buffer.alloc(0);
  return body.length > MAX_BODY_BYTES ? 'too_large' : body;
}

function refuse(context: IWebhookFunctions, why: Refusal, bytes: number | null): number {
  const status = STATUS[why];
  const size = bytes === null ? {} : { bytes };
  context.logger.warn(`QuickBooks webhook refused (${status}, ${REASON[why]})`, size);
  return status;
}

interface Routed {
  connection: Connection;
  changes: Change[];
}

interface Stored {
  routed: Routed[];
  stored: number;
  duplicates: number;
  /** Changes of companies that have no connection here, or one of another app. */
  strangers: number;
  /** Changes of entities that their connection leaves out. */
  leftOut: number;
}

/**
 * One endpoint serves all companies of an app: each change goes to the connection of its own, where that belongs to
 * the credential whose token the signature fits, or to another one of the same app.
 */
export async function queueChanges(
  store: Pick<OpenStore, 'connections' | 'queue' | 'now'>,
  binding: Binding,
  changes: readonly Change[],
): Promise<Stored> {
  const result: Stored = { routed: [], stored: 0, duplicates: 0, strangers: 0, leftOut: 0 };
  const byTenant = Map.groupBy(changes, (change) => change.tenantId);
  const source = { provider: QUICKBOOKS, binding };
  const connections = await store.connections.heardBy(source, [...byTenant.keys()]);
  const connectionOf = new Map(connections.map((connection) => [connection.tenantId, connection]));
  for (const [tenantId, ofTenant] of byTenant) {
    const connection = connectionOf.get(tenantId);
    if (!connection) {
      result.strangers += ofTenant.length;
      continue;
    }
    const { entities } = connection.settings;
    const wanted = ofTenant.filter(({ entity }) => entities?.includes(entity) ?? true);
    result.leftOut += ofTenant.length - wanted.length;
    if (wanted.length > 0) result.routed.push({ connection, changes: wanted });
  }
  const events = result.routed.flatMap(({ connection, changes: own }) =>
    own.map((change) => eventOf(connection.id, change)),
  );
  if (events.length === 0) return result;
  return { ...result, ...(await store.queue.append(events, { now: store.now() })) };
}

const eventOf = (connectionId: string, { entity, id, dedupeKey, occurredAt }: Change): NewEvent => ({
  connectionId,
  entity,
  side: 'ledger',
  recordId: id,
  source: 'webhook',
  dedupeKey,
  ...(occurredAt === undefined ? {} : { occurredAt }),
});

function report(context: IWebhookFunctions, result: Stored, ignored: number): void {
  const { stored, duplicates, strangers, leftOut } = result;
  const counts = { stored, duplicates, leftOut: leftOut + ignored };
  if (strangers === 0) return context.logger.debug('QuickBooks webhook stored', counts);
  context.logger.warn(
    `QuickBooks webhook: ${strangers} changes are of a company without a connection of this app`,
    counts,
  );
}

const itemOf = ({ connection, changes }: Routed): INodeExecutionData => ({
  json: {
    connectionName: connection.name,
    ready: new Set(changes.map(({ entity, id }) => `${entity} ${id}`)).size,
    at: new Date(systemClock.now()).toISOString(),
    changes: changes as unknown as IDataObject[],
    connectionId: connection.id,
  },
});
