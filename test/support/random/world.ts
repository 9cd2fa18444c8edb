import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Conflict, NewEvent, Resolution, SideName, Store } from '../../../shared/ports';
import { openStore } from '../../../shared/store';
import { silentLogger } from '../../../shared/system';
import { LedgerOfEdits } from './ledgerOfEdits';
import type { Operation, Variant } from './operations';
import { entitiesInPlay, People } from './people';
import { Prng, StillClock } from './prng';
import { RoughSide, type Told } from './roughSide';
import { Worker } from './worker';

export const CONNECTION = 'c1';

/** Both sides, the real store and engine, and the people. Everything that happens goes through `take`. */
export class World {
  readonly clock = new StillClock();
  readonly edits = new LedgerOfEdits();
  readonly app: RoughSide;
  readonly ledger: RoughSide;
  readonly people: People;
  readonly journal: string[] = [];
  /** Values that a person typed to resolve a conflict. */
  readonly typed = new Set<string>();
  private untold: Told[] = [];
  private told: Told[] = [];
  private worker: Worker;
  private workers = 0;

  private constructor(
    readonly store: Store,
    readonly variant: Variant,
    private readonly random: Prng,
    private readonly folder: string,
  ) {
    const now = () => this.clock.now();
    const tell = (change: Told) => this.untold.push(change);
    this.app = new RoughSide('app', variant, tell, now);
    this.ledger = new RoughSide('ledger', variant, tell, now);
    this.people = new People({ app: this.app, ledger: this.ledger }, this.edits, now, !variant.noNotes);
    this.worker = this.newWorker();
  }

