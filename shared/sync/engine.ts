import { StoreError, toSyncError } from '../errors';
import type { Claim, Connection, SideName, SideRecord } from '../ports';
import { entityNamed } from '../schema/entities';
import { defaultOptions, type EngineOptions, type EnginePorts, type Run } from './context';
import { converge, outcomeOf } from './converge';
import { seenAlready } from './echo';
import type { Outcome } from './outcome';
import { References } from './references';
import { settleFailure } from './failure';
import { startWork } from './work';
import { recordKey, type Prefetched } from './views';

export interface ProcessOptions {
  /** Stop claiming after this many records (1 000). */
  maxRecords?: number;
  /** Stop claiming at this time (epoch ms). */
  deadlineAt?: number;
  onOutcome?: (outcome: Outcome) => void;
}

/** Works off the due events of one connection. */
export class Engine {
  private readonly options: EngineOptions;

  constructor(
    private readonly ports: EnginePorts,
    private readonly worker: string,
    options: Partial<EngineOptions> = {},
  ) {
    this.options = { ...defaultOptions, ...options };
  }

  /** Claims and converges until nothing is due, the limit is reached or the connection has to rest. */
  async processDue(connectionId: string, options: ProcessOptions = {}): Promise<Outcome[]> {
    const { store, clock } = this.ports;
    const { maxRecords = 1_000, deadlineAt = Infinity, onOutcome } = options;
    const outcomes: Outcome[] = [];
    while (outcomes.length < maxRecords && clock.now() < deadlineAt) {
      const run = await this.startRun(connectionId);
      if (isResting(run.connection, clock.now())) break;
      const claims = await store.queue.claim({
        connectionIds: [connectionId],
        worker: this.worker,
        now: clock.now(),
        leaseMs: this.options.leaseMs,
        limit: Math.min(this.options.batch, maxRecords - outcomes.length),
      });
      if (claims.length === 0) break;
      for (const outcome of await this.workOff(run, claims)) {
        outcomes.push(outcome);
        onOutcome?.(outcome);
      }
    }
    return outcomes;
  }

  private async startRun(connectionId: string): Promise<Run> {
    const { store } = this.ports;
    const connection = await store.connections.get(connectionId);
    if (!connection) {
      throw new StoreError(`There is no connection ${connectionId}`, {
        nextStep: 'Choose a connection from the list, or create one.',
      });
    }
    const policy = await store.policies.load(connectionId);
    const references = new References(store.links, connectionId);
    // A copy: what is learned in this run is noted in it.
    return {
      ...this.ports,
      connection: { ...connection },
      policy,
      references,
      worker: this.worker,
      options: this.options,
    };
  }

  private async workOff(run: Run, claims: Claim[]): Promise<Outcome[]> {
    let known: Prefetched;
    try {
      known = await prefetch(run, claims);
    } catch (error) {
      // The read for the whole batch failed: every record of it shares that fate, each with its own attempt.
      const failure = toSyncError(error);
      return Promise.all(claims.map((claim) => settleFailure(startWork(run, claim, []), failure)));
    }
    const outcomes: Outcome[] = [];
    const queue = [...claims];
    const lane = async () => {
      for (let claim = queue.shift(); claim; claim = queue.shift()) {
        const now = run.clock.now();
        if (isResting(run.connection, now) || claim.leaseUntil - now < run.options.leaseMs / 2) {
          await giveBack(run, claim);
          outcomes.push(outcomeOf(startWork(run, claim, []), 'waiting', 'none'));
        } else outcomes.push(await converge(run, claim, [], known));
      }
    };
    await Promise.all(Array.from({ length: Math.min(run.options.concurrency, claims.length) }, lane));
    return outcomes;
  }
}

/** A claim that another record has absorbed meanwhile, or another worker taken over, is nobody's to give back. */
async function giveBack(run: Run, claim: Claim): Promise<void> {
  try {
    await run.store.queue.release(claim);
  } catch (error) {
    const failure = toSyncError(error);
    if (failure.code !== 'lease_lost') throw toSyncError(failure);
  }
}

function isResting(connection: Connection, now: number): boolean {
  return connection.state === 'paused' || (connection.resumeAt !== null && connection.resumeAt > now);
}

/** Reads what the batch needs in few calls, one per side and entity; single records are read by themselves. */
async function prefetch(run: Run, claims: Claim[]): Promise<Prefetched> {
  const known: Record<SideName, Map<string, SideRecord>> = { app: new Map(), ledger: new Map() };
  const byEntity = Map.groupBy(claims.filter(needsReading), (claim) => claim.link.entity);
  for (const [name, group] of byEntity) {
    for (const side of ['app', 'ledger'] as const) {
      const ids = group.flatMap((claim) => claim.link[side].id ?? []);
      if (ids.length < 2) continue;
      const found = await run.sides[side].readMany(name, ids);
      for (const [id, record] of found) known[side].set(recordKey(name, id), record);
      await run.references.prefetch(
        entityNamed(name),
        side,
        [...found.values()].map((record) => record.fields),
      );
    }
  }
  return known;
}

function needsReading(claim: Claim): boolean {
  const isEcho =
    claim.link.base !== null &&
    claim.events.length > 0 &&
    claim.events.every((event) => seenAlready(event, claim.link[event.side]) !== null);
  return !isEcho;
}
