import { faults } from './apiFault';
import { runBatch } from './batch';
import { changeData } from './cdc';
import type { Company } from './company';
import { write, type CallSwitches } from './entityWrites';
import type { Reply } from './envelopes';
import { exchangeRate, setExchangeRate } from './exchangeRate';
import type { Fields } from './json';
import { present } from './present';
import { runQuery } from './queryRun';
import type { ApiRequest, Route } from './requests';
import { createTaxCode } from './taxService';
import type { EntitySpec } from './entities/fieldTypes';
import type { WriteContext } from './writes';

const data = (content: Fields): Reply => ({ kind: 'data', status: 200, data: content });

function utf8(body: Buffer): void {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw faults.unsupportedOperation('The request body is not valid UTF-8');
  }
}

function bodyOf(request: ApiRequest, route: Route): Fields {
  utf8(request.body);
  if (!(request.headers['content-type'] ?? '').toLowerCase().startsWith('application/json')) {
    throw faults.badRequest('The content type of the request must be application/json');
  }
  if (route.body === undefined) throw faults.badRequest('The request body is not a valid JSON object');
  return route.body;
}

const contextOf = (request: ApiRequest): WriteContext => ({
  byApp: true,
  allowDuplicateDocNumber: (request.query.get('include') ?? '').split(',').includes('allowduplicatedocnum'),
});

/** A void is spelled differently for invoices and for payments; the other spelling is not understood. */
function checkVoidSpelling(request: ApiRequest, spec: EntitySpec): void {
  const spelling = request.query.get('operation') === 'void' ? 'operation' : 'include';
  if (spec.void !== spelling)
    throw faults.unsupportedOperation(`Operation void is not supported for ${spec.name}`);
}

function checkOperation(request: ApiRequest): void {
  const operation = request.query.get('operation');
  if (operation !== null && !['create', 'update', 'delete', 'void'].includes(operation)) {
    throw faults.unsupportedOperation(`Operation ${operation} is not supported`);
  }
}

function querySource(request: ApiRequest): string {
  if (request.method === 'GET') return request.query.get('query') ?? '';
  utf8(request.body);
  if (!/^(application\/text|text\/plain)/i.test(request.headers['content-type'] ?? '')) {
    throw faults.badRequest('A query is posted as application/text');
  }
  return request.body.toString('utf8');
}

function send(company: Company, route: Route, request: ApiRequest): Reply {
  const entity = route.entity ?? '';
  const before = company.need(entity, route.id ?? '');
  const address = request.query.get('sendTo');
  const sent = company.transaction(() => {
    const email = address === null ? {} : { BillEmail: { Address: address } };
    if (address === null && before.BillEmail === undefined) throw faults.required('sendTo');
    const record = company.replace(entity, before, { ...before, ...email, EmailStatus: 'EmailSent' });
    company.emit(entity, record.Id, 'Emailed', true);
    return record;
  });
  return data({ [entity]: present(company, entity, sent) });
}

function read(company: Company, route: Route): Reply {
  const entity = route.entity ?? '';
  const isOwn = entity === 'CompanyInfo' && route.id === company.profile.realmId;
  const record = company.need(entity, isOwn ? '1' : (route.id ?? ''));
  return data({ [entity]: present(company, entity, record) });
}

/** Answers one call of the API; refusals are thrown. */
export function perform(company: Company, route: Route, request: ApiRequest, switches: CallSwitches): Reply {
  switch (route.operation) {
    case 'read':
      return read(company, route);
    case 'query':
      return data({ QueryResponse: runQuery(company, querySource(request)).response });
    case 'cdc':
      return data(
        changeData(company, {
          entities: request.query.get('entities') ?? '',
          changedSince: request.query.get('changedSince') ?? '',
          spuriousDeleted: switches.spuriousDeleted,
        }),
      );
    case 'batch':
      return data(runBatch(company, bodyOf(request, route), switches));
    case 'taxservice':
      return { ...data(createTaxCode(company, bodyOf(request, route))), bare: true } as Reply;
    case 'exchangerate':
      return data({ ExchangeRate: exchangeRate(company, request.query) });
    case 'send':
      return send(company, route, request);
    case 'create':
    case 'update':
    case 'delete':
    case 'void': {
      const body = bodyOf(request, route);
      if (route.entity === 'ExchangeRate') return data({ ExchangeRate: setExchangeRate(company, body) });
      if (route.spec === undefined) throw new Error(`${request.path} has no operation`);
      checkOperation(request);
      if (route.operation === 'void') checkVoidSpelling(request, route.spec);
      const answer = write(company, route.spec, route.operation, body, contextOf(request));
      return data({ [route.spec.name]: answer });
    }
    default:
      throw new Error(`${request.path} has no operation`);
  }
}
