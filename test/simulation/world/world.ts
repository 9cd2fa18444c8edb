import { StoreError, SyncError } from '../../../shared/errors';
import type {
  AuditEntry,
  Conflict,
  Link,
  NewEvent,
  Resolution,
  SideName,
  Store,
} from '../../../shared/ports';
import type { Answer, Answers } from '../../../shared/people/answers';
import { decideConflict } from '../../../shared/people/decide';
import { LINK, NEW } from '../../../shared/people/question';
import { MATCH } from '../../../shared/sync/adopt';
import { firstImport } from '../../../shared/sync/import';
import { silentLogger } from '../../../shared/system';
import { aConnection } from '../../support/connection';
import type { Coverage } from '../coverage';
import { SeededRandom } from '../random';
import type { Companion, Fault, Step, Variant } from '../schedule/steps';
import type { Profile } from '../twin/profile';
import { Twin, type Told } from '../twin/twin';
import { VirtualClock } from './clock';
import { CONNECTION } from './connection';
import { Decisions } from './decisions';
import { editables, entitiesInPlay, markerOf, type EntityInPlay } from './entities';
import { Journal } from './journal';
import { Notices } from './notices';
import { People } from './people';
import { Sweeps } from './sweeps';
import { Turns } from './turns';
import { Watch } from './watch';
import { Worker, type Surroundings } from './worker';

/** Who is told what there is to tell, and how much at once. */
const PEOPLE = 'people';
const NOTICES = 3;
/** Executions in a row that find something to do at one moment. */
const MOST_RUNS = 40;

/** A store that fails ends what an execution is at. */
async function unlessDown(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}

/** Both sides, the store, the engine and the people of one schedule. Everything that happens goes through `take`. */
export class World implements Surroundings {
  readonly clock = new VirtualClock();
  readonly journal = new Journal();
  readonly decisions = new Decisions();
  readonly twins: Record<SideName, Twin>;
  readonly ports: Surroundings['ports'];
  readonly watch: Watch;
  readonly watched: Store;
  /** What happened, line by line; null when nobody wants to read it. */
  readonly trace: string[] | null;
  /** Writes that a fault has refused. */
  refusals = 0;
  private readonly people: People;
  private readonly notices: Notices;
  private readonly sweeps: Sweeps;
  private turns: Turns | null = null;
  private workers = 0;
  /** A conflict as somebody saw it who takes his time to decide. */
  private undecided: Conflict | null = null;

  constructor(
    readonly store: Store,
    readonly variant: Variant,
    readonly random: SeededRandom,
    readonly coverage: Coverage,
    traced: boolean,
  ) {
    this.trace = traced ? [] : null;
    const now = () => this.clock.now();
    this.notices = new Notices(variant, random);
    const tell = (change: Told) => this.notices.note(change, this.twins[change.side].tellTime(change.at));
    this.twins = {
      app: new Twin('app', variant.app, now, tell),
      ledger: new Twin('ledger', variant.ledger, now, tell),
    };
    this.people = new People(this.twins, this.journal, now, variant.taste);
    this.watch = new Watch(coverage, this.decisions, store);
    this.watched = this.watch.over(store);
    this.ports = { store, sides: this.twins, clock: this.clock, random, logger: silentLogger };
    this.sweeps = new Sweeps(this.twins, this.clock);
    for (const side of ['app', 'ledger'] as const) this.countFlags(variant[side], side);
    if (variant.lossy) coverage.hit('side:lossy');
  }

  /** Rows of the log that the store has no longer. */
  readonly archived: AuditEntry[] = [];

  async open(): Promise<void> {
    const settings = { entities: this.entities() };
    const connection = aConnection(CONNECTION, { provider: 'twin', settings, createdAt: this.clock.now() });
    await this.store.connections.create(connection);
  }

  /** Those that both sides have. */
  entities(): string[] {
    const { app, ledger } = this.variant;
    return entitiesInPlay.filter((entity) => app.entities[entity] && ledger.entities[entity]);
  }

  /** Whether notes on customers have a place on both sides. */
  get hasNotes(): boolean {
    return !this.variant.app.unsupportedNotes && !this.variant.ledger.unsupportedNotes;
  }

  get runs(): number {
    return this.workers;
  }

  get writes(): number {
    return this.twins.app.calls.write + this.twins.ledger.calls.write;
  }

