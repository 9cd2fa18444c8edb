import { faults } from './apiFault';
import { nameKey } from './indexes';
import { compact, decimalOf, refId, textOf, wire, type Fields } from './json';
import { keyOf } from './records';
import type { Draft } from './rules';

const CLASSIFICATIONS: Readonly<Record<string, string>> = {
  Bank: 'Asset',
  'Accounts Receivable': 'Asset',
  'Other Current Asset': 'Asset',
  'Fixed Asset': 'Asset',
  'Other Asset': 'Asset',
  'Accounts Payable': 'Liability',
  'Credit Card': 'Liability',
  'Other Current Liability': 'Liability',
  'Long Term Liability': 'Liability',
  Equity: 'Equity',
  Income: 'Revenue',
  'Other Income': 'Revenue',
  'Cost of Goods Sold': 'Expense',
  Expense: 'Expense',
  'Other Expense': 'Expense',
};

const SUB_TYPES: Readonly<Record<string, string>> = {
  Bank: 'Checking',
  'Accounts Receivable': 'AccountsReceivable',
  'Other Current Asset': 'OtherCurrentAssets',
  'Fixed Asset': 'OtherFixedAssets',
  'Other Asset': 'OtherLongTermAssets',
  'Accounts Payable': 'AccountsPayable',
  'Credit Card': 'CreditCard',
  'Other Current Liability': 'OtherCurrentLiabilities',
  'Long Term Liability': 'OtherLongTermLiabilities',
  Equity: 'OpeningBalanceEquity',
  Income: 'SalesOfProductIncome',
  'Cost of Goods Sold': 'SuppliesMaterialsCogs',
  Expense: 'OtherMiscellaneousServiceCost',
  'Other Income': 'OtherMiscellaneousIncome',
  'Other Expense': 'OtherMiscellaneousExpense',
};

const TREE_FLAGS: Readonly<Record<string, string>> = {
  Account: 'SubAccount',
  Item: 'SubItem',
  Class: 'SubClass',
  Department: 'SubDepartment',
  Customer: 'Job',
};

/** Rules of name-list objects: derived names, unique names, inactive suffixes, and each type's own needs. */
export function nameRules(draft: Draft): Fields {
  const named = withNames(draft);
  const placed = withTree(draft, named);
  const ready = { ...placed, ...ownRules({ ...draft, record: placed }) };
  checkUnique(draft, ready);
  return ready;
}

const isPerson = (draft: Draft): boolean => draft.spec.nameField === 'DisplayName';

function withNames(draft: Draft): Fields {
  const { company, spec, before } = draft;
  const record = { ...draft.record };
  const nameField = spec.nameField;
  if (nameField === undefined) return record;
  if (isPerson(draft) && textOf(record.DisplayName) === '') {
    const parts = ['Title', 'GivenName', 'MiddleName', 'FamilyName', 'Suffix'].map((part) =>
      textOf(record[part]),
    );
    record.DisplayName = parts.filter((part) => part !== '').join(' ') || textOf(record.CompanyName);
    if (record.DisplayName === '') throw faults.required('DisplayName');
  }
  const suffix = company.settings.deletedNameSuffix;
  const name = textOf(record[nameField]);
  if (suffix !== '' && record.Active === false && before?.Active !== false && !name.endsWith(suffix)) {
    record[nameField] = `${name}${suffix}`;
  } else if (suffix !== '' && record.Active !== false && before?.Active === false && name.endsWith(suffix)) {
    record[nameField] = name.slice(0, -suffix.length);
  }
  if (isPerson(draft) && textOf(record.PrintOnCheckName) === '') {
    record.PrintOnCheckName = textOf(record.CompanyName) || textOf(record.DisplayName).slice(0, 110);
  }
  return record;
}

