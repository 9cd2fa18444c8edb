import {
  AuthError,
  DuplicateError,
  NotFoundError,
  RateLimitError,
  StaleVersionError,
  TransientError,
  UncertainWriteError,
  ValidationError,
  type SyncError,
  type SyncErrorDetails,
} from '../../errors';
import {
  isJsonObject,
  JsonNumber,
  objectsOf,
  parseJson,
  type Json,
  type JsonObject,
} from '../../mapping/json';
import type { HttpResponse } from '../../ports';
import { parseRetryAfter } from '../http/retryAfter';

/** What was asked of the service: the half of an error message that the answer does not have. */
export interface Call {
  kind: 'read' | 'write';
  /** Reads as "could not <action>", e.g. `update invoice 12`. */
  action: string;
  entity?: string;
  recordId?: string;
}

export interface FaultEntry {
  code: string;
  message: string;
  detail: string;
  element: string;
}

export interface Fault {
  type: string;
  errors: FaultEntry[];
}

/** The wait that the service recommends when it names none. */
const THROTTLE_WAIT_MS = 60_000;
const THROTTLE_JITTER_MS = 15_000;

/** The fault in a body of any of the service's shapes: API, gateway (lower case) or XML; null when there is none. */
export function parseFault(body: string): Fault | null {
  const text = body.trimStart();
  if (text.startsWith('<')) return faultOfXml(text);
  try {
    const parsed = parseJson(text);
    return isJsonObject(parsed) ? faultOf(parsed) : null;
  } catch {
    return null;
  }
}

/** The fault of a parsed body; some come with status 200. */
export function faultOf(body: JsonObject): Fault | null {
  const fault = memberIn(body, 'Fault');
  if (!isJsonObject(fault)) return null;
  const list = memberIn(fault, 'Error');
  return {
    type: textIn(fault, 'type'),
    errors: (Array.isArray(list) ? objectsOf(list) : isJsonObject(list) ? [list] : []).map((entry) => ({
      code: textIn(entry, 'code'),
      message: textIn(entry, 'Message'),
      detail: textIn(entry, 'Detail'),
      element: textIn(entry, 'element'),
    })),
  };
}

/** The API capitalises member names, the gateway does not. */
function memberIn(object: JsonObject, name: string): Json | undefined {
  return object[name] ?? object[name.toLowerCase()];
}

function textIn(object: JsonObject, name: string): string {
  const value = memberIn(object, name);
  return value instanceof JsonNumber ? value.text : typeof value === 'string' ? value : '';
}

function faultOfXml(text: string): Fault | null {
  const fault = /<Fault\b([^>]*)>([\s\S]*?)<\/Fault>/.exec(text);
  if (!fault) return null;
  const entries = [...(fault[2] ?? '').matchAll(/<Error\b([^>]*?)(?:\/>|>([\s\S]*?)<\/Error>)/g)];
  return {
    type: attribute(fault[1], 'type'),
    errors: entries.map(([, attributes, content]) => ({
      code: attribute(attributes, 'code'),
      message: elementText(content, 'Message'),
      detail: elementText(content, 'Detail'),
      element: attribute(attributes, 'element'),
    })),
  };
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
const unescapeXml = (text: string) =>
  text.replace(/&(lt|gt|quot|apos|amp);/g, (_all, name: string) => ENTITIES[name] ?? '');

function attribute(attributes: string | undefined, name: string): string {
  return unescapeXml(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes ?? '')?.[1] ?? '');
}

function elementText(content: string | undefined, name: string): string {
  return unescapeXml(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(content ?? '')?.[1] ?? '');
}

/** The gateway puts its code into the message, zero-padded: `errorCode=003200`. */
function codeOf(entry: FaultEntry | undefined): string {
  const code = entry?.code ?? '';
  const inMessage = /errorCode=0*(\d+)/.exec(entry?.message ?? '')?.[1];
  return code === '' ? (inMessage ?? '') : code.replace(/^0+(?=\d)/, '');
}

const AUTH_STEPS: Readonly<Record<string, string>> = {
  '120': 'Have an admin of the QuickBooks company reconnect the credential in n8n.',
  '3100':
    'Check that the credential is connected to this company, and to the right environment (sandbox or production); then reconnect it.',
  '3200': 'Open the credential in n8n and reconnect it.',
  '6190': 'Renew the QuickBooks subscription of the company, then resume the connection.',
};

const VALIDATION_STEPS: Readonly<Record<string, string>> = {
  '620': 'Check that the document is still open and belongs to the same customer.',
  '2020': 'Fill in the missing field, then replay the event.',
  '2050': 'Shorten the text, then replay the event.',
  '2210': 'Correct the e-mail address, then replay the event.',
  '2500': 'Check that the record referred to still exists and is active in QuickBooks.',
  '6070': 'Make the amount of each line its quantity times its price.',
  '6210': 'Reopen the period in QuickBooks, or date the record after its closing date.',
  '6540': 'Remove the payment from its bank deposit in QuickBooks first.',
  '6560': 'Choose documents of the same customer.',
};

export interface ErrorTime {
  now: number;
  /** Uniform in [0, 1). */
  jitter: number;
}

