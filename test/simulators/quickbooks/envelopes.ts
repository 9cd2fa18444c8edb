import type { ApiFault } from './apiFault';
import { formatPacific } from './clock';
import { isFields, type Fields } from './json';

/** What one call answers, before it is written as JSON or XML. */
export type Reply =
  | { kind: 'data'; status: number; data: Fields; bare?: boolean }
  | { kind: 'fault'; fault: ApiFault }
  | { kind: 'raw'; status: number; contentType: string; body: string | Buffer };

export interface Rendered {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

const JSON_TYPE = 'application/json;charset=UTF-8';
const XML_TYPE = 'application/xml;charset=UTF-8';

const XML_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
const escapeXml = (value: string): string =>
  value.replace(/[&<>"]/g, (character) => XML_ESCAPES[character] ?? '');

/** Members that the XML form carries as attributes. */
const ATTRIBUTES = new Set([
  'domain',
  'sparse',
  'status',
  'startPosition',
  'maxResults',
  'totalCount',
  'bId',
]);

function element(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((member) => element(name, member)).join('');
  if (value === null || value === undefined) return '';
  if (!isFields(value)) return `<${name}>${escapeXml(String(value))}</${name}>`;
  if (typeof value.value === 'string') {
    const label = typeof value.name === 'string' ? ` name="${escapeXml(value.name)}"` : '';
    return `<${name}${label}>${escapeXml(value.value)}</${name}>`;
  }
  const entries = Object.entries(value);
  const attributes = entries
    .filter(([key]) => ATTRIBUTES.has(key))
    .map(([key, member]) => ` ${key}="${escapeXml(String(member))}"`);
  const children = entries
    .filter(([key]) => !ATTRIBUTES.has(key))
    .map(([key, member]) => element(key, member));
  return `<${name}${attributes.join('')}>${children.join('')}</${name}>`;
}

function xmlDocument(nowMs: number, content: string): string {
  const time = formatPacific(nowMs, true);
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3" time="${time}">${content}</IntuitResponse>`;
}

/** The `Fault` member as it appears in an API answer, also per item of a batch. */
export function faultMember(fault: ApiFault): Fields {
  return {
    Error: fault.errors.map((error) => ({
      Message: error.message,
      Detail: error.detail,
      code: error.code,
      ...(error.element === undefined ? {} : { element: error.element }),
    })),
    type: fault.type,
  };
}

function faultJson(fault: ApiFault, nowMs: number): Fields {
  if (!fault.gateway) return { Fault: faultMember(fault), time: formatPacific(nowMs, true) };
  return {
    warnings: null,
    intuitObject: null,
    fault: {
      error: fault.errors.map(({ message, detail, code }) => ({ message, detail, code, element: null })),
      type: fault.type,
    },
    report: null,
    queryResponse: null,
    batchItemResponse: [],
    attachableResponse: [],
    syncErrorResponse: null,
    requestId: null,
    time: nowMs,
    status: null,
    cdcresponse: [],
  };
}

function faultXml(fault: ApiFault, nowMs: number): string {
  const errors = fault.errors.map(
    ({ message, detail, code, element: where }) =>
      `<Error code="${escapeXml(code)}" element="${escapeXml(where ?? '')}"><Message>${escapeXml(message)}</Message><Detail>${escapeXml(detail)}</Detail></Error>`,
  );
  return xmlDocument(nowMs, `<Fault type="${fault.type}">${errors.join('')}</Fault>`);
}

/** Writes an answer the way the caller asked for it; without an Accept for JSON that is XML. */
export function render(reply: Reply, wantsJson: boolean, nowMs: number): Rendered {
  if (reply.kind === 'raw') {
    return { status: reply.status, headers: { 'content-type': reply.contentType }, body: reply.body };
  }
  if (reply.kind === 'fault') {
    const { fault } = reply;
    const headers = { ...fault.headers, 'content-type': wantsJson ? JSON_TYPE : XML_TYPE };
    const body = wantsJson ? JSON.stringify(faultJson(fault, nowMs)) : faultXml(fault, nowMs);
    return { status: fault.status, headers, body };
  }
  if (!wantsJson) {
    const content = Object.entries(reply.data).map(([name, value]) => element(name, value));
    return {
      status: reply.status,
      headers: { 'content-type': XML_TYPE },
      body: xmlDocument(nowMs, content.join('')),
    };
  }
  const envelope = reply.bare === true ? reply.data : { ...reply.data, time: formatPacific(nowMs, true) };
  return { status: reply.status, headers: { 'content-type': JSON_TYPE }, body: JSON.stringify(envelope) };
}

export function htmlPage(status: number, title: string): Rendered {
  const body = `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body>\r\n<center><h1>${status} ${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  return { status, headers: { 'content-type': 'text/html' }, body };
}
