import { pacificDate } from './clock';
import type { Company } from './company';
import { entitySpec } from './entities';
import type { Fields } from './json';
import { createRecord, uiWrite } from './writes';

interface SeedRate {
  code: string;
  rates: ReadonlyArray<readonly [name: string, percent: number]>;
}

interface CountryProfile {
  currency: string;
  agency: string;
  taxes: readonly SeedRate[];
}

const US: CountryProfile = {
  currency: 'USD',
  agency: 'California Department of Tax and Fee Administration',
  taxes: [
    { code: 'California', rates: [['California', 8]] },
    {
      code: 'Tucson',
      rates: [
        ['AZ State tax', 7.1],
        ['Tucson City', 2],
      ],
    },
  ],
};

const COUNTRIES: Readonly<Record<string, CountryProfile>> = {
  US,
  GB: {
    currency: 'GBP',
    agency: 'HMRC VAT',
    taxes: [
      { code: '20.0% S', rates: [['20.0% S', 20]] },
      { code: '5.0% R', rates: [['5.0% R', 5]] },
      { code: '0.0% Z', rates: [['0.0% Z', 0]] },
    ],
  },
  CA: {
    currency: 'CAD',
    agency: 'Canada Revenue Agency',
    taxes: [
      { code: 'GST', rates: [['GST', 5]] },
      {
        code: 'GST/QST QC - 9.975',
        rates: [
          ['GST (QC)', 5],
          ['QST 9.975', 9.975],
        ],
      },
      { code: 'Exempt', rates: [['Exempt', 0]] },
    ],
  },
  AU: {
    currency: 'AUD',
    agency: 'Australian Taxation Office',
    taxes: [
      { code: 'GST', rates: [['GST', 10]] },
      { code: 'GST free', rates: [['GST free', 0]] },
    ],
  },
};

export const countryProfile = (country: string): CountryProfile => COUNTRIES[country] ?? US;

const ACCOUNTS: ReadonlyArray<readonly [name: string, type: string, subType: string]> = [
  ['Checking', 'Bank', 'Checking'],
  ['Savings', 'Bank', 'Savings'],
  ['Accounts Receivable (A/R)', 'Accounts Receivable', 'AccountsReceivable'],
  ['Undeposited Funds', 'Other Current Asset', 'UndepositedFunds'],
  ['Inventory Asset', 'Other Current Asset', 'Inventory'],
  ['Accounts Payable (A/P)', 'Accounts Payable', 'AccountsPayable'],
  ['Mastercard', 'Credit Card', 'CreditCard'],
  ['Sales Tax Payable', 'Other Current Liability', 'SalesTaxPayable'],
  ['Opening Balance Equity', 'Equity', 'OpeningBalanceEquity'],
  ['Sales of Product Income', 'Income', 'SalesOfProductIncome'],
  ['Services', 'Income', 'ServiceFeeIncome'],
  ['Cost of Goods Sold', 'Cost of Goods Sold', 'SuppliesMaterialsCogs'],
  ['Office Expenses', 'Expense', 'OfficeGeneralAdministrativeExpenses'],
  ['Discounts given', 'Income', 'DiscountsRefundsGiven'],
];

export interface CompanySeed {
  multiCurrency: boolean;
  customTxnNumbers: boolean;
}

/** What every new company has: its settings, a chart of accounts, tax codes, terms and two items. */
export function seedCompany(company: Company, seed: CompanySeed): void {
  seedSingletons(company, seed);
  const add = (entity: string, record: Fields) =>
    createRecord(company, entitySpec(entity), record, uiWrite).Id;
  for (const [Name, AccountType, AccountSubType] of ACCOUNTS)
    add('Account', { Name, AccountType, AccountSubType });
  seedTaxes(company);
  for (const [Name, DueDays] of [
    ['Due on receipt', 0],
    ['Net 15', 15],
    ['Net 30', 30],
    ['Net 60', 60],
  ] as const) {
    add('Term', { Name, DueDays });
  }
  for (const Name of ['Cash', 'Check', 'Credit Card']) add('PaymentMethod', { Name });
  add('Item', { Name: 'Services', Type: 'Service', IncomeAccountRef: { value: '11' } });
  add('Item', { Name: 'Hours', Type: 'Service', UnitPrice: 75, IncomeAccountRef: { value: '11' } });
  if (seed.multiCurrency) {
    const home = company.profile.currency;
    for (const Code of ['USD', 'EUR', 'GBP'].filter((code) => code !== home))
      add('CompanyCurrency', { Code, Name: Code });
  }
}