/** The class of failure, and so what happens next, from the answer alone. */
export function toSyncError(response: HttpResponse, call: Call, time: ErrorTime): SyncError {
  const fault = parseFault(response.body);
  const first = fault?.errors[0];
  const code = codeOf(first);
  const { status } = response;
  const details = detailsOf(response, call, code);
  if (status === 429 || code === '3001') return throttled(response, call, details, time);
  if (isAuthFailure(status, code)) return refusedGrant(status, code, call, details);
  const judged = fault?.type === 'ValidationFault' && code !== '10000';
  if (code === '10000' || status === 408 || (status >= 500 && !judged)) {
    return failed(status, call, details);
  }
  return refused(status, code, fault, call, details);
}

function detailsOf(response: HttpResponse, call: Call, code: string): SyncErrorDetails {
  const requestId = response.headers.intuit_tid;
  return {
    provider: 'quickbooks',
    ...(call.entity === undefined ? {} : { entity: call.entity }),
    ...(call.recordId === undefined ? {} : { recordId: call.recordId }),
    ...(code === '' ? {} : { providerCode: code }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

function throttled(
  response: HttpResponse,
  call: Call,
  details: SyncErrorDetails,
  { now, jitter }: ErrorTime,
): SyncError {
  const asked = parseRetryAfter(response.headers['retry-after'], now);
  const retryAfterMs = asked ?? THROTTLE_WAIT_MS + Math.floor(jitter * THROTTLE_JITTER_MS);
  return new RateLimitError(`QuickBooks asked to slow down and did not ${call.action}`, {
    ...details,
    retryAfterMs,
    nextStep: 'Nothing to do; work goes on by itself after the wait.',
  });
}

function isAuthFailure(status: number, code: string): boolean {
  return status === 401 || status === 403 || Object.hasOwn(AUTH_STEPS, code);
}

/** The detail of these answers is left out: it may quote the token. */
function refusedGrant(status: number, code: string, call: Call, details: SyncErrorDetails): SyncError {
  const why: Record<string, string> = {
    '120': 'the user who connected it may no longer use the company',
    '3100': 'the credential is not connected to this company',
    '6190': 'the subscription of the company has ended',
  };
  const reason = why[code] ?? (status === 403 ? 'access was denied' : 'the grant was not accepted');
  const nextStep = AUTH_STEPS[code] ?? (status === 403 ? AUTH_STEPS['3100'] : AUTH_STEPS['3200']);
  return new AuthError(`QuickBooks did not ${call.action}: ${reason}`, {
    ...details,
    ...(nextStep === undefined ? {} : { nextStep }),
  });
}

function failed(status: number, call: Call, details: SyncErrorDetails): SyncError {
  if (call.kind === 'read') {
    return new TransientError(
      `QuickBooks could not ${call.action}: it answered with a failure of its own (${status})`,
      {
        ...details,
        nextStep: 'Nothing to do; the read is repeated by itself.',
      },
    );
  }
  return new UncertainWriteError(
    `QuickBooks answered "${call.action}" with a failure of its own (${status}); the write may have landed`,
    { ...details, nextStep: 'Nothing to do; the record is looked up before anything is repeated.' },
  );
}

function refused(
  status: number,
  code: string,
  fault: Fault | null,
  call: Call,
  details: SyncErrorDetails,
): SyncError {
  const message = `QuickBooks did not ${call.action}: ${said(fault, status)}`;
  switch (code) {
    case '5010':
      return new StaleVersionError(message, {
        ...details,
        nextStep: 'Nothing to do; the record is read and merged again.',
      });
    case '6140':
    case '6240':
      return new DuplicateError(message, {
        ...details,
        field: code === '6140' ? 'number' : 'name',
        nextStep:
          code === '6140'
            ? 'Change the number on one of the two documents, or link them.'
            : 'Rename one of the two records, or link them.',
      });
    case '610':
      return new NotFoundError(message, {
        ...details,
        nextStep: 'Check in QuickBooks whether the record was deleted, or one it refers to made inactive.',
      });
    default: {
      const issues = (fault?.errors ?? []).map((entry) => ({
        field: entry.element,
        reason: entry.detail || entry.message,
      }));
      const element = issues.find((issue) => issue.field !== '')?.field;
      return new ValidationError(message, {
        ...details,
        ...(element === undefined ? {} : { field: element }),
        ...(issues.length === 0 ? {} : { issues }),
        nextStep: VALIDATION_STEPS[code] ?? 'Correct the record at its source, then replay the event.',
      });
    }
  }
}

/** What the service said, in its own words; the detail usually repeats the message. */
function said(fault: Fault | null, status: number): string {
  const parts = (fault?.errors ?? []).map(({ message, detail, code }) => {
    const isRepeated =
      detail === '' || detail.startsWith(message) || /^Business Validation Error: ./.test(detail);
    const words = isRepeated ? detail || message : `${message}: ${detail}`;
    return `${words.slice(0, 500)}${code === '' ? '' : ` (code ${code})`}`;
  });
  return parts.length > 0 ? parts.join('; ') : `it answered with status ${status}`;
}