  /** Sometimes the oldest rows of the log are archived while time passes; whoever judges the world remembers them. */
  private async archive(ms: number): Promise<void> {
    if (ms % 3 !== 0) return;
    const limit = 1 + (ms % 7);
    const oldest = await this.store.audit.list(CONNECTION, { limit });
    const { rows } = await this.store.audit.archive(CONNECTION, { before: this.clock.now(), limit });
    this.archived.push(...oldest.slice(0, rows));
  }

  // ---------------------------------------------------------------- steps

  async take(step: Step): Promise<void> {
    this.clock.advance(1);
    this.coverage.hit(`step:${step.step}`);
    switch (step.step) {
      case 'add':
        return this.say(this.people.add(step));
      case 'arrive':
        return this.say(this.people.arrive(step));
      case 'edit':
        if (step.back) this.coverage.hit('step:edit back');
        return this.say(this.people.edit(step));
      case 'lines':
        return this.say(this.people.lines(step));
      case 'refer':
        return this.say(this.people.refer(step));
      case 'pay':
        return this.say(this.people.pay(step));
      case 'remove':
        return this.say(this.people.remove(step));
      case 'reopen':
        return this.say(this.people.reopen(step));
      case 'merge':
        return this.say(this.people.merge(step));
      case 'hear':
        return await this.hear(this.notices.some(step));
      case 'forge':
        return await this.hear([this.notices.forged(step, this.clock.now())]);
      case 'run':
        if (step.hears) await this.hear(this.notices.rest(false));
        return await this.work(step.lanes, step.faults);
      case 'together':
        return await this.together(step);
      case 'sweep':
        this.coverage.hit(`sweep:${step.who}`);
        return await this.companion(step.who, [], 1);
      case 'wait':
        this.clock.advance(step.ms);
        await this.archive(step.ms);
        return this.say(`${step.ms} ms pass`);
      case 'decide':
        return await this.decide(step);
      case 'policy':
        return await this.setPolicy(step);
      case 'restore':
        return await this.restore();
      case 'limit':
        this.twins[step.side].limitedUntil = this.clock.now() + step.ms;
        this.twins[step.side].limitedSilently = step.silent ?? false;
        return this.say(
          `${step.side}: answers 429 for ${step.ms} ms${step.silent ? ', without saying so' : ''}`,
        );
      case 'outage':
        this.twins[step.side].downUntil = this.clock.now() + step.ms;
        return this.say(`${step.side}: is down for ${step.ms} ms`);
      case 'budget':
        this.twins[step.side].readsLeft = step.reads;
        return this.say(`${step.side}: ${step.reads} reads are left`);
    }
  }

  /** One worker works off what is due, and tells what nobody was told of, as the last thing it does. */
  async work(lanes = 1, faults: readonly Fault[] = []): Promise<void> {
    const worker = this.newWorker(lanes);
    const how = await worker.run(async ({ engine, ports }) => {
      await unlessDown(engine.processDue(CONNECTION, { maxRecords: 300 }));
      // What it found is told all the same, now or by another execution.
      const { notices } = ports.store;
      await unlessDown(notices.take(PEOPLE, CONNECTION, { limit: NOTICES, now: this.clock.now() }));
    }, faults);
    this.say(`${worker.name} ${how === 'done' ? 'has worked' : 'dies'}`);
  }

  private newWorker = (lanes: number): Worker => new Worker(`worker-${++this.workers}`, this, lanes);

  private async together({ who, faults, order, hears }: Extract<Step, { step: 'together' }>): Promise<void> {
    if (this.turns) return await this.work(1, faults);
    for (const other of who.slice(1)) this.coverage.hit(`together:worker+${other}`);
    if (hears) await this.hear(this.notices.rest(false));
    this.say(`at once: ${who.join(', ')}`);
    this.turns = new Turns(order);
    try {
      await this.turns.play(
        who.map((each, i) => this.companion(each, i === 0 ? faults : [], 1 + (order % 2) * 3)),
      );
    } finally {
      this.turns = null;
    }
  }

