import { defineMapping } from '../../../mapping/mapping';
import { derived } from '../../../mapping/row';
import { creditNote } from '../../../schema/entities/credit_note/schema';
import { isVoided } from '../notes';
import { amount } from '../rows';
import { isSettled, salesFormRows } from './salesForm';

export const creditNoteMapping = defineMapping({
  entity: creditNote,
  rows: [
    ...salesFormRows(),
    amount('remaining', 'RemainingCredit', { direction: 'read' }),
    derived('status', (wire) =>
      isVoided(wire) ? 'voided' : isSettled(wire, 'RemainingCredit') ? 'applied' : 'open',
    ),
  ],
});
