import { faults } from './apiFault';
import { changeData } from './cdc';
import type { Company } from './company';
import { entities } from './entities';
import { fieldsOf, isFields, listOf, textOf, type Fields } from './json';
import { faultOf, idOf, write, type CallSwitches } from './entityWrites';
import { runQuery } from './queryRun';
import { keyOf } from './records';

const MAX_BID = 10;
const WRITES = ['create', 'update', 'delete', 'void'] as const;

function itemsOf(company: Company, body: Fields): Fields[] {
  const items = listOf(body.BatchItemRequest);
  if (items.length === 0) throw faults.required('BatchItemRequest');
  const max = company.settings.limits.batchItems;
  if (items.length > max)
    throw faults.business(`A batch may hold ${max} items, this one has ${items.length}`);
  const ids = items.map((item) => textOf(item.bId));
  for (const id of ids) {
    if (id === '') throw faults.required('bId');
    if (id.length > MAX_BID) throw faults.tooLong('bId', MAX_BID, id.length);
  }
  if (new Set(ids).size !== ids.length) throw faults.badRequest('bId must be unique within a batch');
  return items;
}

export const isBatchRead = (item: Fields): boolean =>
  typeof item.Query === 'string' || isFields(item.CDCQuery);

/** Items run one after another and fail on their own; none sees what an earlier one created. */
export function runBatch(company: Company, body: Fields, switches: CallSwitches): Fields {
  const items = itemsOf(company, body);
  const created = new Set<string>();
  const responses = items.map((item) => {
    const bId = textOf(item.bId);
    try {
      return { bId, ...runItem(company, item, created, switches) };
    } catch (error) {
      return { bId, ...faultOf(error) };
    } finally {
      company.hidden = new Set();
    }
  });
  return { BatchItemResponse: responses };
}

function runItem(company: Company, item: Fields, created: Set<string>, switches: CallSwitches): Fields {
  company.hidden = created;
  if (typeof item.Query === 'string') return { QueryResponse: runQuery(company, item.Query).response };
  if (isFields(item.CDCQuery)) {
    const { Entities, ChangedSince } = item.CDCQuery;
    const request = { entities: textOf(Entities), changedSince: textOf(ChangedSince), ...switches };
    return changeData(company, request);
  }
  const name = Object.keys(item).find((key) => entities.has(key));
  const spec = name === undefined ? undefined : entities.get(name);
  if (name === undefined || spec === undefined) throw faults.required('entity');
  const options = textOf(item.optionsData).split(',');
  const operation = WRITES.find((known) => known === item.operation);
  if (operation === undefined)
    throw faults.unsupportedOperation(`Operation ${textOf(item.operation)} is not supported`);
  const asVoid = operation === 'void' || (operation === 'update' && options.includes('void'));
  // Inside the write itself new records must be visible, so only what earlier items made is hidden.
  company.hidden = new Set(created);
  const answer = write(company, spec, asVoid ? 'void' : operation, fieldsOf(item[name]), {
    byApp: true,
    allowDuplicateDocNumber: options.includes('allowduplicatedocnum'),
  });
  if (operation === 'create') created.add(keyOf(name, idOf(answer)));
  return { [name]: answer };
}
