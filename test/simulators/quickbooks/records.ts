import type Big from 'big.js';
import { decimalOf, listOf, textOf, type Fields } from './json';

/** A stored record; references hold only their value, names are added when it is answered. */
export type QuickBooksRecord = Fields & {
  Id: string;
  SyncToken: string;
  MetaData: { CreateTime: string; LastUpdatedTime: string };
};

export interface Tombstone {
  Id: string;
  deletedAt: string;
}

export interface Link {
  type: string;
  id: string;
  amount: Big;
}

export type Operation = 'Create' | 'Update' | 'Delete' | 'Merge' | 'Void' | 'Emailed';

/** Something that happened to a record, as webhooks tell it. */
export interface ChangeEvent {
  realmId: string;
  entity: string;
  id: string;
  operation: Operation;
  atMs: number;
  /** False for edits made in the product's own screens. */
  byApp: boolean;
  deletedId?: string;
}

export const keyOf = (entity: string, id: string): string => `${entity}:${id}`;

/** Which documents each kind of payment settles, and which ones it spends as credit. */
export const settlements: Readonly<
  Record<string, { debits: readonly string[]; credits: readonly string[] }>
> = {
  Payment: { debits: ['Invoice'], credits: ['CreditMemo'] },
  BillPayment: { debits: ['Bill'], credits: ['VendorCredit'] },
};

/** The documents a payment's lines are applied to. */
export function linksOf(entity: string, record: Fields): Link[] {
  if (settlements[entity] === undefined) return [];
  return listOf(record.Line).flatMap((line) =>
    listOf(line.LinkedTxn).map((linked) => ({
      type: textOf(linked.TxnType),
      id: textOf(linked.TxnId),
      amount: decimalOf(line.Amount),
    })),
  );
}
