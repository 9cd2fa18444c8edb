import { StoreError } from '../../../shared/errors';
import type { MemoryDatabase } from './memoryDatabase';

/** One handle's way to the database, until it is closed. */
export class Session {
  readonly #database: MemoryDatabase;
  #listeners: Set<() => void> | null = null;
  #closed = false;

  constructor(database: MemoryDatabase) {
    this.#database = database;
  }

  get database(): MemoryDatabase {
    if (this.#closed) throw new StoreError('The store in memory is closed');
    return this.#database;
  }

  listen(listener: () => void): () => void {
    const own = () => listener(); // one listener may be added twice
    this.#listeners ??= new Set();
    this.#listeners.add(own);
    this.#database.listeners.add(own);
    return () => {
      this.#listeners?.delete(own);
      this.#database.listeners.delete(own);
    };
  }

  close(): void {
    this.#closed = true;
    for (const listener of this.#listeners ?? []) this.#database.listeners.delete(listener);
    this.#listeners = null;
  }
}
