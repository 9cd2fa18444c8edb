import {
  AuthError,
  RateLimitError,
  TransientError,
  UncertainWriteError,
  ValidationError,
} from '../../../shared/errors';
import type { EngineOptions, EnginePorts } from '../../../shared/sync/context';
import { Engine } from '../../../shared/sync/engine';
import type { Fault, Operation } from './operations';

type Call = () => Promise<unknown>;
const WRITES = new Set(['create', 'update', 'remove']);
const SIDE_FAULTS = new Set(['transient', 'lost_before', 'lost_after', 'refused', 'rate_limit', 'auth']);

/**
 * An engine whose every call to store and sides passes a gate, where it can die or meet a fault. What has died
 * stays silent: its calls never come back, as those of a killed process do not.
 */
export class Worker {
  readonly engine: Engine;
  readonly crashed: Promise<'crashed'>;
  isDead = false;
  private die!: (how: 'crashed') => void;
  private calls = 0;
  private faults: Fault[] = [];

  constructor(
    ports: EnginePorts,
    name: string,
    options: Partial<EngineOptions>,
    private readonly tick: () => void,
    private readonly user: (step: Operation) => void,
  ) {
    this.crashed = new Promise((resolve) => (this.die = resolve));
    const { store, sides } = ports;
    const gated = {
      ...ports,
      store: Object.fromEntries(
        Object.entries(store).map(([part, value]) => [
          part,
          typeof value === 'object' ? this.gated(value as object, 'store') : value,
        ]),
      ) as unknown as EnginePorts['store'],
      sides: { app: this.gated(sides.app, 'side'), ledger: this.gated(sides.ledger, 'side') },
    };
    this.engine = new Engine(gated, name, options);
  }

  /** Works until nothing is due, or dies on the way. */
  async run(connectionId: string, faults: readonly Fault[]): Promise<'done' | 'crashed'> {
    this.faults = [...faults];
    this.calls = 0;
    const done = this.engine.processDue(connectionId, { maxRecords: 300 }).then(() => 'done' as const);
    const how = await Promise.race([done, this.crashed]);
    this.faults = [];
    return how;
  }

  private gated<T extends object>(target: T, kind: 'store' | 'side'): T {
    return new Proxy(target, {
      get: (object, name) => {
        const value: unknown = Reflect.get(object, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) =>
          this.pass(kind, String(name), async () => (await Reflect.apply(value, object, args)) as unknown);
      },
    });
  }

  private async pass(kind: 'store' | 'side', name: string, call: Call): Promise<unknown> {
    if (this.isDead) return await new Promise(() => {});
    this.tick();
    const at = this.calls++;
    const fault = this.faults.find((candidate) => candidate.at <= at && applies(candidate, kind, name));
    if (!fault) return await this.answer(call);
    this.faults.splice(this.faults.indexOf(fault), 1);
    if (fault.kind === 'user' && fault.does) this.user(fault.does);
    if (fault.kind === 'crash_before') return await this.crash();
    if (fault.kind === 'crash_after') {
      await call();
      return await this.crash();
    }
    if (fault.kind === 'transient') throw new TransientError('is down');
    if (fault.kind === 'lost_before') throw new UncertainWriteError('the answer was lost');
    if (fault.kind === 'refused') throw new ValidationError('is not wanted');
    if (fault.kind === 'rate_limit') throw new RateLimitError('slow down', { retryAfterMs: 5_000 });
    if (fault.kind === 'auth') throw new AuthError('The grant has ended');
    const answer = await this.answer(call);
    if (fault.kind === 'lost_after') throw new UncertainWriteError('the answer was lost');
    return answer;
  }

  private async answer(call: Call): Promise<unknown> {
    const answer = await call();
    return this.isDead ? await new Promise(() => {}) : answer;
  }

  private async crash(): Promise<never> {
    this.isDead = true;
    this.die('crashed');
    return await new Promise(() => {});
  }
}

function applies(fault: Fault, kind: 'store' | 'side', name: string): boolean {
  if (!SIDE_FAULTS.has(fault.kind)) return true;
  if (kind !== 'side') return false;
  return (
    fault.kind === 'transient' || fault.kind === 'rate_limit' || fault.kind === 'auth' || WRITES.has(name)
  );
}
