import type { NewEvent } from '../../../shared/ports';
import type { OpenStore } from '../../../shared/store';
import { Engine } from '../../../shared/sync/engine';
import { silentLogger, systemClock, systemRandom } from '../../../shared/system';
import { InstantSide } from '../instantSide';

const RECORDS = 400;

/** Customers of a connection that are edited in the app again and again. */
export class Converging {
  readonly #app = new InstantSide('app', ['customer']);
  readonly #ledger = new InstantSide('ledger', ['customer']);
  readonly #engine: Engine;
  #round = 0;

  constructor(
    private readonly store: OpenStore,
    private readonly connectionId: string,
  ) {
    const sides = { app: this.#app, ledger: this.#ledger };
    const ports = { store, sides, clock: systemClock, random: systemRandom, logger: silentLogger };
    this.#engine = new Engine(ports, 'bench', { concurrency: 50 });
  }

  /** Pairs the records, so that from now on each edit is one update in the ledger. */
  async prepare(): Promise<void> {
    for (let i = 0; i < RECORDS; i++) {
      for (const side of [this.#app, this.#ledger]) {
        side.put(`${side.capabilities.label}-${i}`, '0', { displayName: `INV-${i}` });
      }
    }
    await this.#notify();
    const outcomes = await this.#engine.processDue(this.connectionId, { maxRecords: Infinity });
    const failed = outcomes.find(({ result }) => result !== 'synced');
    if (failed ?? outcomes.length < RECORDS)
      throw new Error(`could not be prepared: ${JSON.stringify(failed)}`);
  }

  /** Edits each record and brings all of it to the ledger; milliseconds for one record. */
  async round(): Promise<number> {
    const notes = `Round ${++this.#round}`;
    for (let i = 0; i < RECORDS; i++) this.#app.edit(`app-${i}`, { notes });
    await this.#notify();
    const start = performance.now();
    const outcomes = await this.#engine.processDue(this.connectionId, { maxRecords: Infinity });
    const took = performance.now() - start;
    const written = outcomes.filter(({ wrote }) => wrote.includes('ledger')).length;
    if (written !== RECORDS) throw new Error(`${written} of ${RECORDS} were written`);
    return took / RECORDS;
  }

  async #notify(): Promise<void> {
    const { connectionId } = this;
    const events = Array.from({ length: RECORDS }, (_, i): NewEvent => {
      return { connectionId, entity: 'customer', side: 'app', recordId: `app-${i}`, source: 'app' };
    });
    await this.store.queue.append(events, { now: Date.now() });
  }
}