  static async open(variant: Variant, seed: number): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), 'accounting-random-'));
    const random = new Prng(seed ^ 0x5eed);
    const store = await openStore({ kind: 'sqlite', path: join(folder, 'store.sqlite'), random });
    const world = new World(store, variant, random, folder);
    await store.connections.create({
      id: CONNECTION,
      name: 'Test',
      provider: 'memory',
      tenantId: 't1',
      state: 'active',
      pausedReason: null,
      resumeAt: null,
      settings: {},
      createdAt: world.clock.now(),
    });
    return world;
  }

  async close(): Promise<void> {
    await this.store.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get writes(): number {
    return this.app.writes + this.ledger.writes;
  }

  async take(step: Operation): Promise<void> {
    this.clock.advance(1);
    switch (step.op) {
      case 'add':
      case 'edit':
      case 'drop':
        return this.byUser(step);
      case 'deliver':
        return await this.deliver(step);
      case 'run':
        return await this.run(step.faults);
      case 'advance':
        this.clock.advance(step.ms);
        return this.say(`${step.ms} ms pass`);
      case 'resolve':
        return await this.resolve(step.pick, step.choose);
      case 'policy':
        return await this.setPolicy(step);
      case 'replay':
        await this.store.queue.replay({ connectionId: CONNECTION }, this.clock.now());
        return this.say('replays dead letters');
      case 'reconnect':
        return await this.reconnect();
    }
  }

  private byUser(step: Operation): void {
    let did: string | null = null;
    if (step.op === 'add') did = this.people.add(step);
    if (step.op === 'edit') did = this.people.edit(step);
    if (step.op === 'drop') did = this.people.drop(step);
    if (did) this.say(did);
  }

  async run(faults: Extract<Operation, { op: 'run' }>['faults'] = []): Promise<void> {
    if (this.worker.isDead) this.worker = this.newWorker();
    const how = await this.worker.run(CONNECTION, faults);
    this.say(`runs ${JSON.stringify(faults)}: ${how}`);
  }

  private newWorker(): Worker {
    const ports = {
      store: this.store,
      sides: { app: this.app, ledger: this.ledger },
      clock: this.clock,
      random: this.random,
      logger: silentLogger,
    };
    const tick = () => this.clock.advance(1);
    const user = (step: Operation) => this.byUser(step);
    const options = { concurrency: this.variant.concurrency };
    return new Worker(ports, `worker-${++this.workers}`, options, tick, user);
  }

  private async deliver(step: Extract<Operation, { op: 'deliver' }>): Promise<void> {
    const waiting = step.twice ? this.told : this.untold;
    const from = step.pick % Math.max(1, waiting.length);
    const chosen = waiting.slice(from, from + step.count);
    if (!step.twice) {
      this.untold = this.untold.filter((change) => !chosen.includes(change));
      this.told.push(...chosen);
    }
    await this.tell(chosen, step.timed);
  }

  private async tell(changes: readonly Told[], timed: boolean): Promise<void> {
    const events = changes.map(
      ({ side, entity, id, at }): NewEvent => ({
        connectionId: CONNECTION,
        entity,
        side,
        recordId: id,
        source: 'webhook',
        ...(timed
          ? { occurredAt: new Date(this.variant.coarse ? at - (at % 1_000) : at).toISOString() }
          : {}),
      }),
    );
    await this.store.queue.append(events, { now: this.clock.now() });
    for (const { side, entity, id } of changes) this.say(`hears of ${entity} ${id} from ${side}`);
  }

  /** Every notification that was not lost arrives. */
  async deliverAll(): Promise<void> {
    const rest = this.untold;
    this.untold = [];
    if (!this.variant.lossy) await this.tell(rest, true);
  }

  /** Names every record of both sides once, as a reconcile does. */
  async notifyAll(): Promise<void> {
    const events = (['app', 'ledger'] as const).flatMap((side) =>
      entitiesInPlay.flatMap((entity) =>
        this[side].all(entity).map(
          (record): NewEvent => ({
            connectionId: CONNECTION,
            entity,
            side,
            recordId: record.id,
            source: 'reconcile',
          }),
        ),
      ),
    );
    await this.store.queue.append(events, { now: this.clock.now() });
    this.untold = [];
  }

  /** Works on until nothing happens any more; false when that takes too long. */
  async drain(): Promise<boolean> {
    await this.reconnect();
    for (let round = 0; round < 40; round++) {
      await this.run();
      const { ready, nextAt } = await this.store.queue.ready([CONNECTION], this.clock.now());
      if (ready === 0 && nextAt === null) return true;
      this.clock.advance(Math.max(5_000, (nextAt ?? 0) - this.clock.now()));
      // What waits for a held record looks again and again; that is no unrest.
      const { pending } = await this.store.queue.counts(CONNECTION);
      if (round > 15 && pending === 0) return true;
    }
    return false;
  }

  private async reconnect(): Promise<void> {
    await this.store.connections.update(CONNECTION, { state: 'active', pausedReason: null, resumeAt: null });
  }

  private async setPolicy(step: Extract<Operation, { op: 'policy' }>): Promise<void> {
    const field = ['*', 'email', 'lines', '$state'][step.field] as string;
    const rule = { connectionId: '*', entity: '*', field, winner: step.winner };
    await this.store.policies.set(rule, 'ann', this.clock.now());
    this.say(`policy ${field}: ${step.winner}`);
  }

  openConflicts(): Promise<Conflict[]> {
    return this.store.conflicts.list({ connectionId: CONNECTION, status: 'open', limit: 500 });
  }

  async resolve(pick: number, choose: number): Promise<void> {
    const open = await this.openConflicts();
    const conflict = open[pick % Math.max(1, open.length)];
    if (!conflict) return;
    const random = new Prng(choose);
    const choices: Resolution['choices'] = {};
    for (const field of conflict.fields) {
      if (field.path === '$match') choices[field.path] = { value: candidateOf(field, random) };
      else if (isText(field) && random.chance(0.2)) {
        const value = this.edits.token();
        this.typed.add(value.toLowerCase());
        choices[field.path] = { value };
      } else choices[field.path] = { winner: random.pick<SideName>(['app', 'ledger']) };
    }
    const resolution = { choices, by: 'ann', at: this.clock.now() };
    await this.store.conflicts.resolve(conflict.id, resolution, conflict.refreshedAt);
    this.say(`resolves ${conflict.entity} ${conflict.title} ${JSON.stringify(choices)}`);
  }

  say(line: string): void {
    this.journal.push(line);
  }
}

const isText = ({ path, app, ledger }: Conflict['fields'][number]) =>
  !path.startsWith('$') && !path.startsWith('lines') && typeof (app ?? ledger ?? '') === 'string';

/** One of those that might be the record, or null: make a new one. */
function candidateOf(field: Conflict['fields'][number], random: Prng): string | null {
  const ids = [field.app, field.ledger].find((value) => Array.isArray(value)) as string[] | undefined;
  return ids?.length && random.chance(0.7) ? random.pick(ids) : null;
}
