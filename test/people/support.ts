import type { Fields } from '../../shared/schema/entity';
import type { Conflict } from '../../shared/ports';
import type { Sides } from '../../shared/people/decide';
import type { EngineBench } from '../support/engineBench';

export const sidesOf = (bench: EngineBench): Sides => ({
  labels: { app: 'Your app', ledger: 'Ledger Online' },
  capabilities: { app: bench.app.capabilities, ledger: bench.ledger.capabilities },
  timeZone: 'UTC',
});

export const invoiceFor = (customerId: string, change: Fields = {}): Fields => ({
  number: '1001',
  customer: { entity: 'customer', id: customerId },
  date: '2026-11-20',
  dueDate: '2026-12-20',
  currency: 'USD',
  lines: [
    { description: 'Paper', quantity: '2', unitPrice: '5', amount: '10' },
    { description: 'Ink', quantity: '1', unitPrice: '30', amount: '30' },
  ],
  ...change,
});

/** An invoice that both sides know; ids by side. */
export async function sharedInvoice(
  bench: EngineBench,
): Promise<{ app: string; ledger: string; linkId: string }> {
  const acme = bench.app.add('customer', { displayName: 'Acme' });
  const { id } = bench.app.add('invoice', invoiceFor(acme.id));
  await bench.notify('app', 'invoice', id);
  await bench.settle();
  const link = (await bench.store.links.bySide('c1', 'invoice', 'app', [id])).get(id)!;
  return { app: id, ledger: link.ledger.id!, linkId: link.id };
}

/** Changes the invoice on both sides, each in its own way. */
export async function changeBoth(
  bench: EngineBench,
  ids: { app: string; ledger: string },
  app: (fields: Fields) => Fields,
  ledger: (fields: Fields) => Fields,
): Promise<Conflict> {
  bench.app.edit('invoice', ids.app, app);
  bench.ledger.edit('invoice', ids.ledger, ledger);
  await bench.notify('app', 'invoice', ids.app);
  await bench.settle();
  return await onlyConflict(bench);
}

export async function onlyConflict(bench: EngineBench): Promise<Conflict> {
  const open = await bench.store.conflicts.list({ connectionId: 'c1', status: 'open', limit: 10 });
  if (open.length !== 1) throw new Error(`${open.length} conflicts are open`);
  return open[0]!;
}

/** A list of lines with one of them changed. */
export const withLine =
  (index: number, change: Fields) =>
  (fields: Fields): Fields => ({
    ...fields,
    lines: (fields['lines'] as Fields[]).map((line, at) => (at === index ? { ...line, ...change } : line)),
  });
