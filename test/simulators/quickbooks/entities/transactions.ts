import {
  account,
  address,
  choice,
  computed,
  currency,
  date,
  decimal,
  email,
  flag,
  memo,
  object,
  ref,
  taxCode,
  text,
  type EntitySpec,
  type FieldTable,
} from './fieldTypes';

const transaction = {
  kind: 'transaction',
  can: { create: true, update: true, delete: true },
  cdc: 'yes',
} as const;

const lines = { kind: 'lines', required: true } as const;

const common: FieldTable = {
  DocNumber: text(21),
  TxnDate: date({ sticky: true }),
  DepartmentRef: ref('Department'),
  CurrencyRef: currency,
  ExchangeRate: decimal({ sticky: true }),
  PrivateNote: text(4000, { filter: false }),
  LinkedTxn: { kind: 'links' },
  Line: lines,
  TotalAmt: computed('decimal'),
};

const taxed: FieldTable = {
  TxnTaxDetail: object(
    {
      DefaultTaxCodeRef: taxCode,
      TxnTaxCodeRef: taxCode,
      TotalTax: decimal(),
      TaxLine: { kind: 'custom' },
      UseAutomatedSalesTax: flag(),
    },
    { filter: false },
  ),
  GlobalTaxCalculation: choice(['TaxExcluded', 'TaxInclusive', 'NotApplicable'], { sticky: true }),
};

const sales: FieldTable = {
  ...common,
  ...taxed,
  CustomerRef: ref('Customer', { required: true }),
  CustomerMemo: memo,
  BillAddr: address,
  ShipAddr: address,
  ShipFromAddr: address,
  FreeFormAddress: flag({ sticky: true }),
  ClassRef: ref('Class'),
  SalesTermRef: ref('Term'),
  DueDate: date(),
  ShipMethodRef: object({ value: text(31), name: text(31) }, { filter: false }),
  ShipDate: date(),
  TrackingNum: text(31),
  HomeTotalAmt: computed('decimal'),
  ApplyTaxAfterDiscount: flag({ default: false }),
  PrintStatus: choice(['NotSet', 'NeedToPrint', 'PrintComplete'], { default: 'NotSet' }),
  EmailStatus: choice(['NotSet', 'NeedToSend', 'EmailSent'], { default: 'NotSet' }),
  BillEmail: email,
  BillEmailCc: email,
  BillEmailBcc: email,
  Balance: computed('decimal'),
  HomeBalance: computed('decimal'),
  CustomField: { kind: 'custom' },
};

const salesLines = [
  'SalesItemLineDetail',
  'GroupLineDetail',
  'DescriptionOnly',
  'DiscountLineDetail',
  'SubTotalLineDetail',
];
const purchaseLines = ['AccountBasedExpenseLineDetail', 'ItemBasedExpenseLineDetail'];

const receipt: FieldTable = {
  PaymentMethodRef: ref('PaymentMethod'),
  PaymentRefNum: text(21),
  DepositToAccountRef: account(['Bank', 'Other Current Asset']),
};

const salesEntities: EntitySpec[] = [
  {
    ...transaction,
    name: 'Invoice',
    void: 'operation',
    events: 'CUDV',
    lines: salesLines,
    fields: {
      ...sales,
      Deposit: decimal(),
      AllowIPNPayment: flag({ default: false }),
      AllowOnlinePayment: flag({ default: false }),
      AllowOnlineCreditCardPayment: flag({ default: false }),
      AllowOnlineACHPayment: flag({ default: false }),
      DeliveryInfo: computed('custom'),
      InvoiceLink: computed('text'),
    },
  },
  {
    ...transaction,
    name: 'CreditMemo',
    void: 'operation',
    events: 'CUDV',
    lines: salesLines,
    fields: { ...sales, RemainingCredit: computed('decimal'), PaymentMethodRef: ref('PaymentMethod') },
  },
  {
    ...transaction,
    name: 'Estimate',
    events: 'CUD',
    lines: salesLines,
    fields: {
      ...sales,
      TxnStatus: choice(['Pending', 'Accepted', 'Closed', 'Rejected'], { default: 'Pending' }),
      ExpirationDate: date(),
      AcceptedBy: text(100),
      AcceptedDate: date(),
    },
  },
  {
    ...transaction,
    name: 'SalesReceipt',
    void: 'include',
    events: 'CUDV',
    lines: salesLines,
    fields: { ...sales, ...receipt, CustomerRef: ref('Customer') },
  },
  {
    ...transaction,
    name: 'RefundReceipt',
    void: 'operation',
    events: 'CUDV',
    lines: salesLines,
    fields: {
      ...sales,
      ...receipt,
      CustomerRef: ref('Customer'),
      DepositToAccountRef: account(['Bank', 'Other Current Asset'], { required: true }),
    },
  },
  {
    ...transaction,
    name: 'Payment',
    void: 'include',
    events: 'CUDV',
    fields: {
      ...common,
      ...receipt,
      DocNumber: computed('text'),
      Line: { kind: 'lines' },
      CustomerRef: ref('Customer', { required: true }),
      ARAccountRef: account(['Accounts Receivable'], { sticky: true }),
      TotalAmt: decimal({ required: true }),
      UnappliedAmt: computed('decimal'),
      ProcessPayment: flag({ default: false }),
    },
  },
];

