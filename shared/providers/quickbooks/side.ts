import {
  DuplicateError,
  NotFoundError,
  StaleVersionError,
  type SyncError,
  toSyncError,
  UncertainWriteError,
  UnsupportedError,
} from '../../errors';
import { isJsonObject, JsonNumber, type JsonObject } from '../../mapping/json';
import { encode } from '../../mapping/mapping';
import type {
  ChangeAnswer,
  Clock,
  ListOptions,
  ListPage,
  Logger,
  Match,
  RemoveMode,
  SideCapabilities,
  SideRecord,
  WriteOptions,
} from '../../ports';
import type { Instant } from '../../schema/calendar';
import type { Fields } from '../../schema/entity';
import type { CompanyInfo, ProviderSide } from '../provider';
import { readChanges } from './changes';
import type { QuickBooksClient } from './client';
import type { Call } from './errors';
import { candidateQueries, matchAmong } from './find';
import { composeNote, noteOf } from './notes';
import { pageQuery, readCursor, readPage, type Cursor } from './paging';
import { anyActive, buildQuery, MAX_RESULTS, type Condition } from './query';
import { deletedRecord, toRecord } from './record';
import { capabilitiesOf, resourceOf, type Resource } from './resources';
import { TaxCodeReader } from './taxCodeReader';
import { companyOf, headOf, memberOf, recordsOf } from './wire';

/** Ids asked for in one query; full records of more make answers that take too long. */
const IDS_PER_QUERY = 200;
/** Pages looked through for a lost create. */
const MAX_FIND_PAGES = 10;

export interface QuickBooksSideParts {
  client: QuickBooksClient;
  realmId: string;
  clock: Pick<Clock, 'now'>;
  logger: Logger;
  resources: ReadonlyMap<string, Resource>;
  /** Known from the settings, or asked once. */
  country: string | null;
}

/** Records that could not be read into the canonical form, beside those that could. */
export interface QuickBooksListPage extends ListPage {
  unreadable: { id: string; error: Error }[];
}

/** One QuickBooks company as a side. */
export class QuickBooksSide implements ProviderSide {
  readonly capabilities: SideCapabilities;
  readonly #parts: QuickBooksSideParts;
  readonly #client: QuickBooksClient;
  readonly #taxCodes: TaxCodeReader;
  #company: Promise<CompanyInfo> | null = null;

  constructor(parts: QuickBooksSideParts) {
    this.#parts = parts;
    this.#client = parts.client;
    this.#taxCodes = new TaxCodeReader(parts.client, parts.clock);
    this.capabilities = capabilitiesOf(parts.resources);
  }

  async read(entity: string, id: string): Promise<SideRecord | null> {
    const resource = this.#resource(entity);
    const found = await this.#readWire(resource, id);
    return found && toRecord(resource, found.wire, found.asOf);
  }

