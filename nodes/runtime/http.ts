import { Readable } from 'node:stream';
import type { IAllExecuteFunctions, IDataObject, IHttpRequestOptions } from 'n8n-workflow';
import { AuthError, SyncError, toSyncError, TransientError } from '../../shared/errors';
import type { Http, HttpRequest, HttpResponse } from '../../shared/ports';
import { toTransportError } from '../../shared/providers/http/transportError';
import { credentialNamed, type HttpNodeContext } from './context';

const DEFAULT_TIMEOUT_MS = 30_000;
/** Longest answer that is read; a page of the longest records is far below. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** Of an answer with an error status no more is looked at: faults are short, the rest is somebody's page. */
const MAX_ERROR_BYTES = 1024 * 1024;
/** n8n wraps what axios threw once or twice. */
const MAX_CAUSES = 5;

/**
 * The authenticated transport of a node. n8n signs the call, refreshes the token on a 401 and stores the new one;
 * it does so only for requests that throw, so a status is read from what was thrown.
 */
export function nodeHttp(context: HttpNodeContext, credentialType: string): Http {
  const answerTo = async (request: HttpRequest): Promise<Answer> => {
    try {
      const answer: unknown = await context.helpers.httpRequestWithAuthentication.call(
        context as IAllExecuteFunctions,
        credentialType,
        optionsOf(request),
      );
      return answer as Answer;
    } catch (error) {
      const answer = answerIn(error, request.url);
      if (answer) return answer;
      const refusal = refusalIn(error, credentialNamed(context, credentialType));
      throw toSyncError(refusal ?? toTransportError(error, request));
    }
  };
  return { send: async (request) => await toResponse(await answerTo(request), request) };
}

function optionsOf({ method, url, query, headers, body, timeoutMs }: HttpRequest): IHttpRequestOptions {
  return {
    method,
    url,
    ...(query ? { qs: query } : {}),
    ...(headers ? { headers } : {}),
    ...(body === undefined ? {} : { body }),
    timeout: timeoutMs ?? DEFAULT_TIMEOUT_MS,
    // Bytes as they come, because n8n reads any length otherwise; and no JSON, which would turn amounts into floats.
    encoding: 'stream',
    json: false,
    returnFullResponse: true,
    // A redirect would take the token along.
    disableFollowRedirect: true,
  };
}

interface Answer {
  statusCode?: number;
  status?: number;
  headers?: unknown;
  body?: unknown;
  data?: unknown;
}

async function toResponse(answer: Answer, request: HttpRequest): Promise<HttpResponse> {
  const headers = Object.entries((answer.headers ?? {}) as IDataObject).flatMap(([name, value]) =>
    value === undefined || value === null || typeof value === 'function'
      ? []
      : [[name.toLowerCase(), String(value)]],
  );
  const body = answer.body ?? answer.data;
  const status = answer.statusCode ?? answer.status ?? 0;
  return {
    status,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: body instanceof Readable ? await readText(body, request, status >= 400) : textOf(body),
  };
}

/** The time-out of the request ends with its headers; whoever sends its body drop by drop has as long again. */
async function readText(
  body: Readable,
  { timeoutMs = DEFAULT_TIMEOUT_MS, ...request }: HttpRequest,
  isError: boolean,
): Promise<string> {
  const maxBytes = isError ? MAX_ERROR_BYTES : MAX_ANSWER_BYTES;
  const late = setTimeout(() => body.destroy(brokenOff('ETIMEDOUT')), timeoutMs);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      // Leaving the loop ends the connection.
      if (bytes > maxBytes && isError) break;
      if (bytes > maxBytes) throw brokenOff(`it answered with more than ${maxBytes / 1024 / 1024} MiB`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw toSyncError(toTransportError(error, request));
  } finally {
    clearTimeout(late);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const brokenOff = (code: string) => Object.assign(new Error('The answer was broken off'), { code });

function textOf(body: unknown): string {
  if (typeof body === 'string') return body;
  if (Buffer.isBuffer(body)) return body.toString('utf8');
  return body === undefined || body === null ? '' : JSON.stringify(body);
}

interface Thrown {
  name?: unknown;
  message?: unknown;
  code?: unknown;
  status?: unknown;
  response?: Answer;
  config?: { url?: unknown };
  failure?: { cause?: unknown };
  cause?: unknown;
}

function* causesOf(error: unknown): Generator<Thrown> {
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES && typeof current === 'object' && current !== null; depth++) {
    yield current as Thrown;
    current = (current as Thrown).cause;
  }
}

/** The provider's answer behind a thrown status; the token endpoint's is not it. */
function answerIn(error: unknown, url: string): Answer | null {
  for (const { response, config } of causesOf(error)) {
    if (typeof response?.status !== 'number') continue;
    return typeof config?.url === 'string' && !config.url.startsWith(url) ? null : response;
  }
  return null;
}

/** Failures of the token itself: nothing of the request has been carried out then. */
function refusalIn(error: unknown, credential: string): SyncError | null {
  const dead = (message: string) =>
    new AuthError(message, { nextStep: `Open the ${credential} in n8n and reconnect it.` });
  for (const { failure, message, code, status, response } of causesOf(error)) {
    const text = typeof message === 'string' ? message : '';
    if (failure?.cause === 'credential-invalid' || /needs to be reconnected/.test(text)) {
      return dead(`The access that was granted to the ${credential} has ended`);
    }
    if (/credentials not connected/i.test(text)) return dead(`The ${credential} is not connected yet`);
    if (code === 'EAUTH') return dead(`The token endpoint refused the ${credential}`);
    const tokenStatus = code === 'ESTATUS' ? status : response?.status;
    if (typeof tokenStatus !== 'number') continue;
    if (tokenStatus >= 400 && tokenStatus < 500 && tokenStatus !== 429) {
      return dead(`The token endpoint refused the ${credential} with status ${tokenStatus}`);
    }
    return new TransientError(`The token endpoint answered with status ${tokenStatus}`, {
      nextStep: 'Nothing to do; the call is repeated by itself.',
    });
  }
  return null;
}
