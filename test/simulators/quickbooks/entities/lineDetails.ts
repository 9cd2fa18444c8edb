import {
  account,
  choice,
  date,
  decimal,
  flag,
  integer,
  object,
  ref,
  taxCode,
  text,
  type FieldTable,
} from './fieldTypes';

const itemLine: FieldTable = {
  ItemRef: ref('Item'),
  ClassRef: ref('Class'),
  UnitPrice: decimal(),
  RatePercent: decimal(),
  MarkupInfo: object({ PercentBased: flag(), Value: decimal(), Percent: decimal(), PriceLevelRef: text(30) }),
  Qty: decimal(),
  ItemAccountRef: account([]),
  TaxCodeRef: taxCode,
};

const expense: FieldTable = {
  CustomerRef: ref('Customer'),
  BillableStatus: choice(['Billable', 'NotBillable', 'HasBeenBilled']),
  TaxInclusiveAmt: decimal(),
};

/** The members of each line detail object, by `DetailType`. */
export const lineDetails: Readonly<Record<string, FieldTable>> = {
  SalesItemLineDetail: {
    ...itemLine,
    ServiceDate: date(),
    TaxInclusiveAmt: decimal(),
    DiscountRate: decimal(),
    DiscountAmt: decimal(),
  },
  GroupLineDetail: {
    GroupItemRef: ref('Item'),
    Quantity: decimal(),
    ServiceDate: date(),
    Line: { kind: 'lines' },
  },
  DescriptionOnly: { ServiceDate: date(), TaxCodeRef: taxCode },
  DiscountLineDetail: {
    PercentBased: flag(),
    DiscountPercent: decimal(),
    DiscountAccountRef: account([]),
    ServiceDate: date(),
    ClassRef: ref('Class'),
    TaxCodeRef: taxCode,
  },
  SubTotalLineDetail: { ItemRef: ref('Item'), ServiceDate: date() },
  AccountBasedExpenseLineDetail: {
    ...expense,
    AccountRef: account([], { required: true }),
    ClassRef: ref('Class'),
    TaxCodeRef: taxCode,
    TaxAmount: decimal(),
  },
  ItemBasedExpenseLineDetail: { ...itemLine, ...expense },
  JournalEntryLineDetail: {
    PostingType: choice(['Credit', 'Debit'], { required: true }),
    Entity: object({
      Type: choice(['Customer', 'Vendor', 'Employee']),
      EntityRef: ref(['Customer', 'Vendor', 'Employee']),
    }),
    AccountRef: account([], { required: true }),
    ClassRef: ref('Class'),
    DepartmentRef: ref('Department'),
    TaxCodeRef: taxCode,
    TaxAmount: decimal(),
  },
  DepositLineDetail: {
    Entity: ref(['Customer', 'Vendor', 'Employee']),
    ClassRef: ref('Class'),
    AccountRef: account([]),
    PaymentMethodRef: ref('PaymentMethod'),
    CheckNum: text(21),
  },
  PaymentLineDetail: { Balance: decimal() },
  TaxLineDetail: {
    TaxRateRef: ref('TaxRate'),
    PercentBased: flag(),
    TaxPercent: decimal(),
    NetAmountTaxable: decimal(),
    TaxInclusiveAmount: decimal(),
    OverrideDeltaAmount: decimal(),
    ServiceDate: date(),
  },
};

/** Members every line may have besides its detail object. */
export const lineMembers: FieldTable = {
  Id: text(30),
  LineNum: integer(),
  Description: text(4000),
  Amount: decimal(),
  LinkedTxn: { kind: 'links' },
  DetailType: choice([
    'PaymentLineDetail',
    'DiscountLineDetail',
    'TaxLineDetail',
    'SalesItemLineDetail',
    'ItemBasedExpenseLineDetail',
    'AccountBasedExpenseLineDetail',
    'DepositLineDetail',
    'PurchaseOrderItemLineDetail',
    'ItemReceiptLineDetail',
    'JournalEntryLineDetail',
    'GroupLineDetail',
    'DescriptionOnly',
    'SubTotalLineDetail',
    'SalesOrderItemLineDetail',
    'TDSLineDetail',
    'ReimburseLineDetail',
    'ItemAdjustmentLineDetail',
  ]),
  CustomField: { kind: 'custom' },
  // Real answers carry it on payment lines, clients send it back.
  LineEx: { kind: 'custom', readOnly: true },
};

/** `DescriptionOnly` is the one whose member is named differently from its type. */
export const detailMember = (detailType: string): string =>
  detailType === 'DescriptionOnly' ? 'DescriptionLineDetail' : detailType;

export const linkedTxn: FieldTable = {
  TxnId: text(30, { required: true }),
  TxnType: text(50, { required: true }),
  TxnLineId: text(30),
};
