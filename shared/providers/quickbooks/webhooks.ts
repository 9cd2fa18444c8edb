import type { Change } from '../../ports';
import { sha256 } from '../../schema/canonicalJson';
import type { Pause, WebhookAnswer, WebhookRequest, WebhookSource } from '../provider';
import { malformed, readEvents, refused, type EnclosedEvent, type EventReading } from '../webhook/events';
import { idOf, timeOf } from '../webhook/ids';
import { MalformedJson, RawJson } from '../webhook/json';
import { headerOf, isSigned } from '../webhook/signature';

const SIGNATURE_HEADER = 'intuit-signature';
const MAX_EVENT_ID = 200;
const MAX_KIND = 200;

/** Resource, as spelled in any case and with or without separators, → our entity. */
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['account', 'account'],
  ['item', 'item'],
  ['customer', 'customer'],
  ['invoice', 'invoice'],
  ['creditmemo', 'credit_note'],
  ['payment', 'payment'],
]);

/** Every spelling that has been seen; an e-mailed or merged record has changed like any other. */
const OPERATIONS: ReadonlyMap<string, Change['operation']> = new Map([
  ['create', 'created'],
  ['created', 'created'],
  ['update', 'updated'],
  ['updated', 'updated'],
  ['delete', 'deleted'],
  ['deleted', 'deleted'],
  ['merge', 'merged'],
  ['merged', 'merged'],
  ['void', 'voided'],
  ['voided', 'voided'],
  ['emailed', 'emailed'],
  ['email', 'emailed'],
]);

/**
 * The service repeats whatever it is not answered 200 and may hold back everything that comes after it. So a
 * notification in a known form is accepted whatever its events are worth; what is refused as malformed is in no
 * form we know, and better kept there until we do.
 */
export const quickBooksWebhook: WebhookSource = {
  signatureHeader: SIGNATURE_HEADER,
  statuses: { signature: 401, too_large: 413, encoded: 415, malformed: 400, slow: 408, unavailable: 503 },
  maxBytes: 1024 * 1024,
  answerWithinMs: 3_000,
  secretFoundIn: 'the webhook settings of your app in the Intuit developer portal, as "verifier token"',
  receive,
};

/** Reads either of the service's formats, told apart by shape. */
async function receive(
  { rawBody, headers, now }: WebhookRequest,
  verifierTokens: readonly string[],
  pause: Pause,
): Promise<WebhookAnswer> {
  const signature = headerOf(headers, SIGNATURE_HEADER);
  if (!isSigned(signature, verifierTokens, { encoding: 'base64', payload: rawBody })) {
    return refused('signature');
  }
  await pause();
  try {
    const body = RawJson.of(rawBody);
    await pause();
    if (body.kind === 'array') {
      return await readEvents(cloudEvents(body), (event) => readCloudEvent(event, now), pause);
    }
    const notifications = body.member('eventNotifications');
    await pause();
    if (notifications?.kind === 'array') {
      return await readEvents(
        legacyEvents(notifications, pause),
        (event, realm) => readLegacyEvent(event, realm, now),
        pause,
      );
    }
    // One event may come by itself.
    if (body.member('specversion') === undefined) return malformed(body);
    await pause();
    return await readEvents([{ raw: body }], (event) => readCloudEvent(event, now), pause);
  } catch (error) {
    if (error instanceof MalformedJson) return malformed(rawBody);
    throw unexpected(error);
  }
}

const unexpected = (error: unknown): unknown => error;

function* cloudEvents(body: RawJson): Generator<EnclosedEvent> {
  for (const raw of body.elements()) yield { raw };
}

/** The entities of all companies; a company without any counts as one that says nothing. */
async function* legacyEvents(notifications: RawJson, pause: Pause): AsyncGenerator<EnclosedEvent> {
  for (const notification of notifications.elements()) {
    await pause();
    const entities = notification.member('dataChangeEvent')?.member('entities');
    if (entities?.kind !== 'array') {
      yield { raw: notification };
      continue;
    }
    await pause();
    const tenant = notification.member('realmId');
    for (const raw of entities.elements()) yield { raw, tenant };
  }
}

/** `qbo.<entity>.<operation>.v1` */
function readCloudEvent(event: RawJson, now: number): EventReading {
  const members = new Map(event.members());
  const scalar = (name: string) => members.get(name)?.scalar();
  const type = scalar('type');
  if (typeof type !== 'string' || type.length > MAX_KIND) return { unreadable: 'it has no type' };
  const [, name = '', operation = ''] = type.split('.');
  const eventId = idOf(scalar('id'), MAX_EVENT_ID);
  return readEvent({
    name,
    operation,
    tenant: scalar('intuitaccountid'),
    recordId: scalar('intuitentityid'),
    time: scalar('time'),
    mergedId: () => mergedIdIn(members.get('data')),
    now,
    keyOf: () => eventId,
  });
}

function readLegacyEvent(event: RawJson, realm: RawJson | undefined, now: number): EventReading {
  const members = new Map(event.members());
  const scalar = (name: string) => members.get(name)?.scalar();
  const [name, operation, time] = [scalar('name'), scalar('operation'), scalar('lastUpdated')];
  if (typeof name !== 'string' || name.length > MAX_KIND) return { unreadable: 'it names no entity' };
  if (typeof operation !== 'string' || operation.length > MAX_KIND) {
    return { unreadable: 'it names no operation' };
  }
  return readEvent({
    name,
    operation,
    tenant: realm?.scalar(),
    recordId: scalar('id'),
    time,
    mergedId: () => idOf(scalar('deletedId')),
    now,
    // Without an id of its own, a repeated notification is told by all that it says.
    keyOf: (realmId, id) =>
      `legacy:${sha256(JSON.stringify([realmId, name, id, operation, typeof time === 'string' ? time : '']))}`,
  });
}

interface Told {
  name: string;
  operation: string;
  tenant: unknown;
  recordId: unknown;
  time: unknown;
  /** Of the record that went, in a merge. */
  mergedId(): string | null;
  now: number;
  keyOf(tenantId: string, id: string): string | null;
}

/** An operation without a known name is some change all the same. */
function readEvent({ name, operation, tenant, recordId, time, mergedId, now, keyOf }: Told): EventReading {
  const entity = ENTITIES.get(name.toLowerCase().replace(/[^a-z]/g, ''));
  if (entity === undefined) return 'unknown';
  const [tenantId, id] = [idOf(tenant), idOf(recordId)];
  if (tenantId === null) return { unreadable: 'it names no company' };
  if (id === null) return { unreadable: 'it names no record' };
  const dedupeKey = keyOf(tenantId, id);
  if (dedupeKey === null) return { unreadable: 'it has no id' };
  const change: Change = {
    tenantId,
    entity,
    id,
    operation: OPERATIONS.get(operation.toLowerCase()) ?? 'updated',
    dedupeKey,
    ...timeOf(time, now),
  };
  return { changes: change.operation === 'merged' ? withMerged(change, mergedId()) : [change] };
}

/** A merge concerns the record that is left and the one that went. */
function withMerged(change: Change, goneId: string | null): Change[] {
  if (goneId === null || goneId === change.id) return [change];
  return [change, { ...change, id: goneId, dedupeKey: `${change.dedupeKey}:${goneId}` }];
}

/** Where CloudEvents name the removed record is not documented, so the likely places are looked at. */
function mergedIdIn(data: RawJson | undefined): string | null {
  for (const [name, value] of data?.members() ?? []) {
    if (!/^(deleted|merged|removed)(entity)?id$/i.test(name)) continue;
    const found = idOf(value.scalar());
    if (found !== null) return found;
  }
  return null;
}
