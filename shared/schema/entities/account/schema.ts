import { defineEntity } from '../../entity';
import { choice, flag, money, reference, text } from '../../fields';

export const accountTypes = [
  'bank',
  'accounts_receivable',
  'other_current_asset',
  'fixed_asset',
  'other_asset',
  'accounts_payable',
  'credit_card',
  'other_current_liability',
  'long_term_liability',
  'equity',
  'income',
  'other_income',
  'cost_of_goods_sold',
  'expense',
  'other_expense',
  'non_posting',
] as const;

export const account = defineEntity({
  name: 'account',
  label: 'Account',
  plural: 'Accounts',
  version: 1,
  title: 'name',
  recognisedBy: ['code', 'type'],
  naturalKey: { fields: ['name', 'parent'], unique: true },
  shape: {
    name: text('Name', 100, { required: true }),
    code: text('Number', 20),
    type: choice('Type', accountTypes, { required: true }),
    subtype: text('Detail Type', 100),
    description: text('Description', 4000),
    parent: reference('Parent Account', ['account']),
    currency: text('Currency', 3, { immutable: true }),
    active: flag('Active'),
    balance: money('Balance', { derived: true }),
  },
});
