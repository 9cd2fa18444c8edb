import {
  address,
  computed,
  date,
  email,
  flag,
  object,
  phone,
  ref,
  text,
  webSite,
  type EntitySpec,
} from './fieldTypes';
import { listEntities } from './lists';
import { transactionEntities } from './transactions';

const prefs = (members: Parameters<typeof object>[0]) => object(members, { filter: false });

const singletons: readonly EntitySpec[] = [
  {
    name: 'CompanyInfo',
    kind: 'singleton',
    can: { update: true },
    events: '',
    cdc: 'no',
    fields: {
      CompanyName: text(1024, { sticky: true }),
      LegalName: text(1024, { sticky: true }),
      CompanyAddr: address,
      CustomerCommunicationAddr: address,
      LegalAddr: address,
      PrimaryPhone: phone,
      CompanyStartDate: computed('date'),
      FiscalYearStartMonth: text(20, { sticky: true }),
      Country: computed('text'),
      Email: email,
      WebAddr: webSite,
      SupportedLanguages: computed('text'),
      DefaultTimeZone: computed('text'),
      NameValue: { kind: 'custom', readOnly: true },
    },
  },
  {
    name: 'Preferences',
    kind: 'singleton',
    can: { update: true },
    events: 'U',
    cdc: 'no',
    fields: {
      AccountingInfoPrefs: prefs({
        UseAccountNumbers: flag(),
        TrackDepartments: flag(),
        ClassTrackingPerTxn: flag(),
        ClassTrackingPerTxnLine: flag(),
        FirstMonthOfFiscalYear: text(20),
        TaxYearMonth: text(20),
        BookCloseDate: date(),
        CustomerTerminology: text(30),
      }),
      ProductAndServicesPrefs: prefs({
        ForSales: flag(),
        ForPurchase: flag(),
        QuantityWithPriceAndRate: flag(),
        QuantityOnHand: flag(),
      }),
      SalesFormsPrefs: prefs({
        CustomTxnNumbers: flag(),
        AllowDeposit: flag(),
        AllowDiscount: flag(),
        AllowEstimates: flag(),
        AllowServiceDate: flag(),
        AllowShipping: flag(),
        AutoApplyCredit: flag(),
        DefaultTerms: ref('Term'),
        DefaultItem: ref('Item'),
      }),
      VendorAndPurchasesPrefs: prefs({
        TrackingByCustomer: flag(),
        BillableExpenseTracking: flag(),
        EnableBills: flag(),
      }),
      TaxPrefs: prefs({ UsingSalesTax: flag(), PartnerTaxEnabled: flag(), TaxGroupCodeRef: ref('TaxCode') }),
      CurrencyPrefs: prefs({ MultiCurrencyEnabled: flag(), HomeCurrency: { kind: 'currency' } }),
      ReportPrefs: prefs({ ReportBasis: text(20), CalcAgingReportFromTxnDate: flag() }),
      OtherPrefs: { kind: 'custom' },
    },
  },
];

const specs: readonly EntitySpec[] = [...listEntities, ...transactionEntities, ...singletons];

/** Every simulated entity by its name, e.g. `CreditMemo`. */
export const entities: ReadonlyMap<string, EntitySpec> = new Map(specs.map((spec) => [spec.name, spec]));

/** Every simulated entity by its place in a URL, e.g. `creditmemo`; URLs are case-sensitive. */
export const entitiesByPath: ReadonlyMap<string, EntitySpec> = new Map(
  specs.map((spec) => [spec.name.toLowerCase(), spec]),
);

export function entitySpec(name: string): EntitySpec {
  const spec = entities.get(name);
  if (spec === undefined) throw new Error(`${name} is not a simulated entity`);
  return spec;
}

/** Members that every record has and that only the server writes. */
export const serverMembers: ReadonlySet<string> = new Set([
  'Id',
  'SyncToken',
  'MetaData',
  'domain',
  'sparse',
  'status',
]);
