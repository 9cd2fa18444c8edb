import type { Fields } from '../../../shared/schema/entity';
import type { QuickBooksSide } from '../../../shared/providers/quickbooks/side';

/** Records that a fresh company accepts, with the references that they need. */
export class Samples {
  #customer: Promise<string> | null = null;
  #income: Promise<string> | null = null;

  constructor(
    private readonly side: QuickBooksSide,
    /** Tax code that lines carry. */
    private readonly taxCode: string,
  ) {}

  async of(entity: string, n: number): Promise<Fields> {
    switch (entity) {
      case 'account':
        return { name: `Account ${n}`, type: 'expense', code: `7${n}`, description: 'Made by a test' };
      case 'item':
        return {
          name: `Item ${n}`,
          type: 'service',
          unitPrice: '12.5',
          description: 'An hour\nof work',
          incomeAccount: { entity: 'account', id: await this.#incomeId() },
        };
      case 'customer':
        return {
          displayName: `Customer's ${n}`,
          companyName: 'Söhne & Co',
          email: `customer${n}@example.com`,
          phone: '555 0100',
          billingAddress: { line1: '1 Main Street', city: 'Tucson', postalCode: '85701' },
          notes: 'Pays late',
        };
      case 'payment':
        return { customer: await this.#customerRef(), date: '2026-02-01', amount: '40', reference: `R-${n}` };
      default:
        return {
          number: `T-${n}`,
          customer: await this.#customerRef(),
          date: '2026-01-15',
          privateNote: `Note ${n}`,
          customerMemo: 'Thank you',
          lines: [
            {
              description: 'Two',
              quantity: '2',
              unitPrice: '10.25',
              amount: '20.5',
              taxRate: this.#taxRate(),
            },
            { description: 'Flat', amount: '5', taxRate: this.#taxRate() },
            { description: 'Just words', amount: '0' },
          ],
        };
    }
  }

  edit(entity: string): Fields {
    switch (entity) {
      case 'account':
        return { description: null, code: null };
      case 'item':
        return { description: null, unitPrice: '13.125' };
      case 'customer':
        return { notes: null, email: null, billingAddress: { line1: '2 Side Street', city: null } };
      case 'payment':
        return { amount: '41.5', privateNote: 'Corrected' };
      default:
        return { privateNote: null, customerMemo: 'Thanks again', billingEmail: 'a@example.com' };
    }
  }

  #taxRate() {
    return { entity: 'tax_rate', id: this.taxCode };
  }

  async #customerRef() {
    const options = { key: 'c'.repeat(32), externalId: 'sample-customer' };
    this.#customer ??= this.side.create('customer', { displayName: 'Sample' }, options).then(({ id }) => id);
    return { entity: 'customer', id: await this.#customer };
  }

  #incomeId(): Promise<string> {
    const fields = { name: 'Sample Income', type: 'income' };
    const options = { key: 'd'.repeat(32), externalId: 'sample-income' };
    this.#income ??= this.side.create('account', fields, options).then(({ id }) => id);
    return this.#income;
  }
}
