import type { Kysely } from 'kysely';
import type { ErasureStore, Random, RetentionStore, Store } from '../ports';
import { createAppRecordStore } from './appRecords';
import { createAuditStore } from './audit';
import type { AuditSeal } from './auditHash';
import { createCheckpointStore } from './checkpoints';
import { createConflictStore } from './conflicts';
import { createConnectionStore } from './connections';
import { createContext } from './context';
import { copyConnection } from './copy';
import type { Database, Queries } from './database';
import { createDecisionLinkStore } from './decisionLinks';
import type { Dialect } from './dialect';
import { toStoreError } from './errors';
import { createIntakeStore } from './intake';
import { createErasureStore } from './erasure';
import { createLinkStore } from './links';
import { createNoticeStore } from './notices';
import type { StoreLimits } from './options';
import { createPolicyStore } from './policies';
import { createQueueStore } from './queue';
import { createRetentionStore } from './retention';
import { openPrivate } from './sqlite/private';
import { createUsageStore } from './usage';
import { Writer } from './writer';

/** A database, open and migrated. */
export interface Backend {
  readonly dialect: Dialect;
  readonly location: string;
  /** The time that all who share the database agree on. */
  readonly now: () => number;
  readonly writing: Kysely<Database>;
  /** Starts a transaction that writes. */
  readonly begin: string;
  /** Throws where what is about to be committed would not be found again. */
  readonly beforeCommit?: () => void;
  /** Outside any transaction that writes: sees what is committed. */
  read<T>(query: (queries: Queries) => Promise<T>): Promise<T>;
  close(): Promise<void>;
  /** For the exit of the process, where nothing can be awaited. */
  closeSync?(): void;
  /** Tells other processes that events were appended. */
  announce?(): void;
  /** Hears of what other processes appended, while anybody listens. */
  subscribe?(listener: () => void): () => void;
}

export interface OpenStore extends Store {
  readonly retention: RetentionStore;
  readonly erasure: ErasureStore;
  readonly dialect: 'sqlite' | 'postgres';
  /** Where it is, for people who run n8n; nothing that a stranger may be told. */
  readonly location: string;
  /** The time for everything that is stored here, epoch milliseconds: machines that share a store may disagree on it. */
  readonly now: () => number;
  /**
   * Calls back whenever events may have become due: appended, woken or given back, by this process or, on
   * PostgreSQL, by another. A hint to claim, never more. Returns the way to stop.
   */
  onAppended(listener: () => void): () => void;
  /**
   * A private copy of a connection, to try out what would happen: whatever is done to it is gone when it is closed.
   * Nobody else sees it, and nothing of it comes back here.
   */
  copyOf(connectionId: string): Promise<OpenStore>;
  /** For the exit of the process. */
  closeSync(): void;
}

/** Puts the parts of a store on top of a database. */
export function createStore(
  backend: Backend,
  { random, seal, limits }: { random: Random; seal: AuditSeal; limits: StoreLimits },
): OpenStore {
  const listeners = new Set<() => void>();
  const fire = () => {
    for (const listener of [...listeners]) {
      try {
        listener();
      } catch {
        // What a listener does with a hint is its own affair; the commit stands.
      }
    }
  };
  let unsubscribe: (() => void) | undefined;
  const writer = new Writer({
    ...backend,
    kysely: backend.writing,
    random,
    limits,
    onWake: () => {
      fire();
      backend.announce?.();
    },
  });
  const context = createContext({ ...backend, random, seal, writer, retryMs: limits.retryMs });
  let closing: Promise<void> | undefined;
  return {
    dialect: backend.dialect.name,
    location: backend.location,
    now: backend.now,
    connections: createConnectionStore(context),
    queue: createQueueStore(context),
    links: createLinkStore(context),
    conflicts: createConflictStore(context),
    decisionLinks: createDecisionLinkStore(context),
    notices: createNoticeStore(context),
    policies: createPolicyStore(context),
    audit: createAuditStore(context),
    checkpoints: createCheckpointStore(context),
    appRecords: createAppRecordStore(context),
    usage: createUsageStore(context),
    intake: createIntakeStore(context),
    retention: createRetentionStore(context),
    erasure: createErasureStore(context),
    onAppended: (listener) => {
      const own = () => listener(); // one listener may be added twice
      listeners.add(own);
      unsubscribe ??= backend.subscribe?.(fire);
      return () => {
        listeners.delete(own);
        if (listeners.size > 0) return;
        unsubscribe?.();
        unsubscribe = undefined;
      };
    },
    copyOf: async (connectionId) => {
      const copy = await openPrivate();
      try {
        await copyConnection(context, copy.writing, connectionId);
        return createStore(copy, { random, seal, limits });
      } catch (error) {
        await copy.close();
        throw toStoreError(error, backend.location);
      }
    },
    closeSync: () => backend.closeSync?.(),
    close: async () => {
      closing ??= (async () => {
        await writer.close();
        listeners.clear();
        unsubscribe?.();
        await backend.close();
      })();
      await closing;
    },
  };
}
