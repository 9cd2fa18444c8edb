import Big from 'big.js';
import { entitySpec } from './entities';
import type { EntitySpec } from './entities/fieldTypes';
import { decimalOf, listOf, refId, sum, textOf, type Fields } from './json';
import { keyOf, linksOf, settlements, type QuickBooksRecord } from './records';

/** The key under which a record's name must be unique, e.g. `account|assets:till`. */
export function nameKey(spec: EntitySpec, record: Fields): string | undefined {
  if (spec.nameField === undefined) return undefined;
  const shared = spec.nameField === 'DisplayName' && spec.name !== 'TaxAgency';
  const name = shared
    ? textOf(record.DisplayName)
    : textOf(record.FullyQualifiedName) || textOf(record[spec.nameField]);
  return name === '' ? undefined : `${spec.nameSpace ?? spec.name}|${name.trim().toLowerCase()}`;
}

function balanceOf(entity: string, record: Fields): { owner: string; amount: Big } | undefined {
  switch (entity) {
    case 'Invoice':
      return { owner: keyOf('Customer', refId(record.CustomerRef)), amount: decimalOf(record.Balance) };
    case 'CreditMemo':
      return {
        owner: keyOf('Customer', refId(record.CustomerRef)),
        amount: decimalOf(record.RemainingCredit).neg(),
      };
    case 'Payment':
      return {
        owner: keyOf('Customer', refId(record.CustomerRef)),
        amount: decimalOf(record.UnappliedAmt).neg(),
      };
    case 'Bill':
      return { owner: keyOf('Vendor', refId(record.VendorRef)), amount: decimalOf(record.Balance) };
    case 'VendorCredit':
      return { owner: keyOf('Vendor', refId(record.VendorRef)), amount: decimalOf(record.Balance).neg() };
    default:
      return undefined;
  }
}

class MultiMap<T> {
  private readonly sets = new Map<string, Set<T>>();

  add(key: string, member: T): void {
    const set = this.sets.get(key);
    if (set === undefined) this.sets.set(key, new Set([member]));
    else set.add(member);
  }

  delete(key: string, member: T): void {
    const set = this.sets.get(key);
    set?.delete(member);
    if (set?.size === 0) this.sets.delete(key);
  }

  get(key: string): T[] {
    return [...(this.sets.get(key) ?? [])];
  }
}

/** Look-ups kept beside the records of one company, so that checks stay cheap with many records. */
export class Indexes {
  private readonly names = new MultiMap<string>();
  private readonly numbers = new MultiMap<string>();
  private readonly applied = new Map<string, Map<string, Big>>();
  private readonly balances = new Map<string, Big>();
  private readonly depositsOf = new MultiMap<string>();

  add(entity: string, record: QuickBooksRecord): void {
    this.change(entity, record, 1);
  }

  drop(entity: string, record: QuickBooksRecord): void {
    this.change(entity, record, -1);
  }

  /** Keys of the records that hold this name. */
  holdersOfName(key: string): string[] {
    return this.names.get(key);
  }

  holdersOfNumber(entity: string, number: string): string[] {
    return this.numbers.get(keyOf(entity, number));
  }

  /** What each payment applies to a document, oldest payment first. */
  appliedTo(entity: string, id: string): Array<{ payment: string; amount: Big }> {
    const shares = this.applied.get(keyOf(entity, id)) ?? new Map<string, Big>();
    return [...shares].map(([payment, amount]) => ({ payment, amount }));
  }

  totalAppliedTo(entity: string, id: string): Big {
    return sum(this.appliedTo(entity, id).map(({ amount }) => amount));
  }

  balance(entity: string, id: string): Big {
    return this.balances.get(keyOf(entity, id)) ?? new Big(0);
  }

  isDeposited(entity: string, id: string): boolean {
    return this.depositsOf.get(keyOf(entity, id)).length > 0;
  }

  private change(entity: string, record: QuickBooksRecord, sign: 1 | -1): void {
    const own = keyOf(entity, record.Id);
    const spec = entitySpec(entity);
    const put = <T>(map: MultiMap<T>, key: string, member: T) =>
      sign === 1 ? map.add(key, member) : map.delete(key, member);
    const name = nameKey(spec, record);
    if (name !== undefined) put(this.names, name, own);
    if (spec.kind === 'transaction' && textOf(record.DocNumber) !== '') {
      put(this.numbers, keyOf(entity, textOf(record.DocNumber)), record.Id);
    }
    if (entity === 'Deposit') {
      for (const line of listOf(record.Line)) {
        for (const linked of listOf(line.LinkedTxn)) {
          put(this.depositsOf, keyOf(textOf(linked.TxnType), textOf(linked.TxnId)), own);
        }
      }
    }
    if (settlements[entity] !== undefined) this.changeLinks(entity, own, record, sign);
    const balance = balanceOf(entity, record);
    if (balance !== undefined) {
      const before = this.balances.get(balance.owner) ?? new Big(0);
      this.balances.set(balance.owner, before.plus(balance.amount.times(sign)));
    }
  }

  private changeLinks(entity: string, own: string, record: QuickBooksRecord, sign: 1 | -1): void {
    for (const link of linksOf(entity, record)) {
      const target = keyOf(link.type, link.id);
      const shares = this.applied.get(target) ?? new Map<string, Big>();
      if (sign === 1) shares.set(own, (shares.get(own) ?? new Big(0)).plus(link.amount));
      else shares.delete(own);
      this.applied.set(target, shares);
    }
  }
}
