const WINDOW_MS = 60_000;
/** Links that are not known, from one address within a minute: nobody mistypes so many. */
const MOST = 20;
/** Addresses in memory. */
const MOST_ADDRESSES = 10_000;

/** Counts who tries addresses that lead nowhere. A guess cannot succeed; it must not keep the store busy either. */
export class Guesses {
  #since = 0;
  readonly #counts = new Map<string, number>();

  isTooMany(address: string, now: number): boolean {
    this.#forget(now);
    return (this.#counts.get(address) ?? 0) >= MOST;
  }

  count(address: string, now: number): void {
    this.#forget(now);
    if (this.#counts.size >= MOST_ADDRESSES && !this.#counts.has(address)) return;
    this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1);
  }

  #forget(now: number): void {
    if (now - this.#since < WINDOW_MS && now >= this.#since) return;
    this.#since = now;
    this.#counts.clear();
  }
}
