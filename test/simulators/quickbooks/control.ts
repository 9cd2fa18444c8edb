import type { CallReport } from './callLog';
import type { CompanyState } from './company';
import { entities, entitySpec } from './entities';
import type { ActiveFaultRule, FaultRule } from './faultRules';
import { fieldsOf, type Fields } from './json';
import { mergeRecords } from './merge';
import { publishedLimits, type QuickBooksLimits } from './options';
import { present } from './present';
import type { Delivery, WebhookOptions, WebhookReceiver } from './webhooks';
import type { CompanyDescriptor, CompanyOptions, World } from './world';
import { createRecord, deleteRecord, uiWrite, updateRecord, voidRecord } from './writes';

export interface RecordAddress {
  /** The default company when left out. */
  realmId?: string | undefined;
  entity: string;
  id: string;
}

export interface CompanyChanges extends Partial<CompanyState> {
  /** The date up to which the books are closed; null opens them. */
  bookCloseDate?: string | null;
  multiCurrency?: boolean;
  customTxnNumbers?: boolean;
  partnerTaxEnabled?: boolean;
}

export interface RedeliverOptions {
  /** How many of the latest POSTs; all when left out. */
  count?: number;
  shuffle?: boolean;
  duplicate?: boolean;
}

/** What tests and the demo can do behind the API's back; the HTTP control API does the same. */
export interface QuickBooksControl {
  clock(): { now: string; ms: number };
  advanceClock(ms: number): { now: string; ms: number };
  addFaults(...rules: FaultRule[]): ActiveFaultRule[];
  faults(): ActiveFaultRule[];
  clearFaults(): void;
  /** A sparse edit by a person in the product. */
  edit(change: RecordAddress & { patch: Fields }): Fields;
  create(creation: { realmId?: string | undefined; entity: string; record: Fields }): Fields;
  delete(address: RecordAddress): Fields;
  void(address: RecordAddress): Fields;
  merge(merge: { realmId?: string | undefined; entity: string; keepId: string; removeId: string }): Fields;
  /** Every record of an entity, inactive ones included. */
  records(entity: string, realmId?: string): Fields[];
  expireTokens(kind: 'access' | 'refresh' | 'all', realmId?: string): void;
  revokeGrant(realmId?: string): void;
  /** Decides which company the next consent connects, or that it is refused. */
  setConsent(consent: { realmId?: string | undefined; deny?: boolean | undefined }): void;
  webhooks(): WebhookReceiver | null;
  setWebhooks(options: WebhookOptions): WebhookReceiver;
  removeWebhooks(): void;
  redeliverWebhooks(options?: RedeliverOptions): Promise<number>;
  /** Sends what is gathered at once and waits until no POST is under way. */
  flushWebhooks(): Promise<void>;
  deliveries(): Delivery[];
  calls(last?: number): CallReport;
  resetCalls(): void;
  companies(): Array<{ realmId: string; country: string; environment: string; name: string }>;
  createCompany(options?: CompanyOptions): CompanyDescriptor;
  setCompany(changes: CompanyChanges & { realmId?: string | undefined }): void;
  /** Changes limits from now on; false lifts them. */
  setLimits(limits: Partial<QuickBooksLimits> | false): void;
  /** Back to the seed: records, tokens, clock, faults, receiver and counters. */
  reset(): Promise<void>;
}

