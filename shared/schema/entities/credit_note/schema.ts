import { defineEntity } from '../../entity';
import { choice, money } from '../../fields';
import { salesFormBody, salesFormHead } from '../../salesForm';

export const creditNote = defineEntity({
  name: 'credit_note',
  label: 'Credit Note',
  plural: 'Credit Notes',
  version: 1,
  title: 'number',
  recognisedBy: ['customer', 'total', 'date'],
  counterparty: 'customer',
  naturalKey: { fields: ['number', 'customer'], unique: false },
  shape: {
    ...salesFormHead(),
    ...salesFormBody(),
    remaining: money('Remaining Credit', { derived: true }),
    status: choice('Status', ['open', 'applied', 'voided'], { derived: true }),
  },
});