  private async companion(who: Companion, faults: readonly Fault[], lanes: number): Promise<void> {
    if (who === 'worker') return await this.work(lanes, faults);
    const worker = this.newWorker(1);
    const { store } = worker.ports;
    await worker.run(async ({ ports, engine }) => {
      try {
        if (who === 'replay') await store.queue.replay({ connectionId: CONNECTION }, this.clock.now());
        else if (who === 'poll') await this.sweeps.poll(ports, this.entities());
        else if (who === 'reconcile') await this.sweeps.reconcile(ports, this.entities());
        else {
          const connection = await store.connections.get(CONNECTION);
          if (connection) await firstImport(ports, engine, connection, { pageSize: 2 });
        }
      } catch (error) {
        // A sweep that meets a fault ends; the next one goes on.
        if (!(error instanceof SyncError)) throw error;
        this.say(`${who}: ${error.message}`);
      }
    }, []);
    this.say(`${who} has been`);
  }

  // ---------------------------------------------------------------- notifications

  private async hear(events: readonly NewEvent[]): Promise<void> {
    if (events.length === 0) return;
    await this.store.queue.append(events, { now: this.clock.now() });
    if (this.trace)
      for (const { entity, side, recordId } of events)
        this.say(`hears of ${entity} ${recordId} from ${side}`);
  }

  /** Whether a record was made anew in the place of one that is gone. */
  async hasFormerRecords(): Promise<boolean> {
    const links = await this.store.links.list(CONNECTION, { limit: 10_000 });
    return links.some(({ replacedBy }) => replacedBy !== null);
  }

  /** Looks at every record of both sides once, as a reconcile does that meets no fault; false when that never ends. */
  async lookAtAll(): Promise<boolean> {
    await this.nameAll();
    return await this.settleDown(true);
  }

  private async nameAll(): Promise<void> {
    const events = (['app', 'ledger'] as const).flatMap((side) =>
      this.entities().flatMap((entity) =>
        this.twins[side].all(entity).map(
          ({ id }): NewEvent => ({
            connectionId: CONNECTION,
            entity,
            side,
            recordId: id,
            source: 'reconcile',
          }),
        ),
      ),
    );
    this.notices.forget();
    await this.store.queue.append(events, { now: this.clock.now() });
  }

  // ---------------------------------------------------------------- quiescence

  /**
   * Everything told arrives and is worked off, and what that causes is told and worked off, until nothing
   * happens any more; false when that never ends. `reliable`: nothing gets lost from here on.
   */
  async settleDown(reliable = false): Promise<boolean> {
    for (let come = this.people.arrive({ pick: 0 }); come; come = this.people.arrive({ pick: 0 }))
      this.say(come);
    for (let round = 0; round < 12; round++) {
      await this.hear(this.notices.rest(reliable));
      if (!(await this.drain())) return false;
      if (this.notices.isQuiet) return true;
    }
    return false;
  }

  /** Works until nothing is due; false when that takes too long. */
  private async drain(): Promise<boolean> {
    await this.restore();
    for (let rests = 0; rests < 60; rests++) {
      for (let i = 0; i < MOST_RUNS && (await this.isThereWork()); i++) await this.work(4);
      const { ready, nextAt } = await this.store.queue.ready([CONNECTION], this.clock.now());
      if (ready === 0 && nextAt === null) return true;
      this.clock.advance(Math.max(61_000, (nextAt ?? 0) - this.clock.now()));
      // What waits for a held record looks again now and then; that is no unrest.
      if (rests > 25 && (await this.store.queue.counts(CONNECTION)).pending === 0) return true;
    }
    return false;
  }

  private async isThereWork(): Promise<boolean> {
    const { ready } = await this.store.queue.ready([CONNECTION], this.clock.now());
    return ready > 0 || (await this.store.notices.pending(PEOPLE, [CONNECTION])).length > 0;
  }

  async restore(): Promise<void> {
    for (const twin of [this.twins.app, this.twins.ledger]) {
      twin.revoked = false;
      twin.limitedUntil = 0;
      twin.readsLeft = Infinity;
    }
    await this.store.connections.update(
      CONNECTION,
      { state: 'active', pausedReason: null, resumeAt: null },
      { now: this.clock.now(), by: 'user ann' },
    );
  }

  // ---------------------------------------------------------------- people who decide

