import { UnsupportedError } from '../../errors';
import { withoutFields, type Mapping } from '../../mapping/mapping';
import type { EntityCapability, RemoveMode, SideCapabilities } from '../../ports';
import { accountMapping } from './mappings/account';
import { creditNoteMapping } from './mappings/creditNote';
import { customerMapping } from './mappings/customer';
import { invoiceMapping } from './mappings/invoice';
import { itemMapping } from './mappings/item';
import { paymentMapping } from './mappings/payment';
import { taxRateMapping } from './mappings/taxRate';

/**
 * `name_list`: never deleted, made inactive instead; unique by name. `transaction`: deleted for good or voided;
 * carries our id in its private note. `tax_code`: read from two resources, never written.
 */
export type ResourceKind = 'name_list' | 'transaction' | 'tax_code';

/** One entity as the API has it. */
export interface Resource {
  entity: string;
  /** Resource name in paths, envelopes, queries and webhooks. */
  name: string;
  /** As an error names it. */
  label: string;
  kind: ResourceKind;
  mapping: Mapping;
  /** Wire members that go with every update, changed or not. */
  always: readonly string[];
  /** How a void is spelled. */
  void: { operation: 'void' } | { operation: 'update'; include: 'void' } | null;
}

const base = (mapping: Mapping, name: string) => ({
  entity: mapping.entity.name,
  label: mapping.entity.label.toLowerCase(),
  name,
  mapping,
});

const nameList = (mapping: Mapping, name: string): Resource => ({
  ...base(mapping, name),
  kind: 'name_list',
  always: [],
  void: null,
});

const transaction = (mapping: Mapping, name: string, voiding: NonNullable<Resource['void']>): Resource => ({
  ...base(mapping, name),
  kind: 'transaction',
  // Refused without it, sparse or not, by some versions of the service.
  always: ['CustomerRef'],
  void: voiding,
});

const NO_TAX_TREATMENT = {
  taxTreatment: 'QuickBooks companies in the United States always state amounts without tax.',
};

/** The resources of a company; US companies have no inclusive prices. */
export function resourcesFor(country: string | null): ReadonlyMap<string, Resource> {
  const form = (mapping: Mapping) => (country === 'US' ? withoutFields(mapping, NO_TAX_TREATMENT) : mapping);
  const resources: Resource[] = [
    nameList(accountMapping, 'Account'),
    { ...base(taxRateMapping, 'TaxCode'), kind: 'tax_code', always: [], void: null },
    nameList(itemMapping, 'Item'),
    nameList(customerMapping, 'Customer'),
    transaction(form(invoiceMapping), 'Invoice', { operation: 'void' }),
    transaction(form(creditNoteMapping), 'CreditMemo', { operation: 'void' }),
    transaction(paymentMapping, 'Payment', { operation: 'update', include: 'void' }),
  ];
  return new Map(resources.map((resource) => [resource.entity, resource]));
}

const REMOVE: Readonly<Record<ResourceKind, readonly RemoveMode[]>> = {
  name_list: ['archive'],
  transaction: ['delete', 'void'],
  tax_code: [],
};

const LOOKUP = { name_list: 'unique_key', transaction: 'external_id', tax_code: 'none' } as const;

function capabilityOf({ kind, mapping }: Resource): EntityCapability {
  const writable = kind !== 'tax_code';
  return {
    create: writable,
    update: writable,
    remove: REMOVE[kind],
    unsupported: mapping.unsupported,
    readOnly: mapping.readOnly,
    lookup: LOOKUP[kind],
    webhook: writable,
    changeFeed: writable,
  };
}

export function capabilitiesOf(resources: ReadonlyMap<string, Resource>): SideCapabilities {
  return {
    label: 'QuickBooks Online',
    lock: true,
    // How long a repeated request id is recognised is not published; a day is what is counted on.
    idempotency: { maxLength: 50, ttlMs: 24 * 3_600_000 },
    // SyncToken counts up with every change.
    versions: 'rising',
    lineIds: 'kept',
    entities: Object.fromEntries(
      [...resources].map(([entity, resource]) => [entity, capabilityOf(resource)]),
    ),
  };
}

export function resourceOf(resources: ReadonlyMap<string, Resource>, entity: string): Resource {
  const resource = resources.get(entity);
  if (resource) return resource;
  throw new UnsupportedError(`QuickBooks Online has no ${entity} here`, {
    provider: 'quickbooks',
    entity,
    nextStep: 'Leave this entity out of the connection.',
  });
}