const purchases: FieldTable = { ...common, ...taxed };

const purchaseEntities: EntitySpec[] = [
  {
    ...transaction,
    name: 'Bill',
    events: 'CUD',
    lines: purchaseLines,
    fields: {
      ...purchases,
      VendorRef: ref('Vendor', { required: true }),
      APAccountRef: account(['Accounts Payable'], { sticky: true }),
      VendorAddr: address,
      SalesTermRef: ref('Term'),
      DueDate: date(),
      Balance: computed('decimal'),
      HomeBalance: computed('decimal'),
    },
  },
  {
    ...transaction,
    name: 'VendorCredit',
    events: 'CUD',
    lines: purchaseLines,
    fields: {
      ...purchases,
      VendorRef: ref('Vendor', { required: true }),
      APAccountRef: account(['Accounts Payable'], { sticky: true }),
      VendorAddr: address,
      Balance: computed('decimal'),
    },
  },
  {
    ...transaction,
    name: 'BillPayment',
    void: 'include',
    events: 'CUDV',
    fields: {
      ...common,
      VendorRef: ref('Vendor', { required: true }),
      APAccountRef: account(['Accounts Payable'], { sticky: true }),
      PayType: choice(['Check', 'CreditCard'], { required: true, sticky: true }),
      CheckPayment: object({
        BankAccountRef: account(['Bank'], { required: true }),
        PrintStatus: choice(['NotSet', 'NeedToPrint', 'PrintComplete']),
      }),
      CreditCardPayment: object({ CCAccountRef: account(['Credit Card'], { required: true }) }),
      TotalAmt: decimal({ required: true }),
    },
  },
  {
    ...transaction,
    name: 'PurchaseOrder',
    events: 'CUD',
    lines: purchaseLines,
    fields: {
      ...purchases,
      VendorRef: ref('Vendor', { required: true }),
      APAccountRef: account(['Accounts Payable'], { sticky: true }),
      POStatus: choice(['Open', 'Closed'], { default: 'Open' }),
      DueDate: date(),
      VendorAddr: address,
      ShipAddr: address,
      Memo: text(4000, { filter: false }),
    },
  },
  {
    ...transaction,
    name: 'Purchase',
    void: 'include',
    events: 'CUDV',
    lines: purchaseLines,
    fields: {
      ...purchases,
      PaymentType: choice(['Cash', 'Check', 'CreditCard'], { required: true, sticky: true }),
      AccountRef: account(['Bank', 'Credit Card'], { required: true }),
      EntityRef: ref(['Vendor', 'Customer', 'Employee']),
      Credit: flag({ default: false }),
      PaymentMethodRef: ref('PaymentMethod'),
      PaymentRefNum: text(21),
      PrintStatus: choice(['NotSet', 'NeedToPrint', 'PrintComplete']),
    },
  },
];

const ledgerEntities: EntitySpec[] = [
  {
    ...transaction,
    name: 'JournalEntry',
    events: 'CUD',
    lines: ['JournalEntryLineDetail', 'DescriptionOnly'],
    fields: { ...common, Adjustment: flag({ default: false }) },
  },
  {
    ...transaction,
    name: 'Deposit',
    events: 'CUD',
    lines: ['DepositLineDetail'],
    fields: { ...common, DepositToAccountRef: account(['Bank', 'Other Current Asset'], { required: true }) },
  },
  {
    ...transaction,
    name: 'Transfer',
    void: 'operation',
    events: 'CUDV',
    fields: {
      TxnDate: date({ sticky: true }),
      CurrencyRef: currency,
      PrivateNote: text(4000, { filter: false }),
      FromAccountRef: account([], { required: true }),
      ToAccountRef: account([], { required: true }),
      Amount: decimal({ required: true }),
    },
  },
];

export const transactionEntities: readonly EntitySpec[] = [
  ...salesEntities,
  ...purchaseEntities,
  ...ledgerEntities,
];