  async readMany(entity: string, ids: readonly string[]): Promise<Map<string, SideRecord>> {
    const resource = this.#resource(entity);
    const wanted = [...new Set(ids)];
    const found = new Map<string, SideRecord>();
    if (wanted.length === 0) return found;
    if (resource.kind === 'tax_code') {
      const { codes, asOf } = await this.#taxCodes.all(true);
      for (const record of this.#readable(resource, codes, asOf).records) found.set(record.id, record);
      return new Map([...found].filter(([id]) => wanted.includes(id)));
    }
    for (let at = 0; at < wanted.length; at += IDS_PER_QUERY) {
      const chunk = wanted.slice(at, at + IDS_PER_QUERY);
      const { records } = await this.#query(resource, [{ property: 'Id', operator: 'IN', value: chunk }]);
      for (const record of records) found.set(record.id, record);
    }
    return found;
  }

  async find(entity: string, fields: Fields, externalId: string): Promise<Match> {
    const resource = this.#resource(entity);
    if (resource.kind === 'tax_code') {
      const { codes, asOf } = await this.#taxCodes.all(true);
      const { records } = this.#readable(
        resource,
        codes.filter((code) => code.Name === fields.name),
        asOf,
      );
      return matchAmong(resource, records, fields, externalId);
    }
    const seen = new Map<string, SideRecord>();
    for (const conditions of candidateQueries(resource, fields)) {
      for (const record of await this.#candidates(resource, conditions, externalId))
        seen.set(record.id, record);
      const match = matchAmong(resource, [...seen.values()], fields, externalId);
      // Only our own mark ends the search: a namesake must not hide the record that bears it.
      if (match.kind === 'same') return match;
    }
    return matchAmong(resource, [...seen.values()], fields, externalId);
  }

  async list(entity: string, options: ListOptions): Promise<QuickBooksListPage> {
    const resource = this.#resource(entity);
    if (resource.kind === 'tax_code') {
      const { codes, asOf } = await this.#taxCodes.all((await this.#country()) === 'US');
      return { ...this.#readable(resource, codes, asOf), next: null, asOf };
    }
    let cursor: Cursor | null = readCursor(options.cursor, options.changedSince);
    for (;;) {
      const query = pageQuery(resource.name, cursor, options.limit, activeCondition(resource));
      const { body, asOf } = await this.#client.query(
        buildQuery(query),
        reading(resource, `list ${resource.label}s`),
      );
      const { fresh, next } = readPage(resource.name, cursor, query, recordsOf(body, resource.name));
      // A page of nothing but repeats is no page.
      if (fresh.length > 0 || next === null) {
        return { ...this.#readable(resource, fresh, asOf), next: next && JSON.stringify(next), asOf };
      }
      cursor = next;
    }
  }

  async create(entity: string, fields: Fields, { key, externalId }: WriteOptions): Promise<SideRecord> {
    const resource = this.#writable(entity);
    const body = encode(resource.mapping, fields, null, externalId === undefined ? {} : { externalId });
    if (resource.kind === 'transaction' && externalId !== undefined)
      body.PrivateNote ??= composeNote('', externalId);
    const title = fields[resource.mapping.entity.title];
    const named = typeof title === 'string' && title !== '' ? ` "${title}"` : '';
    return this.#write(
      resource,
      { ...body, ...this.#inventory(body) },
      { key },
      {
        kind: 'write',
        action: `create ${resource.label}${named}`,
        entity,
        mapping: resource.mapping,
      },
    );
  }

  async update(
    entity: string,
    current: SideRecord,
    desired: Fields,
    { key, externalId }: WriteOptions,
  ): Promise<SideRecord> {
    const resource = this.#writable(entity);
    const { id, version } = current;
    const held = isJsonObject(current.raw) ? { wire: current.raw, asOf: null } : null;
    const base = held ?? (await this.#readWire(resource, id));
    if (!base) throw gone(resource, id);
    const patch = encode(resource.mapping, desired, base.wire, {
      recordId: id,
      ...(externalId === undefined ? {} : { externalId }),
    });
    if (Object.keys(patch).length === 0) {
      if (base.asOf === null) return current;
      const fresh = toRecord(resource, base.wire, base.asOf);
      if (fresh.version !== version) throw moved(resource, id);
      return fresh;
    }
    const always = resource.always.flatMap((member) => {
      const value = base.wire[member];
      return value === undefined ? [] : [[member, value] as const];
    });
    const body: JsonObject = {
      ...Object.fromEntries(always),
      ...patch,
      Id: id,
      SyncToken: version,
      sparse: true,
    };
    return this.#write(resource, body, { key }, writing(resource, 'update', id));
  }

  async remove(
    entity: string,
    current: SideRecord,
    mode: RemoveMode,
    { key }: WriteOptions,
  ): Promise<SideRecord> {
    const resource = this.#writable(entity);
    const body: JsonObject = { Id: current.id, SyncToken: current.version };
    const call = writing(resource, mode, current.id);
    if (mode === 'archive' && resource.kind === 'name_list') {
      return this.#write(resource, { ...body, sparse: true, Active: false }, { key }, call);
    }
    if (mode === 'delete' && resource.kind === 'transaction') {
      const { asOf } = await this.#client.write(resource.name, body, { key, operation: 'delete' }, call);
      return deletedRecord(current.id, asOf);
    }
    if (mode === 'void' && resource.void) {
      return this.#write(resource, { ...body, sparse: true }, { key, ...resource.void }, call);
    }
    throw new UnsupportedError(`QuickBooks cannot ${mode} a ${resource.label}`, {
      provider: 'quickbooks',
      entity,
      recordId: current.id,
      nextStep: 'Choose another way to remove it; the capability table shows which there are.',
    });
  }

  async changes(entities: readonly string[], since: Instant): Promise<ChangeAnswer> {
    const fed = entities.filter((entity) => this.capabilities.entities[entity]?.changeFeed === true);
    return readChanges(
      this.#parts,
      fed.map((entity) => this.#resource(entity)),
      since,
    );
  }

  companyInfo(): Promise<CompanyInfo> {
    this.#company ??= this.#readCompany().catch((error: unknown) => {
      this.#company = null;
      throw toSyncError(error);
    });
    return this.#company;
  }

  async #readCompany(): Promise<CompanyInfo> {
    const { realmId } = this.#parts;
    const { body } = await this.#client.get(
      `companyinfo/${encodeURIComponent(realmId)}`,
      {},
      { kind: 'read', action: 'read the company' },
    );
    const { CompanyName, LegalName, Country } = companyOf(body);
    return { tenantId: realmId, name: CompanyName ?? LegalName ?? realmId, country: Country ?? null };
  }

