import { type SyncError, toSyncError } from '../errors';
import type { Connection, ListOptions, ListPage, NewEvent, SideName } from '../ports';
import { entities } from '../schema/entities';
import type { EnginePorts } from './context';
import { noteCompared } from './catchUp';
import { restOf } from './retry';
import type { Engine } from './engine';
import type { Outcome } from './outcome';

export interface ImportOptions {
  /** Those of the connection, or all that both sides have. */
  entities?: readonly string[];
  /** Records per page (500). */
  pageSize?: number;
  onProgress?: (progress: ImportProgress) => void;
  /** An entity is done; what comes after it may still fail. */
  onEntity?: (entity: EntityImport) => void;
}

export interface ImportProgress {
  entity: string;
  side: SideName;
  /** Records listed so far. */
  read: number;
}

/** What became of the records of one entity; a record that is met more than once counts once in the outcomes. */
export interface EntityImport {
  entity: string;
  inLedger: number;
  inApp: number;
  linked: number;
  created: number;
  conflicts: number;
  failed: number;
  waiting: number;
}

export interface ImportReport {
  entities: EntityImport[];
  /** Those that need a person. */
  attention: Outcome[];
}

/**
 * The first import: every record of both sides is met in dependency order and linked with its match, adopted
 * on the side that lacks it, or raised. It never overwrites. Each page is queued durably together with the
 * checkpoint behind it, so a repeated import goes on where the last one stopped.
 */
export async function firstImport(
  ports: EnginePorts,
  engine: Engine,
  connection: Connection,
  options: ImportOptions = {},
): Promise<ImportReport> {
  const wanted = options.entities ?? connection.settings.entities;
  const report: ImportReport = { entities: [], attention: [] };
  const met = new Met();
  for (const { name } of entities) {
    if (wanted && !wanted.includes(name)) continue;
    if (!ports.sides.app.capabilities.entities[name] || !ports.sides.ledger.capabilities.entities[name])
      continue;
    const inLedger = await queueAll(ports, connection.id, name, 'ledger', options);
    const inApp = await queueAll(ports, connection.id, name, 'app', options);
    await workOff(ports, engine, connection.id, met);
    const done = { entity: name, inLedger, inApp, ...met.tally(name) };
    report.entities.push(done);
    options.onEntity?.(done);
  }
  report.attention = met.attention();
  if (!options.entities) await noteCompared(ports.store, connection.id, ports.clock.now());
  return report;
}

/** How often in a row a provider may ask to slow down before the import gives up for now. */
const MAX_RESTS = 20;

/** Works until nothing is due, through the pauses that the provider asks for. */
async function workOff(ports: EnginePorts, engine: Engine, connectionId: string, met: Met): Promise<void> {
  for (let rests = 0; rests <= MAX_RESTS; rests++) {
    await engine.processDue(connectionId, {
      maxRecords: Infinity,
      onOutcome: (outcome) => met.note(outcome),
    });
    const { state, resumeAt } = (await ports.store.connections.get(connectionId)) ?? {
      state: 'paused',
      resumeAt: null,
    };
    if (state !== 'active' || resumeAt === null || resumeAt <= ports.clock.now()) break;
    await ports.clock.sleep(resumeAt - ports.clock.now());
  }
}

interface ListCheckpoint {
  cursor: string | null;
  read: number;
  done: boolean;
}

async function queueAll(
  ports: EnginePorts,
  connectionId: string,
  entity: string,
  side: SideName,
  options: ImportOptions,
): Promise<number> {
  const { store, clock } = ports;
  const name = `import:${entity}:${side}`;
  const stored = (await store.checkpoints.get(connectionId, name)) as ListCheckpoint | null;
  let at: ListCheckpoint = stored && !stored.done ? stored : { cursor: null, read: 0, done: false };
  while (!at.done) {
    const page = await listPage(ports, side, entity, { cursor: at.cursor, limit: options.pageSize ?? 500 });
    // What cannot be read is queued too: converging it says why, in a row of its own.
    const events = [...page.records, ...(page.unreadable ?? [])].map(
      ({ id }): NewEvent => ({ connectionId, entity, side, recordId: id, source: 'import' }),
    );
    at = { cursor: page.next, read: at.read + events.length, done: page.next === null };
    await store.queue.append(events, { now: clock.now(), checkpoint: { connectionId, name, value: at } });
    options.onProgress?.({ entity, side, read: at.read });
  }
  return at.read;
}

/**
 * One page, after as many rests as the provider asks for within reason. A page that is refused is asked for again in
 * smaller ones, down to a single record, so that only what cannot be listed at all stands in the way.
 */
async function listPage(
  ports: EnginePorts,
  side: SideName,
  entity: string,
  options: ListOptions,
): Promise<ListPage> {
  let { limit } = options;
  for (let rests = 0; ; ) {
    try {
      return await ports.sides[side].list(entity, { ...options, limit });
    } catch (error) {
      const failure = toSyncError(error);
      if (failure.code === 'rate_limit' && rests++ < MAX_RESTS) await ports.clock.sleep(restOf(failure));
      else if (isAboutPage(failure) && limit > 1) limit = Math.floor(limit / 2);
      else throw toSyncError(failure);
    }
  }
}

/** What was said to this page, and might not be said to another one. */
const isAboutPage = ({ code, details }: SyncError): boolean =>
  details.scope !== 'connection' && !['auth', 'rate_limit', 'budget', 'store'].includes(code);

type Became = Exclude<keyof EntityImport, 'entity' | 'inLedger' | 'inApp'>;

/** What has become of each record so far. */
class Met {
  private readonly became = new Map<string, { entity: string; as: Became }>();
  private readonly asking = new Map<string, Outcome>();

  note(outcome: Outcome): void {
    const { linkId, entity, result } = outcome;
    const isCreated = this.became.get(linkId)?.as === 'created';
    this.became.set(linkId, { entity, as: becameOf(outcome, isCreated) });
    if (result === 'conflict' || result === 'failed') this.asking.set(linkId, outcome);
    else this.asking.delete(linkId);
  }

  tally(entity: string): Record<Became, number> {
    const counts = { linked: 0, created: 0, conflicts: 0, failed: 0, waiting: 0 };
    for (const { entity: name, as } of this.became.values()) if (name === entity) counts[as]++;
    return counts;
  }

  attention(): Outcome[] {
    return [...this.asking.values()];
  }
}

/** A record that was made, and is looked at again later, stays one that was made. */
function becameOf({ result, action }: Outcome, isCreated: boolean): Became {
  if (result === 'conflict') return 'conflicts';
  if (result === 'failed' || result === 'waiting') return result;
  return action === 'created' || isCreated ? 'created' : 'linked';
}
