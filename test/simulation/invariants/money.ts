import { cents, elements, fromCents, hasLines, sumOf } from '../twin/totals';
import type { Panorama } from './sight';

/** Invariant 7: on both sides the lines of a settled document sum to its total, in exact decimals. */
export function moneyConserved({ world, sights }: Panorama): string[] {
  return sights.flatMap(({ entity, history, live, excused }) => {
    const [app, ledger] = [live.app[0], live.ledger[0]];
    if (!hasLines(entity) || excused || !app || !ledger || !world.variant.ledger.computes) return [];
    return ([app, ledger] as const).flatMap(({ fields, id }) => {
      const name = `${entity} ${history.marker} (${id})`;
      const lines = elements(fields, 'lines');
      const sum = fromCents(sumOf(lines));
      const total =
        fields['total'] === sum
          ? []
          : [`${name}: lines sum to ${sum}, the total is ${String(fields['total'])}`];
      // Quantity, price and amount are decided on as one.
      const torn = lines.filter(
        (line) => cents(line['quantity']) * cents(line['unitPrice']) !== 100 * cents(line['amount']),
      );
      return [
        ...total,
        ...torn.map(
          (line) =>
            `${name}: ${String(line['quantity'])} x ${String(line['unitPrice'])} is not ${String(line['amount'])}`,
        ),
      ];
    });
  });
}