  private async setPolicy(step: Extract<Step, { step: 'policy' }>): Promise<void> {
    const winner = (['app', 'ledger', 'raise', null] as const)[step.winner] ?? null;
    const liked = editables.invoice[this.variant.taste % editables.invoice.length]?.path ?? 'number';
    const fields = ['*', 'lines', '$state', liked, 'email', 'lines.amount', 'lines.description', 'number'];
    const field = fields[step.field] as string;
    const entity = ['*', 'invoice', 'customer', '*'][step.scope] as string;
    const customer = step.party === undefined ? undefined : await this.pairedCustomer(step.party);
    const connectionId = step.scope % 2 === 1 || customer ? CONNECTION : '*';
    const rule = {
      ...{ connectionId, entity, field, winner },
      ...(step.locked ? { locked: true } : {}),
      ...(customer ? { counterparty: customer.id } : {}),
    };
    this.decisions.setRule(rule);
    await this.store.policies.set(rule, 'user ann', this.clock.now());
    this.coverage.hit(`rule:${customer ? 'of one customer' : step.locked ? 'locked' : 'plain'}`);
    this.say(
      `policy for ${entity} ${field}${customer ? ` of customer ${customer.app.id}` : ''}: ${winner ?? 'none'}${step.locked ? ', locked' : ''}`,
    );
  }

  /** Rules are made for records that both sides have. */
  private async pairedCustomer(pick: number): Promise<Link | undefined> {
    const links = await this.store.links.list(CONNECTION, { entity: 'customer', limit: 500 });
    const paired = links.filter(({ base }) => base?.state === 'live');
    return paired[pick % Math.max(1, paired.length)];
  }

  openConflicts(): Promise<Conflict[]> {
    return this.store.conflicts.list({ connectionId: CONNECTION, status: 'open', limit: 500 });
  }

  private async decide(step: Extract<Step, { step: 'decide' }>): Promise<void> {
    if (step.late && !this.undecided) {
      const open = await this.openConflicts();
      this.undecided = open[step.pick % Math.max(1, open.length)] ?? null;
      if (this.undecided) this.say(`ann looks at the conflict on ${this.undecided.title}`);
      return;
    }
    const late = this.undecided;
    this.undecided = null;
    if (late) {
      this.coverage.hit('met:late decision');
      await this.resolve(late, step.choose);
      return;
    }
    const open = await this.openConflicts();
    const conflict = open[step.pick % Math.max(1, open.length)];
    if (conflict) await this.resolve(conflict, step.choose);
  }

  /**
   * Decides every field, by chance or always for one side, and says how; null where the decision is refused, for
   * what it is on has moved meanwhile.
   */
  async resolve(conflict: Conflict, choose: number, always: SideName | null = null): Promise<Choices | null> {
    const choices = choicesFor(conflict, choose, this.journal, () => this.counterpart(conflict), always);
    try {
      if (!(await this.answer(conflict, choices)))
        return this.refusedDecision(conflict, 'it was decided or has changed');
      this.decisions.setResolution(conflict, choices);
      this.say(`ann resolves ${conflict.entity} ${conflict.title}: ${JSON.stringify(choices)}`);
      return choices;
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      return this.refusedDecision(conflict, error.message);
    }
  }

  private refusedDecision({ title }: Conflict, why: string): null {
    this.coverage.hit('met:decision refused');
    this.say(`ann's decision on ${title} is refused: ${why}`);
    return null;
  }

  /** As a page does it; what no page offers, somebody may have written into a workflow. */
  private async answer(conflict: Conflict, choices: Choices): Promise<boolean> {
    const { id, refreshedAt } = conflict;
    const { app, ledger } = this.twins;
    const sides = {
      labels: { app: 'the app', ledger: 'the ledger' },
      capabilities: { app: app.capabilities, ledger: ledger.capabilities },
      timeZone: 'UTC',
    };
    const now = this.clock.now();
    const decision = { conflictId: id, seenRefreshedAt: refreshedAt, answers: answersOf(choices) };
    const { kind } = await decideConflict(this.store, sides, { ...decision, by: 'user ann', now });
    if (kind !== 'refused') return kind === 'decided';
    this.coverage.hit('met:answer that no page offers');
    await this.store.conflicts.resolve(id, { choices, by: 'user ann', at: now }, refreshedAt);
    return true;
  }

