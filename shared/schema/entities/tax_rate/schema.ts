import { defineEntity } from '../../entity';
import { decimal, flag, text } from '../../fields';

export const taxRate = defineEntity({
  name: 'tax_rate',
  label: 'Tax Rate',
  plural: 'Tax Rates',
  version: 1,
  title: 'name',
  recognisedBy: ['rate'],
  naturalKey: { fields: ['name'], unique: true },
  shape: {
    name: text('Name', 100, { required: true }),
    description: text('Description', 4000),
    /** Percent, `20` for 20 %. */
    rate: decimal('Rate', { tax: true }),
    active: flag('Active'),
  },
});
