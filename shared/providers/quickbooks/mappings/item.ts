import { choiceCodec } from '../../../mapping/codec';
import { defineMapping } from '../../../mapping/mapping';
import { field } from '../../../mapping/row';
import { item } from '../../../schema/entities/item/schema';
import { active, flag, name, PRICE, QUANTITY, reference, text } from '../rows';

export const itemMapping = defineMapping({
  entity: item,
  rows: [
    active('Name'),
    name('name', 'Name'),
    text('sku', 'Sku'),
    field(
      'type',
      'Type',
      choiceCodec(
        {
          service: 'Service',
          inventory: 'Inventory',
          non_inventory: 'NonInventory',
          bundle: 'Group',
          category: 'Category',
        },
        { Bundle: 'bundle' },
      ),
    ),
    text('description', 'Description'),
    field('unitPrice', 'UnitPrice', PRICE),
    text('purchaseDescription', 'PurchaseDesc'),
    field('purchaseCost', 'PurchaseCost', PRICE),
    reference('incomeAccount', 'IncomeAccountRef', 'account'),
    reference('expenseAccount', 'ExpenseAccountRef', 'account'),
    reference('assetAccount', 'AssetAccountRef', 'account'),
    flag('taxable', 'Taxable'),
    field('quantityOnHand', 'QtyOnHand', QUANTITY, { direction: 'read' }),
  ],
});
