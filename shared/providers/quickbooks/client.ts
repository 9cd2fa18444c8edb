import { SyncError, TransientError, UncertainWriteError } from '../../errors';
import { formatJson, isJsonObject, parseJson, type Json, type JsonObject } from '../../mapping/json';
import type { CallMeter, Clock, Http, HttpRequest, HttpResponse } from '../../ports';
import { normalizeInstant, type Instant } from '../../schema/calendar';
import { limiterOf, type RateLimits } from '../http/limiters';
import { faultOf, toSyncError, type Call } from './errors';
import { MAX_URL_STATEMENT } from './query';

export interface QuickBooksClientOptions {
  http: Http;
  /** `https://quickbooks.api.intuit.com`, or the sandbox's. */
  baseUrl: string;
  realmId: string;
  meter: CallMeter;
  clock: Pick<Clock, 'now'>;
  /** (the published 500 a minute and 10 a second) */
  limits?: RateLimits;
  /** (120 000, after which the service gives up itself) */
  timeoutMs?: number;
  /** Spreads retries after a 429 (Math.random). */
  random?: () => number;
}

export interface Answer {
  body: JsonObject;
  /** The service's clock when it answered. */
  asOf: Instant;
}

export interface WriteCall {
  /** Idempotency key: a repeat with the same one gets the first answer. */
  key: string;
  operation?: 'update' | 'delete' | 'void';
  include?: 'void';
}

export interface QuickBooksClient {
  get(path: string, query: Record<string, string>, call: Call): Promise<Answer>;
  query(statement: string, call: Call): Promise<Answer>;
  write(resource: string, body: JsonObject, options: WriteCall, call: Call): Promise<Answer>;
}

/** Everything up to 74 is served as this one; naming it keeps a later default from changing answers. */
const MINOR_VERSION = '75';
const PUBLISHED_LIMITS: RateLimits = { perMinute: 500, perSecond: 10 };

/** The API's transport: headers, envelopes, faults, limits and the count of calls. */
export function createQuickBooksClient(options: QuickBooksClientOptions): QuickBooksClient {
  const { http, meter, clock, timeoutMs = 120_000, random = Math.random } = options;
  const limiter = limiterOf('quickbooks', options.realmId, options.limits ?? PUBLISHED_LIMITS);
  const root = `${options.baseUrl.replace(/\/+$/, '')}/v3/company/${encodeURIComponent(options.realmId)}`;

  const exchange = async (
    request: Pick<HttpRequest, 'method' | 'body'> & {
      path: string;
      query: Record<string, string>;
      type?: string;
    },
    call: Call,
  ): Promise<Answer> => {
    meter.count(call.kind);
    const { path, query, type, ...rest } = request;
    const { response, tookMs } = await limiter.schedule(() =>
      timed(
        http.send({
          ...rest,
          url: `${root}/${path}`,
          query: { ...query, minorversion: MINOR_VERSION },
          // Without Accept the API answers XML.
          headers: { Accept: 'application/json', ...(type === undefined ? {} : { 'Content-Type': type }) },
          timeoutMs,
        }),
      ).catch((error: unknown) => {
        throw withCall(error, call);
      }),
    );
    return readAnswer(response, call, { now: clock.now(), jitter: random(), tookMs });
  };

  return {
    get: (path, query, call) => exchange({ method: 'GET', path, query }, call),
    query: (statement, call) =>
      statement.length <= MAX_URL_STATEMENT
        ? exchange({ method: 'GET', path: 'query', query: { query: statement } }, call)
        : exchange(
            { method: 'POST', path: 'query', query: {}, type: 'application/text', body: statement },
            call,
          ),
    write: (resource, body, { key, operation, include }, call) =>
      exchange(
        {
          method: 'POST',
          path: resource.toLowerCase(),
          query: {
            requestid: key,
            ...(operation === undefined ? {} : { operation }),
            ...(include === undefined ? {} : { include }),
          },
          type: 'application/json',
          body: formatJson(body),
        },
        call,
      ),
  };
}

/** Names the record in a transport failure; a read that was posted is still only a read. */
function withCall(error: unknown, call: Call): unknown {
  if (!(error instanceof SyncError)) return error;
  const { landed, ...known } = error.details;
  const details = {
    provider: 'quickbooks',
    ...(call.entity === undefined ? {} : { entity: call.entity }),
    ...(call.recordId === undefined ? {} : { recordId: call.recordId }),
    ...known,
    ...(landed === undefined || call.kind === 'read' ? {} : { landed }),
  };
  if (error instanceof UncertainWriteError && call.kind === 'write') {
    return new UncertainWriteError(`QuickBooks left "${call.action}" unanswered: ${error.message}`, details);
  }
  if (error instanceof TransientError || error instanceof UncertainWriteError) {
    return new TransientError(`QuickBooks could not ${call.action}: ${error.message}`, details);
  }
  return error;
}

async function timed(sent: Promise<HttpResponse>): Promise<{ response: HttpResponse; tookMs: number }> {
  const started = performance.now();
  const response = await sent;
  return { response, tookMs: Math.ceil(performance.now() - started) };
}

/** Further apart than any two clocks, for an answer that does not say its time. */
const UNTIMED_MARGIN_MS = 3_600_000;

/**
 * A moment of the service's own clock for which the answer holds. The service stamps an answer when it leaves,
 * a little after it looked: a read counts from before the call was even sent, so that no change can fall
 * between. A write counts from its stamp, which is after its commit.
 */
function asOfAnswer(stamp: Json | undefined, call: Call, time: { now: number; tookMs: number }): Instant {
  const stamped = typeof stamp === 'string' ? normalizeInstant(stamp) : null;
  const at = stamped === null ? time.now - UNTIMED_MARGIN_MS : Date.parse(stamped);
  return new Date(call.kind === 'read' ? at - time.tookMs : at).toISOString();
}

function readAnswer(
  response: HttpResponse,
  call: Call,
  time: { now: number; jitter: number; tookMs: number },
): Answer {
  const ok = response.status >= 200 && response.status < 300;
  const body = ok ? parseBody(response.body) : null;
  // A success that cannot be read comes from somebody else, or was cut off on the way.
  if (!isJsonObject(body) || !isEnvelope(body) || faultOf(body) !== null)
    throw toSyncError(response, call, time);
  return { body, asOf: asOfAnswer(body.time, call, time) };
}

/** The API says its time in every answer, and capitalises what it answers with. */
const isEnvelope = (body: JsonObject) =>
  Object.keys(body).some((name) => name === 'time' || /^[A-Z]/.test(name));

function parseBody(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}
