import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod/v4';
import type { Change } from '../../ports';
import { normalizeInstant } from '../../schema/calendar';
import { sha256 } from '../../schema/canonicalJson';
import type { WebhookAnswer } from '../provider';

const MAX_BODY_BYTES = 1024 * 1024;

/** Resource, as spelled in any case and with or without separators, → our entity. */
const ENTITIES: Readonly<Record<string, string>> = {
  account: 'account',
  item: 'item',
  customer: 'customer',
  invoice: 'invoice',
  creditmemo: 'credit_note',
  payment: 'payment',
};

/** Every spelling that has been seen; an e-mailed or merged record has changed like any other. */
const OPERATIONS: Readonly<Record<string, Change['operation']>> = {
  create: 'created',
  created: 'created',
  update: 'updated',
  updated: 'updated',
  delete: 'deleted',
  deleted: 'deleted',
  merge: 'merged',
  merged: 'merged',
  void: 'voided',
  voided: 'voided',
  emailed: 'emailed',
  email: 'emailed',
};

const id = z.union([z.string(), z.number().int().transform(String)]).pipe(z.string().min(1).max(100));

const cloudEvent = z.looseObject({
  id,
  type: z.string().max(200),
  time: z.string().max(60).optional(),
  intuitentityid: id,
  intuitaccountid: id,
  data: z.unknown().optional(),
});

const legacyEntity = z.looseObject({
  name: z.string().max(100),
  id,
  operation: z.string().max(50),
  lastUpdated: z.string().max(60).optional(),
  deletedId: id.optional(),
});

const legacyBody = z.looseObject({
  eventNotifications: z.array(
    z.looseObject({
      realmId: id,
      dataChangeEvent: z.looseObject({ entities: z.array(legacyEntity) }).optional(),
    }),
  ),
});

/**
 * Verifies and reads a notification in either of the service's formats, told apart by shape. Nothing is parsed
 * before the signature over the raw bytes holds for one of the verifier tokens.
 */
export function parseWebhook(
  rawBody: Buffer,
  signature: string | undefined,
  verifierTokens: readonly string[],
): WebhookAnswer {
  if (rawBody.length > MAX_BODY_BYTES)
    return { rejected: 'too_large', reason: `The body is over ${MAX_BODY_BYTES} bytes` };
  if (!isSigned(rawBody, signature, verifierTokens)) {
    return { rejected: 'signature', reason: 'The intuit-signature header does not fit the body' };
  }
  const body = parseBody(rawBody);
  const answer = Array.isArray(body) ? readCloudEvents(body) : readLegacy(body);
  return answer ?? { rejected: 'malformed', reason: 'The body is neither CloudEvents nor the older format' };
}

function isSigned(rawBody: Buffer, signature: string | undefined, tokens: readonly string[]): boolean {
  const given = Buffer.from(signature?.trim() ?? '', 'base64');
  let fits = false;
  // Every token is tried, so that the time tells nothing of which one fits.
  for (const token of tokens) {
    if (token === '') continue;
    const expected = createHmac('sha256', token).update(rawBody).digest();
    if (given.length === expected.length && timingSafeEqual(given, expected)) fits = true;
  }
  return fits;
}

function parseBody(rawBody: Buffer): unknown {
  try {
    return JSON.parse(rawBody.toString('utf8'));
  } catch {
    return null;
  }
}

/** `qbo.<entity>.<operation>.v1` */
function readCloudEvents(body: readonly unknown[]): WebhookAnswer | null {
  const events = z.array(cloudEvent).safeParse(body);
  if (!events.success) return null;
  const changes: Change[] = [];
  let ignored = 0;
  for (const event of events.data) {
    const [, name = '', operation = ''] = event.type.split('.');
    const found = changeOf({
      tenantId: event.intuitaccountid,
      name,
      id: event.intuitentityid,
      operation,
      time: event.time,
    });
    if (!found) {
      ignored++;
      continue;
    }
    changes.push(...withMerged({ ...found, dedupeKey: event.id }, mergedIdIn(event.data)));
  }
  return { changes, ignored };
}

function readLegacy(body: unknown): WebhookAnswer | null {
  const notification = legacyBody.safeParse(body);
  if (!notification.success) return null;
  const changes: Change[] = [];
  let ignored = 0;
  for (const { realmId, dataChangeEvent } of notification.data.eventNotifications) {
    for (const entity of dataChangeEvent?.entities ?? []) {
      const found = changeOf({ tenantId: realmId, ...entity, time: entity.lastUpdated });
      if (!found) {
        ignored++;
        continue;
      }
      const parts = [realmId, entity.name, entity.id, entity.operation, entity.lastUpdated ?? ''];
      changes.push(
        ...withMerged({ ...found, dedupeKey: `legacy:${sha256(JSON.stringify(parts))}` }, entity.deletedId),
      );
    }
  }
  return { changes, ignored };
}

interface Seen {
  tenantId: string;
  name: string;
  id: string;
  operation: string;
  time: string | undefined;
}

/** Null for entities that are not synchronised. An operation without a known name is some change all the same. */
function changeOf({ tenantId, name, id: recordId, operation, time }: Seen): Omit<Change, 'dedupeKey'> | null {
  const entity = ENTITIES[name.toLowerCase().replace(/[^a-z]/g, '')];
  if (entity === undefined) return null;
  // Nanoseconds are cut to what a Date holds; the seconds stay exact.
  const occurredAt = normalizeInstant((time ?? '').replace(/(\.\d{3})\d+/, '$1'));
  return {
    tenantId,
    entity,
    id: recordId,
    operation: OPERATIONS[operation.toLowerCase()] ?? 'updated',
    ...(occurredAt === null ? {} : { occurredAt }),
  };
}

/** A merge concerns the record that is left and the one that went. */
function withMerged(change: Change, goneId: string | undefined): Change[] {
  if (change.operation !== 'merged' || goneId === undefined || goneId === change.id) return [change];
  return [change, { ...change, id: goneId, dedupeKey: `${change.dedupeKey}:${goneId}` }];
}

/** Where CloudEvents name the removed record is not documented, so the likely places are looked at. */
function mergedIdIn(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  for (const [name, value] of Object.entries(data)) {
    if (!/^(deleted|merged|removed)(entity)?id$/i.test(name)) continue;
    const found = id.safeParse(value);
    if (found.success) return found.data;
  }
  return undefined;
}
