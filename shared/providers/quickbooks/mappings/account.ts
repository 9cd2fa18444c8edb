import { choiceCodec } from '../../../mapping/codec';
import { defineMapping } from '../../../mapping/mapping';
import { field } from '../../../mapping/row';
import { account } from '../../../schema/entities/account/schema';
import { active, amount, currency, name, parent, text } from '../rows';

export const accountMapping = defineMapping({
  entity: account,
  rows: [
    active('Name'),
    name('name', 'Name'),
    text('code', 'AcctNum'),
    field(
      'type',
      'AccountType',
      choiceCodec({
        bank: 'Bank',
        accounts_receivable: 'Accounts Receivable',
        other_current_asset: 'Other Current Asset',
        fixed_asset: 'Fixed Asset',
        other_asset: 'Other Asset',
        accounts_payable: 'Accounts Payable',
        credit_card: 'Credit Card',
        other_current_liability: 'Other Current Liability',
        long_term_liability: 'Long Term Liability',
        equity: 'Equity',
        income: 'Income',
        other_income: 'Other Income',
        cost_of_goods_sold: 'Cost of Goods Sold',
        expense: 'Expense',
        other_expense: 'Other Expense',
        non_posting: 'Non-Posting',
      }),
    ),
    text('subtype', 'AccountSubType'),
    text('description', 'Description'),
    parent('parent', 'account', 'SubAccount'),
    currency(),
    amount('balance', 'CurrentBalance', { direction: 'read' }),
  ],
});
