import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { Pool, type PoolClient } from 'pg';
import type { PostgresOptions, StoreLimits } from '../options';
import { clientConfig } from './client';
import { isDisconnect, isSilence } from './dialect';

/**
 * The connections of a store, as Kysely asks for them. One that did not answer in time is never used again, nor
 * are those that were opened before that: what swallows the traffic of one (a firewall that forgot about it, a
 * server that was replaced) swallows that of its neighbours.
 */
export class ConnectionPool implements PostgresPool {
  /** Kysely's own connections, to cancel queries with, which we never do. */
  readonly options = {};
  readonly #pool: Pool;
  readonly #opened = new WeakMap<PoolClient, number>();
  #connections = 0;
  /** Connections with this number or a lower one are not trusted any more. */
  #silentUpTo = 0;

  constructor(options: PostgresOptions, limits: StoreLimits) {
    this.#pool = new Pool({
      ...clientConfig(options, limits),
      max: options.maxConnections ?? 10,
      allowExitOnIdle: true,
    });
    // A connection that breaks is replaced by the pool, and a query under way on it is refused by itself;
    // without listeners, for the idle ones and for those in use, it would end the process.
    this.#pool.on('error', () => {});
    this.#pool.on('connect', (client) => {
      this.#opened.set(client, ++this.#connections);
      client.on('error', () => {});
    });
  }

  async connect(): Promise<PostgresPoolClient> {
    for (;;) {
      const client = await this.#pool.connect();
      if (this.#opened.get(client)! > this.#silentUpTo) return this.#session(client);
      client.release(true);
    }
  }

  async end(): Promise<void> {
    await withinGoodbye(this.#pool.end());
  }

  #session(client: PoolClient): PostgresPoolClient {
    let lost: unknown;
    const query = async (text: string, values: readonly unknown[]) => {
      // What is asked of a lost connection would wait as long again.
      if (lost !== undefined) throw connectionError(lost);
      try {
        return await client.query(text, values as unknown[]);
      } catch (error) {
        if (isDisconnect(error)) lost = error;
        if (isSilence(error)) this.#silentUpTo = this.#connections;
        throw connectionError(error);
      }
    };
    // Cursors, the other thing that can be asked, are not used.
    return {
      query: query as unknown as PostgresPoolClient['query'],
      release: () => client.release(lost !== undefined),
    };
  }
}

const GOODBYE_MS = 1_000;

/** Waits for connections to end, but not for those that swallow a farewell like all else. */
export async function withinGoodbye(ended: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, GOODBYE_MS)));
  await Promise.race([ended.catch(() => {}), late]);
  clearTimeout(timer);
}

/** The database's own error, unchanged: it is judged and translated where the transaction ends. */
function connectionError(error: unknown): unknown {
  return error;
}
