import type { Store } from '../../../shared/ports';
import { MemoryAppRecords } from './appRecords';
import { MemoryAudit } from './audit';
import { MemoryCheckpoints } from './checkpoints';
import { MemoryConflicts } from './conflicts';
import { MemoryConnections } from './connections';
import { MemoryDecisionLinks } from './decisionLinks';
import { MemoryIntake } from './intake';
import { MemoryLinks } from './links';
import { MemoryDatabase, type MemoryStoreOptions } from './memoryDatabase';
import { MemoryNotices } from './notices';
import { MemoryPolicies } from './policies';
import { MemoryQueue } from './queue';
import { Session } from './session';
import { MemoryUsage } from './usage';

export { storeFlaws, type StoreFlaw } from './flaws';
export { MemoryDatabase, type MemoryStoreOptions } from './memoryDatabase';

/**
 * A store that behaves as the real ones do and keeps everything in memory. Nothing in it waits, reads a clock
 * or rolls a die of its own: the same calls in the same order give the same answers.
 */
export class MemoryStore implements Store {
  readonly connections: MemoryConnections;
  readonly queue: MemoryQueue;
  readonly links: MemoryLinks;
  readonly conflicts: MemoryConflicts;
  readonly decisionLinks: MemoryDecisionLinks;
  readonly notices: MemoryNotices;
  readonly policies: MemoryPolicies;
  readonly audit: MemoryAudit;
  readonly checkpoints: MemoryCheckpoints;
  readonly appRecords: MemoryAppRecords;
  readonly usage: MemoryUsage;
  readonly intake: MemoryIntake;
  readonly #session: Session;
  readonly #database: MemoryDatabase;

  /** On a database of its own, or on one that outlives this handle. */
  constructor(source: MemoryStoreOptions | MemoryDatabase) {
    const database = source instanceof MemoryDatabase ? source : new MemoryDatabase(source);
    const session = new Session(database);
    this.#database = database;
    this.#session = session;
    this.connections = new MemoryConnections(session);
    this.queue = new MemoryQueue(session);
    this.links = new MemoryLinks(session);
    this.conflicts = new MemoryConflicts(session);
    this.decisionLinks = new MemoryDecisionLinks(session);
    this.notices = new MemoryNotices(session);
    this.policies = new MemoryPolicies(session);
    this.audit = new MemoryAudit(session);
    this.checkpoints = new MemoryCheckpoints(session);
    this.appRecords = new MemoryAppRecords(session);
    this.usage = new MemoryUsage(session);
    this.intake = new MemoryIntake(session);
  }

  /** Another handle on the same database, as another process would have; it works on when this one is closed. */
  another(): MemoryStore {
    return new MemoryStore(this.#database);
  }

  /** Calls back, within the operation, when events may have become due: by whatever handle. */
  onAppended(listener: () => void): () => void {
    return this.#session.listen(listener);
  }

  /** Can be taken off the store, as the real ones' can. */
  readonly close = async (): Promise<void> => {
    this.#session.close();
  };
}
