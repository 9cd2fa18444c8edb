import { decimalCodec, flagCodec, textCodec } from '../../../mapping/codec';
import { defineMapping } from '../../../mapping/mapping';
import { field } from '../../../mapping/row';
import { taxRate } from '../../../schema/entities/tax_rate/schema';

const READ: { direction: 'read'; reason: string } = {
  direction: 'read',
  reason: 'Tax codes are set up in QuickBooks itself.',
};

/** The wire is a TaxCode with its effective sales rate beside it, see taxCodes.ts. */
export const taxRateMapping = defineMapping({
  entity: taxRate,
  rows: [
    field('name', 'Name', textCodec(), READ),
    field('description', 'Description', textCodec(), { ...READ, absent: 'empty' }),
    field('rate', 'EffectiveSalesRate', decimalCodec(12), { ...READ, absent: 'empty' }),
    field('active', 'Active', flagCodec(), READ),
  ],
});
