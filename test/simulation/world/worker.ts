import {
  AuthError,
  RateLimitError,
  StoreError,
  TransientError,
  UncertainWriteError,
  ValidationError,
} from '../../../shared/errors';
import type { Settlement, Side, SideName, Store, WriteOptions } from '../../../shared/ports';
import type { EnginePorts } from '../../../shared/sync/context';
import { Engine } from '../../../shared/sync/engine';
import { FITS } from '../schedule/fits';
import type { CallKind, Fault, FaultKind, Step } from '../schedule/steps';
import type { Twin } from '../twin/twin';
import { gated, make, sideKind, storeKind, type Call, type Gate } from './gates';
import { never } from './turns';
import type { Watch } from './watch';

/** What a worker needs from its world. */
export interface Surroundings {
  ports: EnginePorts;
  twins: Record<SideName, Twin>;
  tick(): void;
  /** Waits for this call's turn where several work at once; null where one works alone. */
  turn(): Promise<void> | null;
  take(step: Step): Promise<void>;
  fired(kind: FaultKind, call: CallKind, name: string): void;
  /** The store, watched. */
  watched: Store;
  watch: Watch;
}

/** Half a lease: what is sent is sent in its first half. */
const GIVEN_UP_MS = 30_000;

/**
 * An engine whose every call to store and sides passes a gate, where it can die or meet a fault. What has died
 * stays silent: its calls never come back, as those of a killed process do not.
 */
export class Worker {
  readonly engine: Engine;
  readonly ports: EnginePorts;
  isDead = false;
  private readonly crashed: Promise<'crashed'>;
  private die!: (how: 'crashed') => void;
  private calls = 0;
  private readonly callsOf: Record<CallKind, number> = { store: 0, read: 0, write: 0 };
  private faults: Fault[] = [];
  private readonly interruptions: Promise<void>[] = [];

  constructor(
    readonly name: string,
    private readonly world: Surroundings,
    lanes: number,
  ) {
    this.crashed = new Promise((resolve) => (this.die = resolve));
    const { ports, twins, watched } = world;
    const gate = (call: Call) => this.pass(call);
    const store = (part: Exclude<keyof Store, 'close'>) =>
      gated<object>(watched[part], part, gate, storeKind);
    this.ports = {
      ...ports,
      store: {
        connections: store('connections'),
        queue: store('queue'),
        links: store('links'),
        conflicts: store('conflicts'),
        notices: store('notices'),
        policies: store('policies'),
        audit: store('audit'),
        checkpoints: store('checkpoints'),
        appRecords: store('appRecords'),
        usage: store('usage'),
        close: () => watched.close(),
      } as Store,
      sides: { app: this.gatedSide(twins.app, gate), ledger: this.gatedSide(twins.ledger, gate) },
    };
    this.engine = new Engine(this.ports, name, { concurrency: lanes });
  }

  private gatedSide(twin: Twin, gate: Gate): Side {
    const side = gated<Side>(twin, twin.side, gate, sideKind);
    return Object.assign(side, { capabilities: twin.capabilities });
  }

  /** Does its work, or dies on the way. */
  async run(
    work: (worker: Worker) => Promise<unknown>,
    faults: readonly Fault[],
  ): Promise<'done' | 'crashed'> {
    this.faults = [...faults];
    const how = await Promise.race([work(this).then(() => 'done' as const), this.crashed]);
    // What happens between the calls of one that dies meanwhile happens all the same.
    await Promise.all(this.interruptions);
    this.faults = [];
    return how;
  }

  private pass(call: Call): Promise<unknown> {
    if (this.isDead) return never();
    this.world.tick();
    if (call.kind === 'write') this.world.watch.sends(this.name, linkOf(call), call.name);
    const at = this.calls++;
    const nth = this.callsOf[call.kind]++;
    const turn = this.world.turn();
    if (!turn && this.faults.length === 0) return make(call);
    const fault = this.faults.find(
      ({ kind, at: after, on }) =>
        (on === undefined ? after <= at : on === call.kind && after <= nth) &&
        FITS[kind].includes(call.kind) &&
        (kind !== 'unstorable' || changesLink(call)),
    );
    return this.passSlowly(call.kind === 'write' ? this.inTime(call) : call, fault, turn);
  }