function withTree({ company, spec, before }: Draft, record: Fields): Fields {
  const name = textOf(record[spec.nameField ?? 'Name']);
  if (spec.fields.FullyQualifiedName === undefined) return record;
  const parentId = refId(record.ParentRef);
  const parent = parentId === '' ? undefined : company.find(spec.name, parentId);
  if (parent !== undefined && parent.Id === before?.Id)
    throw faults.business('A record cannot be its own parent', 'ParentRef');
  const flagName = TREE_FLAGS[spec.name];
  const level =
    spec.fields.Level === undefined
      ? {}
      : { Level: parent === undefined ? 0 : Number(parent.Level ?? 0) + 1 };
  return {
    ...record,
    FullyQualifiedName: parent === undefined ? name : `${textOf(parent.FullyQualifiedName)}:${name}`,
    ...(flagName === undefined || (spec.name === 'Item' && parent === undefined)
      ? {}
      : { [flagName]: parent !== undefined }),
    ...(spec.name === 'Item' && parent === undefined ? {} : level),
  };
}

function ownRules({ company, spec, record, before }: Draft): Fields {
  switch (spec.name) {
    case 'Account':
      return accountRules(record, before);
    case 'Item':
      return itemRules(record);
    case 'Term':
      return { Type: record.DayOfMonthDue === undefined ? 'STANDARD' : 'DATE_DRIVEN' };
    case 'Customer':
    case 'Vendor': {
      const currency = refId(record.CurrencyRef) || company.homeCurrencyRef().value;
      const multi = company.preference('CurrencyPrefs', 'MultiCurrencyEnabled') === true;
      const known =
        currency === company.homeCurrencyRef().value ||
        (multi &&
          company.all('CompanyCurrency').some(({ Code, Active }) => Code === currency && Active !== false));
      if (!known)
        throw faults.business('Multi Currency should be enabled to perform this operation.', 'CurrencyRef');
      const notes = spec.name === 'Vendor' ? maskTaxIdentifier(record) : {};
      return { CurrencyRef: { value: currency }, ...notes };
    }
    default:
      return {};
  }
}

function maskTaxIdentifier(record: Fields): Fields {
  const identifier = textOf(record.TaxIdentifier);
  if (identifier.length < 4) return {};
  return { TaxIdentifier: `XXXXX${identifier.slice(-4)}` };
}

function accountRules(record: Fields, before: Fields | undefined): Fields {
  const bySubType = Object.entries(SUB_TYPES).find(([, subType]) => subType === record.AccountSubType)?.[0];
  const type = textOf(record.AccountType) || bySubType;
  if (type === undefined || type === '') throw faults.required('AccountType');
  const classification = CLASSIFICATIONS[type];
  return compact({
    AccountType: type,
    AccountSubType: textOf(record.AccountSubType) || SUB_TYPES[type],
    Classification: classification,
    CurrentBalance: before?.CurrentBalance ?? 0,
    CurrentBalanceWithSubAccounts: before?.CurrentBalanceWithSubAccounts ?? 0,
  });
}

function itemRules(record: Fields): Fields {
  const need = (name: string) => {
    if (record[name] === undefined) throw faults.required(name);
  };
  if (record.Type === 'Inventory') {
    ['IncomeAccountRef', 'ExpenseAccountRef', 'AssetAccountRef', 'InvStartDate', 'QtyOnHand'].forEach(need);
    if (record.TrackQtyOnHand !== true) throw faults.required('TrackQtyOnHand');
  } else if (record.Type === 'Service' || record.Type === 'NonInventory') {
    if (record.ExpenseAccountRef === undefined) need('IncomeAccountRef');
  } else if (record.Type === 'Category') {
    return { UnitPrice: undefined, PurchaseCost: undefined };
  }
  return {
    UnitPrice: wire(decimalOf(record.UnitPrice), 7),
    PurchaseCost: wire(decimalOf(record.PurchaseCost), 7),
  };
}

/** Customers, vendors and employees share one name space; the others have one each. */
function checkUnique({ company, spec, before }: Draft, record: Fields): void {
  const key = nameKey(spec, record);
  if (key === undefined) return;
  const own = before === undefined ? '' : keyOf(spec.name, before.Id);
  if (company.indexes.holdersOfName(key).some((holder) => holder !== own)) {
    throw faults.duplicateName(spec.nameSpace ?? spec.name);
  }
}