function seedSingletons(company: Company, seed: CompanySeed): void {
  const { name, country, currency } = company.profile;
  company.insert('CompanyInfo', '1', {
    CompanyName: name,
    LegalName: name,
    CompanyAddr: {
      Id: '1',
      Line1: '123 Sierra Way',
      City: 'San Pablo',
      PostalCode: '87999',
      Country: country,
    },
    CompanyStartDate: pacificDate(company.clock.now()),
    FiscalYearStartMonth: 'January',
    Country: country,
    Email: { Address: 'noreply@quickbooks.example' },
    SupportedLanguages: 'en',
    DefaultTimeZone: 'America/Los_Angeles',
    NameValue: [{ Name: 'NeoEnabled', Value: 'true' }],
  });
  company.insert('Preferences', '1', {
    AccountingInfoPrefs: {
      UseAccountNumbers: true,
      TrackDepartments: true,
      ClassTrackingPerTxn: false,
      ClassTrackingPerTxnLine: true,
      FirstMonthOfFiscalYear: 'January',
      TaxYearMonth: 'January',
      CustomerTerminology: 'Customers',
    },
    ProductAndServicesPrefs: {
      ForSales: true,
      ForPurchase: true,
      QuantityWithPriceAndRate: true,
      QuantityOnHand: true,
    },
    SalesFormsPrefs: {
      CustomTxnNumbers: seed.customTxnNumbers,
      AllowDeposit: true,
      AllowDiscount: true,
      AllowEstimates: true,
      AllowServiceDate: true,
      AllowShipping: false,
      AutoApplyCredit: false,
    },
    VendorAndPurchasesPrefs: { TrackingByCustomer: true, BillableExpenseTracking: true, EnableBills: true },
    TaxPrefs: { UsingSalesTax: true, ...(country === 'US' ? { TaxGroupCodeRef: { value: '1' } } : {}) },
    CurrencyPrefs: { MultiCurrencyEnabled: seed.multiCurrency, HomeCurrency: { value: currency } },
    ReportPrefs: { ReportBasis: 'Accrual', CalcAgingReportFromTxnDate: false },
    OtherPrefs: {
      NameValue: [{ Name: 'SalesFormsPrefs.DefaultCustomerMessage', Value: 'Thank you for your business.' }],
    },
  });
}

function seedTaxes(company: Company): void {
  const { agency, taxes } = countryProfile(company.profile.country);
  const agencyId = company.nextId('TaxAgency');
  company.insert('TaxAgency', agencyId, {
    DisplayName: agency,
    TaxTrackedOnPurchases: !company.isUs,
    TaxTrackedOnSales: true,
  });
  const rate = (Name: string, RateValue: number) => {
    const id = company.nextId('TaxRate');
    company.insert('TaxRate', id, {
      Name,
      Description: Name,
      Active: true,
      RateValue,
      AgencyRef: { value: agencyId },
      SpecialTaxType: RateValue === 0 ? 'ZERO_RATE' : 'NONE',
      DisplayType: 'ReadOnly',
    });
    return id;
  };
  for (const { code, rates } of taxes) {
    const detail = (side: string) =>
      rates.map(([name, percent], index) => ({
        TaxRateRef: { value: rate(`${name}${side}`, percent) },
        TaxTypeApplicable: 'TaxOnAmount',
        TaxOrder: index,
      }));
    company.insert('TaxCode', company.nextId('TaxCode'), {
      Name: code,
      Description: code,
      Active: true,
      Hidden: false,
      Taxable: true,
      TaxGroup: true,
      SalesTaxRateList: { TaxRateDetail: detail('') },
      PurchaseTaxRateList: { TaxRateDetail: company.isUs ? [] : detail(' (Purchases)') },
    });
  }
}

function daysAgo(company: Company, days: number): string {
  return pacificDate(company.clock.now() - days * 24 * 3_600_000);
}

/** Three customers, a vendor, two invoices and a payment on the first one. */
export function seedSampleRecords(company: Company): void {
  const add = (entity: string, record: Fields) =>
    createRecord(company, entitySpec(entity), record, uiWrite).Id;
  const design = add('Item', {
    Name: 'Design',
    Type: 'Service',
    UnitPrice: 75,
    Taxable: true,
    IncomeAccountRef: { value: '11' },
  });
  const pump = add('Item', {
    Name: 'Pump',
    Sku: 'P461-17',
    Type: 'NonInventory',
    UnitPrice: 15,
    Taxable: true,
    IncomeAccountRef: { value: '10' },
  });
  const address = {
    Line1: '4581 Finch St.',
    City: 'Bayshore',
    CountrySubDivisionCode: 'CA',
    PostalCode: '94326',
  };
  const amy = add('Customer', {
    DisplayName: "Amy's Bird Sanctuary",
    GivenName: 'Amy',
    FamilyName: 'Lauterbach',
    PrimaryEmailAddr: { Address: 'birds@intuit.example' },
    PrimaryPhone: { FreeFormNumber: '(650) 555-3311' },
    BillAddr: address,
  });
  const cool = add('Customer', {
    DisplayName: 'Cool Cars',
    CompanyName: 'Cool Cars',
    PrimaryEmailAddr: { Address: 'cool@intuit.example' },
  });
  add('Customer', { DisplayName: 'Kookies by Kathy', GivenName: 'Kathy', FamilyName: 'Kuplis' });
  add('Vendor', { DisplayName: 'Books by Bessie', CompanyName: 'Books by Bessie' });
  const line = (item: string, Qty: number, UnitPrice: number, taxCode: string) => ({
    DetailType: 'SalesItemLineDetail',
    Amount: Qty * UnitPrice,
    SalesItemLineDetail: {
      ItemRef: { value: item },
      Qty,
      UnitPrice,
      TaxCodeRef: { value: company.isUs ? taxCode : '1' },
    },
  });
  const invoice = add('Invoice', {
    CustomerRef: { value: amy },
    TxnDate: daysAgo(company, 20),
    SalesTermRef: { value: '3' },
    Line: [line(design, 3, 75, 'NON'), line(pump, 2, 15, 'TAX')],
  });
  add('Invoice', {
    CustomerRef: { value: cool },
    TxnDate: daysAgo(company, 5),
    Line: [line(design, 2, 75, 'NON')],
  });
  add('Payment', {
    CustomerRef: { value: amy },
    TxnDate: daysAgo(company, 2),
    TotalAmt: 100,
    Line: [{ Amount: 100, LinkedTxn: [{ TxnId: invoice, TxnType: 'Invoice' }] }],
  });
}
