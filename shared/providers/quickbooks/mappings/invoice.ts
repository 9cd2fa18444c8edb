import { defineMapping } from '../../../mapping/mapping';
import { derived } from '../../../mapping/row';
import { invoice } from '../../../schema/entities/invoice/schema';
import { isVoided } from '../notes';
import { address, amount, date } from '../rows';
import { isSettled, salesFormRows } from './salesForm';

export const invoiceMapping = defineMapping({
  entity: invoice,
  rows: [
    ...salesFormRows(),
    date('dueDate', 'DueDate'),
    address('shippingAddress', 'ShipAddr'),
    amount('balance', 'Balance', { direction: 'read' }),
    derived('status', (wire) => (isVoided(wire) ? 'voided' : isSettled(wire, 'Balance') ? 'paid' : 'open')),
  ],
});
