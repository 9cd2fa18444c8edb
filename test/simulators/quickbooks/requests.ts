import { entitiesByPath } from './entities';
import type { EntitySpec } from './entities/fieldTypes';
import { fieldsOf, textOf, type Fields } from './json';

export type CallOperation =
  | 'create'
  | 'update'
  | 'delete'
  | 'void'
  | 'read'
  | 'query'
  | 'cdc'
  | 'batch'
  | 'send'
  | 'taxservice'
  | 'exchangerate'
  | 'token'
  | 'other';

export interface ApiRequest {
  method: string;
  /** Without the host, e.g. `/v3/company/1/invoice`. */
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}

/** What an API URL asks for, found out before anything is checked. */
export interface Route {
  realmId: string;
  operation: CallOperation;
  spec?: EntitySpec;
  id?: string;
  /** Left undefined when the body is not readable JSON; the operation then says so. */
  body?: Fields;
  entity?: string;
}

export const isRead = (operation: CallOperation): boolean =>
  operation === 'read' || operation === 'query' || operation === 'cdc' || operation === 'exchangerate';

function readBody(request: ApiRequest): Fields | undefined {
  try {
    const parsed: unknown = JSON.parse(request.body.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? fieldsOf(parsed)
      : undefined;
  } catch {
    return undefined;
  }
}

function writeOperation(request: ApiRequest, body: Fields | undefined): CallOperation {
  const operation = request.query.get('operation');
  if (operation === 'delete') return 'delete';
  if (operation === 'void') return 'void';
  if (operation === 'update' && request.query.get('include') === 'void') return 'void';
  if (operation === 'update' || textOf(body?.Id) !== '') return 'update';
  return 'create';
}

/** Finds what a URL under `/v3/company/` means; paths are case-sensitive, unknown ones are a plain 404. */
export function routeOf(request: ApiRequest): Route | undefined {
  const [, version, company, realmId = '', first = '', second, third, ...rest] = request.path.split('/');
  if (version !== 'v3' || company !== 'company' || realmId === '' || rest.length > 0) return undefined;
  const { method } = request;
  const place = [first, second ?? '', third ?? ''].join('/');
  const body = method === 'POST' ? readBody(request) : undefined;
  const withBody = body === undefined ? {} : { body };
  if (place === 'query//' && (method === 'GET' || method === 'POST')) return { realmId, operation: 'query' };
  if (place === 'cdc//' && method === 'GET') return { realmId, operation: 'cdc' };
  if (place === 'batch//' && method === 'POST') return { realmId, operation: 'batch', ...withBody };
  if (place === 'taxservice/taxcode/' && method === 'POST') {
    return { realmId, operation: 'taxservice', entity: 'TaxCode', ...withBody };
  }
  if (place === 'exchangerate//' && (method === 'GET' || method === 'POST')) {
    const operation = method === 'GET' ? 'exchangerate' : 'update';
    return { realmId, operation, entity: 'ExchangeRate', ...withBody };
  }
  const spec = entitiesByPath.get(first);
  if (spec === undefined) return undefined;
  const found = { realmId, spec, entity: spec.name };
  if (method === 'GET' && third === undefined) {
    if (second !== undefined && second !== '') return { ...found, operation: 'read', id: second };
    if (spec.name === 'Preferences') return { ...found, operation: 'read', id: '1' };
  }
  if (method === 'POST' && second === undefined) {
    return { ...found, operation: writeOperation(request, body), ...withBody };
  }
  if (method === 'POST' && third === 'send' && ['Invoice', 'Estimate', 'CreditMemo'].includes(spec.name)) {
    return { ...found, operation: 'send', id: second ?? '' };
  }
  return undefined;
}
