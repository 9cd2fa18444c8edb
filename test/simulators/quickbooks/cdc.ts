import { faults } from './apiFault';
import type { Company } from './company';
import { entities } from './entities';
import { textOf, type Fields } from './json';
import { present } from './present';

const WINDOW_MS = 30 * 24 * 3_600_000;
const MAX_OBJECTS = 1000;
/** Named by the vendor as not supported; some of them are not simulated otherwise. */
const UNSUPPORTED = new Set(['JournalCode', 'TaxAgency', 'TimeActivity', 'TaxCode', 'TaxRate']);

export interface ChangeRequest {
  entities: string;
  changedSince: string;
  /** Names one live record per entity wrongly as deleted. */
  spuriousDeleted?: boolean;
}

interface Change {
  atMs: number;
  content: () => Fields;
}

const stub = (id: string, at: string): Fields => ({
  domain: 'QBO',
  status: 'Deleted',
  Id: id,
  MetaData: { LastUpdatedTime: at },
});

function sinceOf(company: Company, value: string): number {
  if (value === '') throw faults.required('changedSince');
  const since = Date.parse(value.length === 10 ? `${value}T00:00:00-08:00` : value.replace(' ', '+'));
  if (Number.isNaN(since)) throw faults.badRequest(`changedSince has an invalid value: ${value}`);
  if (since < company.clock.now() - WINDOW_MS) {
    throw faults.business(
      'changedSince may not be more than 30 days ago',
      'changedSince',
      company.settings.cdcWindowFaultCode,
    );
  }
  return since;
}

function checkEntity(company: Company, name: string): void {
  const spec = entities.get(name);
  const allowed =
    spec?.cdc === 'yes' ||
    (spec?.cdc === 'unconfirmed' && company.settings.cdcUnconfirmedEntities.includes(name));
  if (UNSUPPORTED.has(name) || !allowed)
    throw faults.unsupportedOperation(`CDC is not supported for entity ${name}`);
}

function changesOf(company: Company, entity: string, since: number, spurious: boolean): Change[] {
  // Times have second precision, so the bound is compared at that precision too.
  const bound = Math.floor(since / 1000) * 1000;
  const live = company.all(entity).map((record) => ({
    atMs: Date.parse(record.MetaData.LastUpdatedTime),
    content: () => present(company, entity, record),
    id: record.Id,
  }));
  const newest = live.reduce<number>((latest, { atMs }) => Math.max(latest, atMs), 0);
  const wronglyDeleted = spurious ? live.find(({ atMs }) => atMs === newest)?.id : undefined;
  const gone = company.tombstones(entity).map(({ Id, deletedAt }) => ({
    atMs: Date.parse(deletedAt),
    content: () => stub(Id, deletedAt),
  }));
  const shown = live.map(({ id, atMs, content }) =>
    id === wronglyDeleted
      ? { atMs, content: () => stub(id, textOf(company.find(entity, id)?.MetaData.LastUpdatedTime)) }
      : { atMs, content },
  );
  return [...shown, ...gone].filter(({ atMs }) => atMs >= bound).sort((a, b) => a.atMs - b.atMs);
}

/** Everything that changed since a moment, full objects, in one answer without pages. */
export function changeData(company: Company, request: ChangeRequest): Fields {
  if (request.entities.trim() === '') throw faults.required('entities');
  const names = request.entities.split(',').map((name) => name.trim());
  for (const name of names) checkEntity(company, name);
  const since = sinceOf(company, request.changedSince);
  let room = MAX_OBJECTS;
  const responses = names.map((name) => {
    const changes = changesOf(company, name, since, request.spuriousDeleted === true).slice(0, room);
    room -= changes.length;
    if (changes.length === 0) return {};
    return {
      [name]: changes.map(({ content }) => content()),
      startPosition: 1,
      maxResults: changes.length,
      totalCount: changes.length,
    };
  });
  return { CDCResponse: [{ QueryResponse: responses }] };
}
