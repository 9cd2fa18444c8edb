import type { Fields } from '../../../shared/schema/entity';

/** Cents of a decimal text with two digits at most; the twins' people enter no others. */
export function cents(value: unknown): number {
  if (typeof value !== 'string') return 0;
  const [whole = '0', fraction = ''] = value.split('.');
  const amount = Math.abs(Number(whole)) * 100 + Number(fraction.padEnd(2, '0').slice(0, 2));
  return value.startsWith('-') ? -amount : amount;
}

/** A decimal text in normal form. */
export function fromCents(amount: number): string {
  const sign = amount < 0 ? '-' : '';
  const digits = String(Math.abs(amount)).padStart(3, '0');
  const fraction = digits.slice(-2).replace(/0+$/, '');
  return `${sign}${digits.slice(0, -2)}${fraction && `.${fraction}`}`;
}

export const elements = (fields: Fields, name: string): Fields[] => (fields[name] ?? []) as Fields[];

export const hasLines = (entity: string): boolean => entity === 'invoice' || entity === 'credit_note';

export const sumOf = (list: readonly Fields[]): number =>
  list.reduce((sum, element) => sum + cents(element['amount']), 0);

/** A sales form's own figures; `applied` is what payments have settled of it. */
export function withTotals(entity: string, fields: Fields, applied: number): Fields {
  if (entity === 'payment') {
    const unapplied = cents(fields['amount']) - sumOf(elements(fields, 'allocations'));
    return { ...fields, unapplied: fromCents(unapplied) };
  }
  if (!hasLines(entity)) return fields;
  const total = sumOf(elements(fields, 'lines'));
  const rest = fromCents(total - applied);
  return entity === 'invoice'
    ? { ...fields, total: fromCents(total), balance: rest, status: applied >= total ? 'paid' : 'open' }
    : { ...fields, total: fromCents(total), remaining: rest, status: applied >= total ? 'applied' : 'open' };
}