  async #country(): Promise<string | null> {
    return this.#parts.country ?? (await this.companyInfo()).country;
  }

  #resource(entity: string): Resource {
    return resourceOf(this.#parts.resources, entity);
  }

  #writable(entity: string): Resource {
    const resource = this.#resource(entity);
    if (resource.kind !== 'tax_code') return resource;
    throw new UnsupportedError('Tax codes cannot be written to QuickBooks', {
      provider: 'quickbooks',
      entity,
      nextStep: 'Set the tax code up in QuickBooks itself.',
    });
  }

  async #write(
    resource: Resource,
    body: JsonObject,
    options: Parameters<QuickBooksClient['write']>[2],
    call: Call,
  ): Promise<SideRecord> {
    const answer = await this.#client
      .write(resource.name, body, options, call)
      .catch(async (error: unknown) => Promise.reject(await this.#explained(error, resource, body)));
    try {
      return toRecord(resource, memberOf(answer.body, resource.name), answer.asOf);
    } catch (error) {
      throw landed(toSyncError(error), call);
    }
  }

  /** Customers share their names with vendors and employees; the service does not say which of them has it. */
  async #explained(error: unknown, resource: Resource, body: JsonObject): Promise<Error> {
    const failure = toSyncError(error);
    const name = body.DisplayName;
    if (!(failure instanceof DuplicateError) || resource.name !== 'Customer' || typeof name !== 'string')
      return failure;
    const where: Condition[] = [{ property: 'DisplayName', operator: '=', value: name }, anyActive];
    for (const [table, label] of [
      ['Vendor', 'vendor'],
      ['Employee', 'employee'],
    ] as const) {
      const holder = await this.#holder(table, where);
      if (holder === null) continue;
      return new DuplicateError(`${failure.message}; ${label} ${holder} has this name`, {
        ...failure.details,
        field: 'displayName',
        nextStep: `Rename the customer, or ${label} ${holder} in QuickBooks: both share one list of names.`,
      });
    }
    return failure;
  }

  /** Null also when the look-up fails: it only makes a message better. */
  async #holder(table: string, where: readonly Condition[]): Promise<string | null> {
    try {
      const statement = buildQuery({ from: table, where, max: 1 });
      const { body } = await this.#client.query(statement, {
        kind: 'read',
        action: `look up the name among ${table}s`,
      });
      const [holder] = recordsOf(body, table);
      return holder ? headOf(holder, table).id : null;
    } catch {
      return null;
    }
  }

  /** A stocked item must say since when and how many; counting is not ours, so it starts with none today. */
  #inventory(body: JsonObject): JsonObject {
    if (body.Type !== 'Inventory') return {};
    const today = new Date(this.#parts.clock.now()).toISOString().slice(0, 10);
    return { TrackQtyOnHand: true, QtyOnHand: new JsonNumber('0'), InvStartDate: today };
  }

  async #readWire(resource: Resource, id: string): Promise<{ wire: JsonObject; asOf: Instant } | null> {
    const call = { ...reading(resource, `read ${resource.label} ${id}`), recordId: id };
    if (resource.kind === 'tax_code') {
      const found = await this.#taxCodes.one(id, call);
      return found && { wire: found.code, asOf: found.asOf };
    }
    try {
      const { body, asOf } = await this.#client.get(
        `${resource.name.toLowerCase()}/${encodeURIComponent(id)}`,
        {},
        call,
      );
      return { wire: memberOf(body, resource.name), asOf };
    } catch (error) {
      const failure = toSyncError(error);
      if (!(failure instanceof NotFoundError)) throw toSyncError(failure);
      // An inactive object may be "not found" too; a query that asks for inactive ones tells it from a gone one.
      return resource.kind === 'name_list' ? await this.#readInactive(resource, id, call) : null;
    }
  }

  async #readInactive(resource: Resource, id: string, call: Call) {
    const where: Condition[] = [{ property: 'Id', operator: '=', value: id }, anyActive];
    const { body, asOf } = await this.#client.query(buildQuery({ from: resource.name, where }), call);
    const [wire] = recordsOf(body, resource.name);
    return wire ? { wire, asOf } : null;
  }

  async #query(resource: Resource, where: readonly Condition[]) {
    const statement = buildQuery({ from: resource.name, where: [...where, ...activeCondition(resource)] });
    const { body, asOf } = await this.#client.query(statement, reading(resource, `read ${resource.label}s`));
    return this.#readable(resource, recordsOf(body, resource.name), asOf);
  }

  /** What cannot be read is only passed over when it is not the record that is looked for. */
  async #candidates(
    resource: Resource,
    where: readonly Condition[],
    externalId: string,
  ): Promise<SideRecord[]> {
    const found: SideRecord[] = [];
    for (let page = 0; page < MAX_FIND_PAGES; page++) {
      const start = page * MAX_RESULTS + 1;
      const statement = buildQuery({
        from: resource.name,
        where,
        orderBy: 'MetaData.LastUpdatedTime DESC',
        start,
      });
      const { body, asOf } = await this.#client.query(
        statement,
        reading(resource, `look for a ${resource.label}`),
      );
      const wires = recordsOf(body, resource.name);
      const ours = wires.filter(
        (wire) => resource.kind === 'transaction' && noteOf(wire).externalId === externalId,
      );
      found.push(...ours.map((wire) => toRecord(resource, wire, asOf)));
      const others = wires.filter((wire) => !ours.includes(wire));
      found.push(...this.#readable(resource, others, asOf).records);
      if (wires.length < MAX_RESULTS) break;
    }
    return found;
  }

  /** One record that cannot be read must not stop the others; read on its own, it says why. */
  #readable(resource: Resource, wires: readonly JsonObject[], asOf: Instant) {
    const records: SideRecord[] = [];
    const unreadable: { id: string; error: Error }[] = [];
    for (const wire of wires) {
      try {
        records.push(toRecord(resource, wire, asOf));
      } catch (error) {
        const failure = toSyncError(error);
        const { id } = headOf(wire, resource.name);
        unreadable.push({ id, error: failure });
        this.#parts.logger.warn(failure.message, { entity: resource.entity, recordId: id });
      }
    }
    return { records, unreadable };
  }
}

