import { unknownValue } from '../../../mapping/codec';
import { objectsOf, type JsonObject } from '../../../mapping/json';
import { list } from '../../../mapping/list';
import { defineMapping } from '../../../mapping/mapping';
import { placeOf, sameValue, type Row } from '../../../mapping/row';
import { payment } from '../../../schema/entities/payment/schema';
import type { Reference } from '../../../schema/fields';
import { privateNote } from '../notes';
import { amount, currency, date, exchangeRate, reference, text } from '../rows';

const TYPE_OF: Readonly<Record<string, string>> = { invoice: 'Invoice', credit_note: 'CreditMemo' };
const ENTITY_OF = new Map(Object.entries(TYPE_OF).map(([entity, type]) => [type, entity]));

/** The one document a line goes to, when it is of a kind we know. */
function linkOf(line: JsonObject): Reference | null {
  const links = objectsOf(line.LinkedTxn);
  const [link] = links;
  const entity = typeof link?.TxnType === 'string' ? ENTITY_OF.get(link.TxnType) : undefined;
  if (links.length !== 1 || entity === undefined || typeof link?.TxnId !== 'string') return null;
  return { entity, id: link.TxnId };
}

const document: Row = {
  path: 'document',
  direction: 'both',
  members: [],
  get: (line) => linkOf(line) ?? undefined,
  put(value, line, context) {
    const { entity, id } = value as Reference;
    const type = TYPE_OF[entity];
    if (type === undefined)
      throw unknownValue(entity, 'a document that money can go to', placeOf(context, 'document'));
    line.LinkedTxn = [{ TxnId: id, TxnType: type }];
  },
  agrees: sameValue,
};

export const paymentMapping = defineMapping({
  entity: payment,
  rows: [
    reference('customer', 'CustomerRef', 'customer', { absent: 'unknown' }),
    date('date', 'TxnDate'),
    amount('amount', 'TotalAmt', { absent: 'unknown' }),
    text('reference', 'PaymentRefNum'),
    reference('depositAccount', 'DepositToAccountRef', 'account'),
    currency(),
    exchangeRate(),
    privateNote('privateNote'),
    // Money that goes to something else (a journal entry, a charge) stays where it is.
    list('allocations', 'Line', [document, amount('amount', 'Amount', { absent: 'unknown' })], {
      identity: { member: 'document' },
      ordered: false,
      kind: (line) => (linkOf(line) === null ? 'kept' : 'mapped'),
    }),
    amount('unapplied', 'UnappliedAmt', { direction: 'read' }),
  ],
});
