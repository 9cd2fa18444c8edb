import { defineEntity } from '../../entity';
import { choice, decimal, flag, money, reference, text } from '../../fields';

export const item = defineEntity({
  name: 'item',
  label: 'Item',
  plural: 'Items',
  version: 1,
  title: 'name',
  recognisedBy: ['unitPrice', 'sku'],
  naturalKey: { fields: ['name'], unique: true },
  shape: {
    name: text('Name', 100, { required: true }),
    sku: text('SKU', 100),
    type: choice('Type', ['service', 'inventory', 'non_inventory', 'bundle', 'category'], { required: true }),
    description: text('Sales Description', 4000),
    unitPrice: money('Sales Price'),
    purchaseDescription: text('Purchase Description', 1000),
    purchaseCost: money('Purchase Cost'),
    incomeAccount: reference('Income Account', ['account']),
    expenseAccount: reference('Expense Account', ['account']),
    assetAccount: reference('Inventory Asset Account', ['account']),
    taxable: flag('Taxable'),
    active: flag('Active'),
    quantityOnHand: decimal('Quantity on Hand', { derived: true }),
  },
});