function setCompany(
  world: World,
  { realmId, ...changes }: CompanyChanges & { realmId?: string | undefined },
): void {
  const company = world.company(realmId);
  const { bookCloseDate, multiCurrency, customTxnNumbers, partnerTaxEnabled, ...state } = changes;
  Object.assign(company.state, state);
  const patch: Fields = {};
  const group = (name: string, member: Fields) => {
    patch[name] = { ...fieldsOf(company.preferences[name]), ...fieldsOf(patch[name]), ...member };
  };
  if (bookCloseDate !== undefined)
    group('AccountingInfoPrefs', { BookCloseDate: bookCloseDate ?? undefined });
  if (multiCurrency !== undefined) group('CurrencyPrefs', { MultiCurrencyEnabled: multiCurrency });
  if (customTxnNumbers !== undefined) group('SalesFormsPrefs', { CustomTxnNumbers: customTxnNumbers });
  if (partnerTaxEnabled !== undefined) group('TaxPrefs', { PartnerTaxEnabled: partnerTaxEnabled });
  if (Object.keys(patch).length === 0) return;
  company.transaction(() => {
    const before = company.need('Preferences', '1');
    company.replace('Preferences', before, { ...before, ...patch });
    company.emit('Preferences', '1', 'Update', false);
  });
}

const unlimited = Object.fromEntries(
  Object.entries(publishedLimits).map(([name, value]) => [name, name === 'batchItems' ? value : Infinity]),
);

export function controlOf(world: () => World, reset: () => Promise<void>): QuickBooksControl {
  const locate = ({ realmId, entity, id }: RecordAddress) => {
    const company = world().company(realmId);
    const spec = entitySpec(entity);
    const { SyncToken } = company.need(entity, id);
    return { company, spec, key: { Id: id, SyncToken } };
  };
  const time = () => {
    const ms = world().clock.now();
    return { now: new Date(ms).toISOString(), ms };
  };
  return {
    clock: time,
    advanceClock: (ms) => {
      world().clock.advance(ms);
      return time();
    },
    addFaults: (...rules) => world().faults.add(rules),
    faults: () => world().faults.list(),
    clearFaults: () => world().faults.clear(),
    edit: ({ patch, ...address }) => {
      const { company, spec, key } = locate(address);
      return present(
        company,
        spec.name,
        updateRecord(company, spec, { ...patch, ...key, sparse: true }, uiWrite),
      );
    },
    create: ({ realmId, entity, record }) => {
      const company = world().company(realmId);
      return present(company, entity, createRecord(company, entitySpec(entity), record, uiWrite));
    },
    delete: (address) => {
      const { company, spec, key } = locate(address);
      return deleteRecord(company, spec, key, uiWrite);
    },
    void: (address) => {
      const { company, spec, key } = locate(address);
      return present(company, spec.name, voidRecord(company, spec, key, uiWrite));
    },
    merge: ({ realmId, entity, keepId, removeId }) => {
      const company = world().company(realmId);
      return present(company, entity, mergeRecords(company, entitySpec(entity), keepId, removeId));
    },
    records: (entity, realmId) => {
      if (!entities.has(entity)) throw new Error(`${entity} is not a simulated entity`);
      const company = world().company(realmId);
      return company.all(entity).map((record) => present(company, entity, record));
    },
    expireTokens: (kind, realmId) => world().oauth.expire(kind, realmId),
    revokeGrant: (realmId) => world().oauth.revokeGrants(realmId),
    setConsent: (consent) => {
      world().consent = consent;
    },
    webhooks: () => world().webhooks.current,
    setWebhooks: (options) => world().webhooks.register(options),
    removeWebhooks: () => world().webhooks.unregister(),
    redeliverWebhooks: (options = {}) => world().webhooks.redeliver(options),
    flushWebhooks: () => world().webhooks.flush(),
    deliveries: () => world().webhooks.deliveries(),
    calls: (last) => world().calls.report(world().limits.meteredThisMonth, last),
    resetCalls: () => world().calls.reset(),
    companies: () =>
      [...world().companies.values()].map(({ profile: { realmId, country, environment, name } }) => ({
        realmId,
        country,
        environment,
        name,
      })),
    createCompany: (options = {}) => world().addCompany(options),
    setCompany: (changes) => setCompany(world(), changes),
    setLimits: (limits) => {
      Object.assign(world().settings.limits, limits === false ? unlimited : limits);
    },
    reset,
  };
}
