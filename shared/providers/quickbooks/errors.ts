import {
  AuthError,
  DuplicateError,
  LONGEST_WAIT_MS,
  NotFoundError,
  RateLimitError,
  StaleVersionError,
  TransientError,
  UncertainWriteError,
  ValidationError,
  type Issue,
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
import { fieldOnWire, type Mapping } from '../../mapping/mapping';
import type { HttpResponse } from '../../ports';
import { cut, escapeControls } from '../../schema/text';
import { foreignAnswer } from '../http/foreignAnswer';
import { parseRetryAfter } from '../http/retryAfter';

/** What was asked of the service: the half of an error message that the answer does not have. */
export interface Call {
  kind: 'read' | 'write';
  /** Reads as "could not <action>", e.g. `update invoice 12`. */
  action: string;
  entity?: string;
  recordId?: string;
  /** Tells which of our fields the service means. */
  mapping?: Mapping;
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

/** Faults are short; whatever is longer is somebody's page, or somebody's attempt to keep us busy. */
const MAX_XML_FAULT = 64 * 1024;
const MAX_ENTRIES = 20;
/** What is said of a refusal in one line. */
const MAX_WORDS = 300;

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
    errors: (Array.isArray(list) ? objectsOf(list) : isJsonObject(list) ? [list] : [])
      .slice(0, MAX_ENTRIES)
      .map((entry) => ({
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
  const [fault] = elementsIn(text.slice(0, MAX_XML_FAULT), 'Fault', 1);
  if (!fault) return null;
  return {
    type: attribute(fault, 'type'),
    errors: elementsIn(fault.content, 'Error', MAX_ENTRIES).map((entry) => ({
      code: attribute(entry, 'code'),
      message: elementText(entry, 'Message'),
      detail: elementText(entry, 'Detail'),
      element: attribute(entry, 'element'),
    })),
  };
}

interface Element {
  attributes: string;
  content: string;
}

/** The first elements of a name. Every character is looked at a fixed number of times, whatever the text is. */
function elementsIn(text: string, name: string, limit: number): Element[] {
  const found: Element[] = [];
  const closing = `</${name}>`;
  let at = text.indexOf(`<${name}`);
  while (at >= 0 && found.length < limit) {
    const inside = at + name.length + 1;
    if (!/[\s/>]/.test(text.charAt(inside))) {
      at = text.indexOf(`<${name}`, inside);
      continue;
    }
    const end = text.indexOf('>', inside);
    if (end < 0) break;
    const isEmpty = text.charAt(end - 1) === '/';
    const close = isEmpty ? end + 1 : text.indexOf(closing, end);
    if (close < 0) break;
    found.push({ attributes: text.slice(inside, end), content: isEmpty ? '' : text.slice(end + 1, close) });
    at = text.indexOf(`<${name}`, isEmpty ? close : close + closing.length);
  }
  return found;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
const unescapeXml = (text: string) =>
  text.replace(/&(lt|gt|quot|apos|amp);/g, (_all, name: string) => ENTITIES[name] ?? '');

function attribute({ attributes }: Element, name: string): string {
  return unescapeXml(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '');
}

function elementText({ content }: Element, name: string): string {
  return unescapeXml(elementsIn(content, name, 1)[0]?.content ?? '');
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
  '2020': 'Fill in the missing field; the sync then tries again automatically.',
  '2050': 'Shorten the text; the sync then tries again automatically.',
  '2210': 'Correct the e-mail address; the sync then tries again automatically.',
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
  // Everybody else who says 403 is a firewall, and reconnecting would not help.
  const isJudged = first !== undefined;
  if (status === 401 || (isJudged && isAuthFailure(status, code)))
    return refusedGrant(status, code, call, details);
  if (!isJudged) return foreignAnswer('QuickBooks', response, call, details);
  const isRefusal = fault?.type === 'ValidationFault' && code !== '10000';
  if (code === '10000' || status === 408 || (status >= 500 && !isRefusal)) {
    return failed(status, call, details);
  }
  return refused(code, fault?.errors ?? [], call, details);
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
    ...(call.kind === 'write' ? { landed: 'no' } : {}),
    retryAfterMs,
    nextStep:
      retryAfterMs > LONGEST_WAIT_MS
        ? 'Nothing to do; it asked for a longer wait than an hour, and work continues automatically after an hour.'
        : 'Nothing to do; work continues automatically after the wait.',
  });
}

function isAuthFailure(status: number, code: string): boolean {
  return status === 403 || Object.hasOwn(AUTH_STEPS, code);
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

/**
 * A failure of the service's own: it may last, and meet every record; or one record may be what it fails on. Which of
 * the two it is shows in how others fare, as with everything that is about the connection.
 */
function failed(status: number, call: Call, details: SyncErrorDetails): SyncError {
  if (call.kind === 'read') {
    return new TransientError(
      `QuickBooks could not ${call.action}: it answered with a failure of its own (${status})`,
      {
        ...details,
        scope: 'connection',
        nextStep: 'Nothing to do; the read is repeated automatically.',
      },
    );
  }
  return new UncertainWriteError(
    `QuickBooks answered "${call.action}" with a failure of its own (${status}); the write may have landed`,
    {
      ...details,
      scope: 'connection',
      nextStep: 'Nothing to do; the record is looked up before anything is repeated.',
    },
  );
}

function refused(
  code: string,
  errors: readonly FaultEntry[],
  call: Call,
  details: SyncErrorDetails,
): SyncError {
  const others = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const message = `QuickBooks did not ${call.action}: ${wordsOf(errors[0])}${others}`;
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
            ? 'Change the number of one of the two documents.'
            : 'Rename one of the two records.',
      });
    case '610':
      return new NotFoundError(message, {
        ...details,
        nextStep: 'Check in QuickBooks whether the record was deleted, or one it refers to made inactive.',
      });
    default: {
      const issues = errors.map((entry): Issue => {
        const known = fieldOf(entry, call);
        return {
          field: known?.path ?? entry.element,
          ...(known ? { label: known.label } : {}),
          reason: cut(escapeControls(entry.detail || entry.message), MAX_WORDS),
        };
      });
      const field = issues.find((issue) => issue.field !== '')?.field;
      return new ValidationError(message, {
        ...details,
        ...(field === undefined ? {} : { field }),
        issues,
        nextStep:
          VALIDATION_STEPS[code] ??
          'Correct the record at its source; the sync then tries again automatically.',
      });
    }
  }
}

/** The service names members of its own, such as `PrimaryEmailAddr.Address`. */
const fieldOf = ({ element }: FaultEntry, { mapping }: Call) =>
  mapping && element !== '' ? fieldOnWire(mapping, element) : null;

/** What the service said, in its own words, once: the detail usually repeats the message. */
function wordsOf(entry: FaultEntry | undefined): string {
  const { message = '', detail = '' } = entry ?? {};
  const plain = detail.replace(/^Business Validation Error\s*:\s*/, '');
  const isRepeated = plain === '' || detail.startsWith(message) || plain !== detail;
  const words = isRepeated ? plain || message : `${message} (${plain})`;
  const line = escapeControls(words.slice(0, 2 * MAX_WORDS)).replace(/\s*:\s+/g, ' – ');
  return cut(line || 'it gave no reason', MAX_WORDS);
}
