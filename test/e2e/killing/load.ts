import { setTimeout as sleep } from 'node:timers/promises';
import type { Fields } from '../../../shared/schema/entity';
import type { Stage } from '../stage';
import type { SeededRandom } from '../../simulation/random';

/** Entities that are edited, with the name QuickBooks has for them. */
export const EDITED = { customer: 'Customer', invoice: 'Invoice', payment: 'Payment' } as const;
export type Edited = keyof typeof EDITED;

/** A field that one side edits and the other leaves alone, so that whatever differs in the end was lost. */
const APP_FIELD = { customer: 'companyName', invoice: 'dueDate', payment: 'reference' } as const;
const QUICKBOOKS_FIELD = { customer: 'notes', invoice: 'customerMemo', payment: 'privateNote' } as const;

const ENTITIES = Object.keys(EDITED) as Edited[];
const [APP_PAUSE_MS, QUICKBOOKS_PAUSE_MS] = [350, 300];
const RETRY_MS = 250;
const DAY_MS = 86_400_000;

/** What a record must say in the end: the last that each side has written to its own field. */
export interface Expected {
  entity: Edited;
  /** Known on the side that it was made or first edited on. */
  side: 'app' | 'ledger';
  id: string;
  fields: Record<string, unknown>;
}

/** People at work on both sides, until they are told to stop. */
export class Load {
  readonly #expected = new Map<string, Expected>();
  readonly refusals: string[] = [];
  acknowledged = { app: 0, quickBooks: 0 };
  #stopped = false;
  #running: Promise<unknown> = Promise.resolve();
  #count = 0;

  constructor(
    private readonly stage: Stage,
    private readonly random: SeededRandom,
    /** Records that both sides have already. */
    private readonly shared: readonly { entity: Edited; appId: string; ledgerId: string }[],
  ) {}

  start(): void {
    this.#running = Promise.all([
      ...ENTITIES.map(async (entity) => this.#workInApp(entity)),
      this.#workInQuickBooks(),
    ]);
  }

  /** Resolves when everything that was begun is acknowledged; n8n has to be up for that. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  get expected(): Expected[] {
    return [...this.#expected.values()];
  }

  /** One person for each entity, so that of two edits of a record one is known to be the later. */
  async #workInApp(entity: Edited): Promise<void> {
    const known = this.shared.filter((record) => record.entity === entity).map(({ appId }) => appId);
    while (!this.#stopped) {
      const isNew = known.length === 0 || this.random.chance(0.25);
      const id = isNew ? `kill-${++this.#count}` : this.random.pick(known);
      const change = { [APP_FIELD[entity]]: this.#appValue(entity) };
      const fields = isNew ? { ...this.#newInApp(entity, id), ...change } : change;
      if (await this.#post(entity, id, fields)) {
        if (isNew) known.push(id);
        this.#expect(entity, 'app', id, change);
      }
      await sleep(APP_PAUSE_MS);
    }
  }

  /** An app takes an edit for stored when it hears so, and sends it again until then. */
  async #post(entity: Edited, id: string, fields: Fields): Promise<boolean> {
    for (;;) {
      const answer = await this.stage.appEdit(entity, id, fields).catch(() => null);
      const json = answer?.json as { version?: unknown; code?: string } | undefined;
      if (answer?.status === 200 && json?.version !== undefined) {
        this.acknowledged.app++;
        return true;
      }
      if (answer?.status === 422) {
        this.refusals.push(`${entity} ${id}: ${answer.text}`);
        return false;
      }
      await sleep(RETRY_MS);
    }
  }

  async #workInQuickBooks(): Promise<void> {
    const { quickBooks } = this.stage;
    const known: { entity: Edited; id: string }[] = this.shared.map(({ entity, ledgerId }) => ({
      entity,
      id: ledgerId,
    }));
    while (!this.#stopped) {
      const entity = this.random.pick(ENTITIES);
      const text = `Edit ${++this.#count}`;
      if (this.random.chance(0.2)) {
        const record = this.#newInQuickBooks(entity, this.#count);
        const { Id } = quickBooks.create({ entity: EDITED[entity], record }) as { Id: string };
        known.push({ entity, id: Id });
        this.#expect(entity, 'ledger', Id, {});
      } else {
        const mine = this.random.pick(known.filter((record) => record.entity === entity));
        const patch = {
          customer: { Notes: text },
          invoice: { CustomerMemo: { value: text } },
          payment: { PrivateNote: text },
        }[entity];
        quickBooks.edit({ entity: EDITED[entity], id: mine.id, patch });
        this.#expect(entity, 'ledger', mine.id, { [QUICKBOOKS_FIELD[entity]]: text });
      }
      this.acknowledged.quickBooks++;
      await sleep(QUICKBOOKS_PAUSE_MS);
    }
  }

  #expect(entity: Edited, side: Expected['side'], id: string, change: Record<string, unknown>): void {
    const key = `${side} ${entity} ${id}`;
    const fields = { ...this.#expected.get(key)?.fields, ...change };
    this.#expected.set(key, { entity, side, id, fields });
  }

  /** No two edits write the same value. */
  #appValue(entity: Edited): string {
    const count = ++this.#count;
    if (entity !== 'invoice') return `No. ${count}`;
    return new Date(Date.UTC(2030, 0, 1) + count * DAY_MS).toISOString().slice(0, 10);
  }

  #newInApp(entity: Edited, id: string): Fields {
    if (entity === 'customer') return { displayName: `Customer ${id}` };
    const customer = { entity: 'customer', id: this.#sharedCustomer().appId };
    if (entity === 'payment') return { customer, amount: '12.50', date: '2027-01-01' };
    return { customer, number: id, lines: [{ description: 'Advice', amount: '120.00' }] };
  }

  #newInQuickBooks(entity: Edited, count: number): Record<string, unknown> {
    if (entity === 'customer') return { DisplayName: `Typed customer ${count}` };
    const CustomerRef = { value: this.#sharedCustomer().ledgerId };
    if (entity === 'payment') return { CustomerRef, TotalAmt: 7.5, PaymentRefNum: `typed-${count}` };
    const Description = `Typed ${count}`;
    return {
      CustomerRef,
      DocNumber: `typed-${count}`,
      Line: [{ DetailType: 'SalesItemLineDetail', Amount: 10, Description, SalesItemLineDetail: {} }],
    };
  }

  #sharedCustomer() {
    return this.random.pick(this.shared.filter(({ entity }) => entity === 'customer'));
  }
}
