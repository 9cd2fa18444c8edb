import type { Clock, Connection, Logger, PolicySet, Random, Side, SideName, Store } from '../ports';
import { defaultRetry, type RetryPolicy } from './retry';
import { References } from './references';

export interface EngineOptions {
  /** How long a worker may hold a record (60 000). Longer than any single call to a side. */
  leaseMs: number;
  /** Records worked on at once (8). */
  concurrency: number;
  /** Records claimed at once (50). */
  batch: number;
  /** How often a record that keeps moving is merged again before its event is retried later (5). */
  maxRounds: number;
  /** How deep a record may depend on others that must be created first (8). */
  maxDepth: number;
  retry: RetryPolicy;
}

export const defaultOptions: EngineOptions = {
  leaseMs: 60_000,
  concurrency: 8,
  batch: 50,
  maxRounds: 5,
  maxDepth: 8,
  retry: defaultRetry,
};

/** What the engine needs from outside. */
export interface EnginePorts {
  store: Store;
  sides: Record<SideName, Side>;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Where this work is done, for the audit: a workflow and its execution. */
  origin?: string;
}

/** One run of the engine over one connection. */
export interface Run extends EnginePorts {
  connection: Connection;
  worker: string;
  options: EngineOptions;
  /** As it was last looked at; writes by an older one are refused, and then it is looked at again. */
  policy: PolicySet;
  references: References;
}