  /** A write that has not arrived when its sender gives up on it never does: see REPORT.md. */
  private inTime(call: Call): Call {
    const { clock } = this.world.ports;
    const sentAt = clock.now();
    const method: Call['method'] = async (...args) => {
      if (clock.now() - sentAt > GIVEN_UP_MS) throw new UncertainWriteError('no answer in time');
      return await call.method.apply(call.target, args);
    };
    return { ...call, method };
  }

  private async passSlowly(
    call: Call,
    fault: Fault | undefined,
    turn: Promise<void> | null,
  ): Promise<unknown> {
    if (fault) this.faults.splice(this.faults.indexOf(fault), 1);
    if (turn) await turn;
    if (this.isDead) return await never();
    if (!fault) return await this.answer(call);
    this.world.fired(fault.kind, call.kind, call.name);
    return await this.strike(fault, call);
  }

  private async strike(fault: Fault, call: Call): Promise<unknown> {
    const twin = this.world.twins[call.name.startsWith('app.') ? 'app' : 'ledger'];
    switch (fault.kind) {
      case 'crash_before':
        return await this.crash();
      case 'crash_after':
        await make(call);
        return await this.crash();
      case 'transient':
        throw new TransientError('is down');
      case '5xx_not_applied':
        throw new UncertainWriteError('answered 503');
      case '5xx_applied':
      case 'answer_lost':
        await this.answer(call);
        throw new UncertainWriteError(fault.kind === 'answer_lost' ? 'the answer was lost' : 'answered 500');
      case 'refused':
        // A repetition is answered as it was the first time.
        if (twin.answered(optionsOf(call).key)) return await this.answer(call);
        throw new ValidationError('is not wanted');
      case 'unstorable':
        throw new StoreError('The store cannot hold that');
      case 'store_down':
        throw new StoreError('The store does not answer', { retryable: true });
      case 'rate_limit':
        throw new RateLimitError('slow down', { retryAfterMs: 5_000 });
      case 'revoked':
        twin.revoked = true;
        throw new AuthError('The grant has ended');
      case 'stale_read':
        twin.staleReads = twin.profile.readLagMs > 0 ? 1 : 0;
        return await this.answer(call).finally(() => (twin.staleReads = 0));
      case 'meanwhile':
        await this.interrupt(fault.steps ?? []);
        return await this.answer(call);
      case 'answer_late':
        return await this.late(fault, call);
    }
  }

  /** The world goes on between two calls of this worker. */
  private interrupt(steps: readonly Step[]): Promise<void> {
    const taken = (async () => {
      for (const step of steps) await this.world.take(step);
    })();
    this.interruptions.push(taken);
    return taken;
  }

  /** The effect is there, the answer takes its time, and the world goes on without it. */
  private async late(fault: Fault, call: Call): Promise<unknown> {
    const answer = await this.answer(call);
    await this.interrupt(fault.steps ?? []);
    if (this.isDead) return await never();
    // Whoever waits for a write that long has given up on it.
    if (call.kind === 'write') throw new UncertainWriteError('no answer in time');
    return answer;
  }

  private async answer(call: Call): Promise<unknown> {
    const answer = await make(call);
    return this.isDead ? await never() : answer;
  }

  private async crash(): Promise<never> {
    this.isDead = true;
    this.die('crashed');
    return await never();
  }
}

/** Only what was learned of a record can be more than a store can hold. */
const changesLink = ({ name, args }: Call): boolean =>
  name === 'queue.settle' && (args[1] as Settlement).link?.base != null;

/** The link that a write is for: it goes with every write as the mark to leave. */
const linkOf = (call: Call): string => optionsOf(call).externalId ?? '';

const optionsOf = ({ args }: Call): WriteOptions => args.at(-1) as WriteOptions;
