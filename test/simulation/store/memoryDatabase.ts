import { NotFoundError } from '../../../shared/errors';
import type {
  Actor,
  Conflict,
  Connection,
  IntakeCount,
  PolicyChange,
  Random,
  UnreadNotification,
} from '../../../shared/ports';
import { connectionCreated } from '../../../shared/store/acts';
import { MemoryChain } from './chain';
import type { StoreFlaw } from './flaws';
import type { ConnectionRow, DecisionLinkRow, EventRow, IntentRow, LinkRow } from './rows';
import { deepFreeze } from './values';

export interface MemoryStoreOptions {
  random: Random;
  /** Makes sure that nobody changes a value that the store shares with them. */
  freeze?: boolean | undefined;
  flaws?: ReadonlySet<StoreFlaw> | undefined;
}

/** The connection id of policies for everybody. */
export const ANY = '*';

/**
 * What all handles share. An operation does everything that it does before it returns its promise, so no two
 * ever mix; it checks first and writes then, so none is done by half. Values are kept and handed out as they
 * are, without a copy.
 */
export class MemoryDatabase {
  readonly random: Random;
  readonly flaws: ReadonlySet<StoreFlaw> | undefined;
  readonly connections = new Map<string, ConnectionRow>();
  readonly links = new Map<string, LinkRow>();
  /** By key, which is unique over all links. */
  readonly intents = new Map<string, IntentRow>();
  readonly conflicts = new Map<string, Conflict>();
  /** By token. */
  readonly decisionLinks = new Map<string, DecisionLinkRow>();
  decisionPage: string | null = null;
  /** Events that wait for a link. */
  readonly waits = new Set<EventRow>();
  /** Oldest first: the version is the position, counted from one. */
  readonly policies: PolicyChange[] = [];
  /** By connection and day. */
  readonly usage = new Map<string, Map<string, Record<string, number>>>();
  /** What is about no connection, and what outlives one; begun with the first. */
  storeChain: MemoryChain | null = null;
  readonly intake: IntakeCount[] = [];
  /** Newest first. */
  unread: UnreadNotification[] = [];
  readonly listeners = new Set<() => void>();
  readonly #freeze: boolean;

  constructor({ random, freeze = false, flaws }: MemoryStoreOptions) {
    this.random = random;
    this.flaws = flaws;
    this.#freeze = freeze;
  }

  /** Every value passes here on its way in and on its way out. */
  sealed<T>(value: T): T {
    return this.#freeze ? deepFreeze(value) : value;
  }

  /** Tells every handle that events may be due. */
  wake(): void {
    if (this.listeners.size === 0) return;
    for (const listener of [...this.listeners]) {
      try {
        listener();
      } catch {
        // What a listener does with a hint is its own affair; what was written stands.
      }
    }
  }

  connection(id: string): ConnectionRow {
    const row = this.connections.get(id);
    if (row) return row;
    throw new NotFoundError(`There is no connection ${id} in this store`, {
      nextStep: 'Create the connection first, or correct its id.',
    });
  }

  addConnection(value: Connection, by: Actor): void {
    this.connections.set(value.id, {
      value,
      links: [],
      byApp: new Map(),
      byLedger: new Map(),
      dedupeKeys: new Set(),
      audit: new MemoryChain(value.id),
      checkpoints: new Map(),
      noticeHead: 0,
      noticePlaces: new Map(),
      appRecords: new Map(),
    });
    const entry = this.sealed(connectionCreated(value, by));
    for (const id of [ANY, value.id]) this.chain(id).add(value.createdAt, entry);
  }

  /** The log of a connection, or of the store itself. */
  chain(connectionId: string): MemoryChain {
    return connectionId === ANY
      ? (this.storeChain ??= new MemoryChain(ANY))
      : this.connection(connectionId).audit;
  }

  /** The version of the policies in force for a connection. */
  policyVersion(connectionId: string): number {
    const last = this.policies.findLast(
      (change) => change.connectionId === connectionId || change.connectionId === ANY,
    );
    return last?.version ?? 0;
  }

  /** Lets an event wait for a link, or for none. */
  waitFor(row: EventRow, onLinkId: string | null): void {
    if (row.onLinkId === onLinkId) return;
    row.onLinkId = onLinkId;
    if (onLinkId === null) this.waits.delete(row);
    else this.waits.add(row);
  }

  putConflict(link: LinkRow, conflict: Conflict): void {
    this.conflicts.set(conflict.id, conflict);
    link.conflict = conflict.status === 'closed' ? null : conflict;
  }
}
