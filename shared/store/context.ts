import type { Random } from '../ports';
import type { AuditSeal } from './auditHash';
import type { Queries } from './database';
import type { Dialect } from './dialect';
import { toStoreError } from './errors';
import type { Command, Writer } from './writer';

/** What every part of the store works with. */
export interface StoreContext {
  readonly dialect: Dialect;
  readonly random: Random;
  /** Makes the hashes of the audit. */
  readonly seal: AuditSeal;
  /** Outside any transaction of ours: sees what is committed. */
  read<T>(query: (queries: Queries) => Promise<T>): Promise<T>;
  write<I, O>(command: Command<I, O>, input: I): Promise<O>;
}

const READ_ATTEMPTS = 4;

/** Reads that a passing fault broke are repeated; what still fails names the store. */
export function createContext(options: {
  dialect: Dialect;
  random: Random;
  seal: AuditSeal;
  location: string;
  read: StoreContext['read'];
  retryMs: number;
  writer: Writer;
}): StoreContext {
  const { dialect, random, seal, location, read, retryMs, writer } = options;
  return {
    dialect,
    random,
    seal,
    write: async (command, input) => await writer.run(command, input),
    read: async (query) => {
      const start = performance.now();
      for (let attempt = 1; ; attempt++) {
        try {
          return await read(query);
        } catch (error) {
          const transient = dialect.isTransient(error);
          const late = performance.now() - start > retryMs && attempt > 1;
          if (!transient || late || attempt >= READ_ATTEMPTS)
            throw toStoreError(error, location, transient || dialect.isBlocked(error));
          await new Promise((wake) => setTimeout(wake, 20 * attempt * random.next()));
        }
      }
    },
  };
}