  /** Whoever is asked which record it is goes and looks: the one with the same marker, or a new one. */
  private counterpart({ entity, fields }: Conflict): string | null {
    const asked = fields.find((field) => field.path === '$match');
    const side: SideName = Array.isArray(asked?.app) ? 'app' : 'ledger';
    const mine = asked?.[side === 'app' ? 'ledger' : 'app'] as string;
    const name = entity as EntityInPlay;
    const record = this.twins[side === 'app' ? 'ledger' : 'app'].get(entity, mine);
    if (!record) return null;
    const marker = markerOf(name, record.fields);
    const found = this.twins[side]
      .live(entity)
      .find(({ fields: theirs }) => markerOf(name, theirs) === marker);
    return found?.id ?? null;
  }

  // ---------------------------------------------------------------- for workers

  tick(): void {
    this.clock.advance(1);
  }

  turn(): Promise<void> | null {
    return this.turns ? this.turns.take() : null;
  }

  fired(kind: string, call: string, name: string): void {
    this.coverage.hit(`fault:${kind}@${call}`);
    if (kind === 'refused') this.refusals++;
    if (this.trace) this.say(`-- ${kind} at ${name}`);
  }

  say(line: string | null): void {
    if (line !== null && this.trace) this.trace.push(`${this.time()} ${line}`);
  }

  private time = (): string => new Date(this.clock.now()).toISOString().slice(5, 23).replace('T', ' ');

  private countFlags(profile: Profile, side: SideName): void {
    const hit = (flag: string) => this.coverage.hit(`side:${flag}`);
    hit(`versions ${profile.versions}`);
    hit(`line ids ${profile.lineIds}`);
    hit(`update ${profile.update}`);
    hit(`timestamps ${profile.timestamps}`);
    hit(profile.lock ? 'lock' : 'no lock');
    hit(profile.tombstones ? 'tombstones' : 'no tombstones');
    if (side === 'ledger') this.coverage.hit(`ledger:${profile.name}`);
    if (profile.idempotencyMs === null) hit('no keys');
    else hit(profile.idempotencyMs < 86_400_000 ? 'keys expire' : 'keys');
    if (profile.lookupLagMs > 0) hit('lookup lags');
    if (profile.listLagMs > 0) hit('lists lag');
    if (profile.readLagMs > 0) hit('reads lag');
    if (profile.skewMs !== 0) hit('skewed');
    if (profile.normalizes) hit('normalizes');
  }
}

type Choices = Resolution['choices'];

/** The answers of a page that stand for these choices. */
const answersOf = (choices: Choices): Answers =>
  Object.fromEntries(
    Object.entries(choices).map(([path, choice]): [string, Answer] => {
      if ('winner' in choice) return [path, { id: choice.winner }];
      if (path !== MATCH) return [path, { id: 'value', value: String(choice.value) }];
      return [path, { id: choice.value === null ? NEW : `${LINK}${String(choice.value)}` }];
    }),
  );

const isText = ({ path, app, ledger }: Conflict['fields'][number]) =>
  !path.startsWith('$') && !path.startsWith('lines') && typeof (app ?? ledger ?? '') === 'string';

function choicesFor(
  conflict: Conflict,
  choose: number,
  journal: Journal,
  match: () => string | null,
  always: SideName | null,
): Choices {
  const random = new SeededRandom(choose);
  const choices: Choices = {};
  // A chance of its own, so that the other choices stay what they were.
  const leaving = new SeededRandom(choose + 1);
  for (const field of conflict.fields) {
    const isLeft = Object.keys(choices).length > 0 && leaving.chance(0.2);
    // Who finds no other way out has a new record made.
    if (field.path === '$match') choices[field.path] = { value: always === 'app' ? null : match() };
    else if (always !== null) choices[field.path] = { winner: always };
    // Some decide what they know, and leave the rest for later.
    else if (isLeft) continue;
    // Most leave it at what was chosen before.
    else if (field.chosen && random.chance(0.7)) continue;
    else if (isText(field) && isPlain(conflict.entity, field.path) && random.chance(0.2)) {
      const value = `V${journal.fresh()}`;
      journal.typed.add(value.toLowerCase());
      choices[field.path] = { value };
    } else choices[field.path] = { winner: random.pick<SideName>(['app', 'ledger']) };
  }
  return choices;
}

/** Takes any text. */
const isPlain = (entity: string, path: string): boolean =>
  entitiesInPlay.some(
    (name) => name === entity && editables[name].some((each) => each.path === path && each.kind === 'text'),
  );
