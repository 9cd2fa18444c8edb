import { createHash, createHmac } from 'node:crypto';
import type { Random } from './random';
import type { ChangeEvent, Operation } from './records';

export type WebhookFormat = 'cloudevents' | 'legacy';
/** How CloudEvents types spell an operation: `created`, `create`, or now one, now the other. */
export type OperationSpelling = 'past' | 'present' | 'mixed';

export interface BodyStyle {
  format: WebhookFormat;
  spelling: OperationSpelling;
  /** Void is `void` in the one published list of type strings, whatever the others look like. */
  voidSpelling: 'void' | 'voided';
  /** Where a merge names the removed record under CloudEvents, which nobody confirmed. */
  mergedIdIn: 'nowhere' | 'data';
}

/** One notified event, with the parts that stay the same when it is sent again. */
export interface Notice {
  id: string;
  event: ChangeEvent;
  nanoseconds: string;
  spelledPast: boolean;
}

const PAST: Readonly<Record<Operation, string>> = {
  Create: 'created',
  Update: 'updated',
  Delete: 'deleted',
  Merge: 'merged',
  Void: 'voided',
  Emailed: 'emailed',
};

export function notice(event: ChangeEvent, style: BodyStyle, random: Random): Notice {
  return {
    id: random.uuid(),
    event,
    nanoseconds: random.text(6, '0123456789'),
    spelledPast: style.spelling === 'past' || (style.spelling === 'mixed' && random.chance(0.5)),
  };
}

function typeOf({ event, spelledPast }: Notice, style: BodyStyle): string {
  const spelled = spelledPast ? PAST[event.operation] : event.operation.toLowerCase();
  return `qbo.${event.entity.toLowerCase()}.${event.operation === 'Void' ? style.voidSpelling : spelled}.v1`;
}

function cloudEvent(item: Notice, style: BodyStyle, clientId: string) {
  const { event } = item;
  const removed =
    event.deletedId !== undefined && style.mergedIdIn === 'data' ? { deletedId: event.deletedId } : {};
  return {
    specversion: '1.0',
    id: item.id,
    source: `intuit.${createHash('sha256').update(clientId).digest('base64url').slice(0, 43)}=`,
    type: typeOf(item, style),
    datacontenttype: 'application/json',
    time: new Date(event.atMs).toISOString().replace('Z', `${item.nanoseconds}Z`),
    intuitentityid: event.id,
    intuitaccountid: event.realmId,
    data: removed,
  };
}

function legacyEntity({ event }: Notice) {
  return {
    name: event.entity,
    id: event.id,
    operation: event.operation,
    lastUpdated: new Date(event.atMs).toISOString(),
    ...(event.deletedId === undefined ? {} : { deletedId: event.deletedId }),
  };
}

/** The body of one POST: a bare array of CloudEvents, or the older object grouped by realm. */
export function webhookBody(notices: readonly Notice[], style: BodyStyle, clientId: string): string {
  if (style.format === 'cloudevents')
    return JSON.stringify(notices.map((item) => cloudEvent(item, style, clientId)));
  const realms = [...new Set(notices.map(({ event }) => event.realmId))];
  return JSON.stringify({
    eventNotifications: realms.map((realmId) => ({
      realmId,
      dataChangeEvent: {
        entities: notices.filter(({ event }) => event.realmId === realmId).map(legacyEntity),
      },
    })),
  });
}

export const signatureOf = (body: string | Buffer, verifierToken: string): string =>
  createHmac('sha256', verifierToken).update(body).digest('base64');