const activeCondition = (resource: Resource): Condition[] =>
  resource.kind === 'name_list' ? [anyActive] : [];

const reading = (resource: Resource, action: string): Call => ({
  kind: 'read',
  action,
  entity: resource.entity,
});

const writing = (resource: Resource, verb: string, id: string): Call => ({
  kind: 'write',
  action: `${verb} ${resource.label} ${id}`,
  entity: resource.entity,
  recordId: id,
  mapping: resource.mapping,
});

/** The write is done, only its answer is not understood: nobody may take that for a refusal. */
const landed = (failure: SyncError, call: Call) =>
  new UncertainWriteError(
    `QuickBooks did ${call.action}, but its answer is not understood: ${failure.message}`,
    {
      ...failure.details,
      cause: failure,
    },
  );

const gone = (resource: Resource, id: string) =>
  new NotFoundError(`QuickBooks has no ${resource.label} ${id} any more`, {
    provider: 'quickbooks',
    entity: resource.entity,
    recordId: id,
    nextStep: 'Check in QuickBooks whether it was deleted or merged.',
  });

const moved = (resource: Resource, id: string) =>
  new StaleVersionError(`${resource.label} ${id} has changed in QuickBooks meanwhile`, {
    provider: 'quickbooks',
    entity: resource.entity,
    recordId: id,
    nextStep: 'Nothing to do; the record is read and merged again.',
  });
