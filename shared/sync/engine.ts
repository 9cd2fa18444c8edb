import { StoreError, type SyncError, type SyncErrorCode, toSyncError } from '../errors';
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
      await this.workOff(run, claims, (outcome) => {
        outcomes.push(outcome);
        onOutcome?.(outcome);
      });
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

  /** Throws what makes it senseless to continue, once nothing is under way any more; what was done is known by then. */
  private async workOff(run: Run, claims: Claim[], done: (outcome: Outcome) => void): Promise<void> {
    const read = await prefetch(run, claims);
    const queue = [...claims];
    const stops: SyncError[] = [];
    const lane = async () => {
      for (let claim = queue.shift(); claim && stops.length === 0; claim = queue.shift()) {
        try {
          done(await this.workOn(run, claim, read));
        } catch (error) {
          stops.push(toSyncError(error));
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(run.options.concurrency, claims.length) }, lane));
    if (stops[0]) throw toSyncError(stops[0]);
  }

  private async workOn(run: Run, claim: Claim, { known, refusal }: Read): Promise<Outcome> {
    if (refusal) return await settleFailure(startWork(run, claim, []), refusal);
    const now = run.clock.now();
    const isLate = claim.leaseUntil - now < run.options.leaseMs / 2;
    if (!isLate && !isResting(run.connection, now)) return await converge(run, claim, [], known);
    await giveBack(run, claim);
    return outcomeOf(startWork(run, claim, []), 'waiting', 'none');
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

/** What was read for a whole batch, and what everything of the connection was refused for meanwhile. */
interface Read {
  known: Prefetched;
  refusal: SyncError | null;
}

/** What is said to one call and means the connection: every other call would hear the same. */
const aboutConnection: readonly SyncErrorCode[] = ['auth', 'rate_limit', 'budget'];

/**
 * Reads what the batch needs in few calls, one per side and entity; single records are read when their turn comes.
 * So are those of a call that was refused: only the record that it was refused for is concerned.
 */
async function prefetch(run: Run, claims: Claim[]): Promise<Read> {
  const known: Record<SideName, Map<string, SideRecord>> = { app: new Map(), ledger: new Map() };
  const byEntity = Map.groupBy(claims.filter(needsReading), (claim) => claim.link.entity);
  for (const [name, group] of byEntity) {
    for (const side of ['app', 'ledger'] as const) {
      const ids = group.flatMap((claim) => claim.link[side].id ?? []);
      if (ids.length < 2) continue;
      try {
        for (const [id, record] of await readBatch(run, name, side, ids))
          known[side].set(recordKey(name, id), record);
      } catch (error) {
        const failure = toSyncError(error);
        if (aboutConnection.includes(failure.code)) return { known, refusal: failure };
        const { message } = failure;
        run.logger.warn('A batch was refused and is read one by one', { entity: name, side, message });
      }
    }
  }
  return { known, refusal: null };
}

async function readBatch(
  run: Run,
  entity: string,
  side: SideName,
  ids: readonly string[],
): Promise<Map<string, SideRecord>> {
  const found = await run.sides[side].readMany(entity, ids);
  const records = [...found.values()].map((record) => record.fields);
  await run.references.prefetch(entityNamed(entity), side, records);
  return found;
}

function needsReading(claim: Claim): boolean {
  const isEcho =
    claim.link.base !== null &&
    claim.events.length > 0 &&
    claim.events.every((event) => seenAlready(event, claim.link[event.side]) !== null);
  return !isEcho;
}
