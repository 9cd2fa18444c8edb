import type { Connection, NewEvent, SideName } from '../ports';
import { entities } from '../schema/entities';
import type { EnginePorts } from './context';
import type { Engine } from './engine';
import type { Outcome } from './outcome';

export interface ImportOptions {
  /** Those of the connection, or all that both sides have. */
  entities?: readonly string[];
  /** Records per page (500). */
  pageSize?: number;
  onProgress?: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  entity: string;
  side: SideName;
  /** Records listed so far. */
  read: number;
}

export interface EntityImport {
  entity: string;
  read: number;
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
  for (const { name } of entities) {
    if (wanted && !wanted.includes(name)) continue;
    if (!ports.sides.app.capabilities.entities[name] || !ports.sides.ledger.capabilities.entities[name])
      continue;
    const counts: EntityImport = {
      entity: name,
      read: 0,
      linked: 0,
      created: 0,
      conflicts: 0,
      failed: 0,
      waiting: 0,
    };
    for (const side of ['ledger', 'app'] as const) {
      counts.read += await queueAll(ports, connection.id, name, side, options);
    }
    await engine.processDue(connection.id, {
      maxRecords: Infinity,
      onOutcome: (outcome) => {
        count(counts, outcome);
        if (outcome.result === 'conflict' || outcome.result === 'failed') report.attention.push(outcome);
      },
    });
    report.entities.push(counts);
  }
  return report;
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
    const page = await ports.sides[side].list(entity, { cursor: at.cursor, limit: options.pageSize ?? 500 });
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

function count(counts: EntityImport, outcome: Outcome): void {
  if (outcome.result === 'conflict') counts.conflicts++;
  else if (outcome.result === 'failed') counts.failed++;
  else if (outcome.result === 'waiting') counts.waiting++;
  else if (outcome.action === 'created') counts.created++;
  else counts.linked++;
}
