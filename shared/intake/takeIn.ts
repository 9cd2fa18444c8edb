import type { Readable } from 'node:stream';
import type { Clock, Connection, Store } from '../ports';
import type {
  Pause,
  RequestHeaders,
  WebhookAnswer,
  WebhookRefusal,
  WebhookSource,
} from '../providers/provider';
import { readBody, type UnreadBody } from './body';
import { Budget } from './budget';
import { deadlineIn, type Deadline } from './deadline';
import { queue, route, type Routed } from './route';
import type { SecretsReading } from './secrets';
import { pauseFor } from './turns';

/** A call of a webhook, its body still on the wire, unless whoever received it has read it. */
export interface IncomingCall {
  headers: RequestHeaders;
  body: Readable | Buffer;
}

/** A store held for one piece of work. */
export type IntakeStore = Pick<Store, 'connections' | 'queue' | 'intake'> & { now(): number };

export interface IntakeParts {
  /** The provider's name. */
  provider: string;
  source: WebhookSource;
  clock: Pick<Clock, 'now'>;
  /** From the credential alone: no grant need be alive. */
  secrets(): Promise<SecretsReading>;
  withStore<T>(use: (store: IntakeStore) => Promise<T>): Promise<T>;
  /** The connections of these companies that listen to the credential's app, one of each at most. */
  heardBy(store: IntakeStore, tenantIds: readonly string[]): Promise<readonly Connection[]>;
}

export interface Accepted extends Routed {
  refused: null;
  stored: number;
  duplicates: number;
  unreadable: number;
  unknownKinds: number;
}

export interface Refused {
  refused: WebhookRefusal;
  /** For the log: what was wrong, without a word of what was sent. */
  why: string;
  unreadable: number;
}

/** What to answer, and what became of the call. */
export type Taken = { status: number } & (Accepted | Refused);

/** For sending the answer itself, and for whatever lies between us and the provider. */
const MARGIN_MS = 500;
const LONGEST_READ_MS = 2_000;

/** Changes of calls whose store has not answered yet: a store that hangs must not fill the memory. */
const MAX_CHANGES_AT_ONCE = 100_000;
const storing = new Budget(MAX_CHANGES_AT_ONCE);

const OK = 200;

/**
 * Verifies, stores, answers. Refuses as early as it can, and answers in time whatever the store does: what is
 * stored after an answer of 503 comes again, and is known then. Never throws.
 */
export async function takeIn(call: IncomingCall, parts: IntakeParts): Promise<Taken> {
  const { source } = parts;
  const result = await work(call, parts, deadlineIn(source.answerWithinMs - MARGIN_MS));
  return { ...result, status: result.refused === null ? OK : source.statuses[result.refused] };
}

async function work(call: IncomingCall, parts: IntakeParts, deadline: Deadline): Promise<Accepted | Refused> {
  const { source } = parts;
  const unread = refusedUnread(call, source);
  if (unread) return unread;
  try {
    const body = await bodyOf(call, source, deadline);
    if (!Buffer.isBuffer(body)) return unreadBody(body);
    const reading = await deadline.of(parts.secrets());
    if ('unusable' in reading) {
      return refuse(
        'signature',
        `nothing can be verified with the credential's setting: ${reading.unusable}`,
      );
    }
    const pause = pauseFor(body.length);
    await pause();
    const request = { rawBody: body, headers: call.headers, now: parts.clock.now() };
    const answer = await source.receive(request, reading.secrets, pause);
    return await deadline.of(keep(answer, parts, pause));
  } catch (error) {
    return refuse('unavailable', error instanceof Error ? error.message : String(error));
  }
}

const refuse = (refused: WebhookRefusal, why: string, unreadable = 0): Refused => ({
  refused,
  why,
  unreadable,
});

/** What the headers alone are refused for. */
function refusedUnread({ headers }: IncomingCall, source: WebhookSource): Refused | null {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && String(encoding).trim().toLowerCase() !== 'identity') {
    return refuse('encoded', 'its body is compressed');
  }
  if (Number(headers['content-length'] ?? 0) > source.maxBytes) return unreadBody('too_large');
  if (headers[source.signatureHeader] === undefined) return refuse('signature', 'it is not signed');
  return null;
}

async function bodyOf(
  { body }: IncomingCall,
  { maxBytes }: WebhookSource,
  deadline: Deadline,
): Promise<Buffer | UnreadBody> {
  if (Buffer.isBuffer(body)) return body.length > maxBytes ? 'too_large' : body;
  return await readBody(body, { maxBytes, timeoutMs: Math.min(LONGEST_READ_MS, deadline.leftMs()) });
}

function unreadBody(why: UnreadBody): Refused {
  switch (why) {
    case 'too_large':
      return refuse('too_large', 'its body is too large');
    case 'slow':
      return refuse('slow', 'its body did not arrive in time');
    case 'cut_off':
      return refuse('slow', 'its body did not arrive to its end');
    case 'busy':
      return refuse('unavailable', 'too many calls are coming in at once');
  }
}

const REASONS: Readonly<Record<NonNullable<WebhookAnswer['refused']>, string>> = {
  signature: 'its signature does not fit any token of the credential',
  malformed: 'its body is no notification',
  too_large: 'it holds too many events',
};

/** Stores what was read, and what could not be. All of it is on disk when this resolves. */
async function keep(answer: WebhookAnswer, parts: IntakeParts, pause: Pause): Promise<Accepted | Refused> {
  const { changes, refused, unreadable, unknownKinds } = answer;
  const weight = changes.length;
  if (refused !== null && unreadable.count === 0) return refuse(refused, REASONS[refused]);
  if (!storing.take(weight)) return refuse('unavailable', 'the store has not taken earlier calls yet');
  try {
    return await parts.withStore(async (store) => {
      const { provider } = parts;
      const receivedAt = store.now();
      if (unreadable.count > 0) {
        await store.intake.keep(unreadable.samples.map((sample) => ({ provider, receivedAt, ...sample })));
      }
      if (refused !== null) return refuse(refused, REASONS[refused], unreadable.count);
      const routed = await route(changes, (tenantIds) => parts.heardBy(store, tenantIds), pause);
      const queued = await queue(store, routed, pause);
      return { refused: null, ...routed, ...queued, unreadable: unreadable.count, unknownKinds };
    });
  } finally {
    storing.give(weight);
  }
}
