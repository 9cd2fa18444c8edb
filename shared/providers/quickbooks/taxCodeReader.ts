import { NotFoundError, toSyncError } from '../../errors';
import type { JsonObject } from '../../mapping/json';
import type { Clock } from '../../ports';
import type { Instant } from '../../schema/calendar';
import type { Answer, QuickBooksClient } from './client';
import type { Call } from './errors';
import { anyActive, buildQuery } from './query';
import { PSEUDO_CODES, pseudoCode, ratesById, withEffectiveRate } from './taxCodes';
import { memberOf, recordsOf } from './wire';

const CALL = { kind: 'read', entity: 'tax_rate' } as const;

/** Tax codes joined with the rates they consist of; the API has no call that does it. */
export class TaxCodeReader {
  constructor(
    private readonly client: QuickBooksClient,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  async all(withPseudoCodes: boolean): Promise<{ codes: JsonObject[]; asOf: Instant }> {
    const { body, asOf } = await this.query('TaxCode');
    const codes = recordsOf(body, 'TaxCode');
    const missing = withPseudoCodes
      ? PSEUDO_CODES.filter(({ Id }) => codes.every((code) => code.Id !== Id))
      : [];
    return { codes: await this.withRates([...codes, ...missing]), asOf };
  }

  async one(id: string, call: Call): Promise<{ code: JsonObject; asOf: Instant } | null> {
    try {
      const { body, asOf } = await this.client.get(`taxcode/${encodeURIComponent(id)}`, {}, call);
      const [code] = await this.withRates([memberOf(body, 'TaxCode')]);
      return code ? { code, asOf } : null;
    } catch (error) {
      const failure = toSyncError(error);
      if (!(failure instanceof NotFoundError)) throw toSyncError(failure);
      const code = pseudoCode(id);
      return code && { code, asOf: new Date(this.clock.now()).toISOString() };
    }
  }

  private async withRates(codes: JsonObject[]): Promise<JsonObject[]> {
    if (codes.every((code) => code.SalesTaxRateList === undefined)) {
      return codes.map((code) => withEffectiveRate(code, new Map()));
    }
    const rates = ratesById(recordsOf((await this.query('TaxRate')).body, 'TaxRate'));
    return codes.map((code) => withEffectiveRate(code, rates));
  }

  private query(from: string): Promise<Answer> {
    return this.client.query(buildQuery({ from, where: [anyActive] }), {
      ...CALL,
      action: 'list the tax codes',
    });
  }
}
