const EVERY_MS = 60_000;
/** Beyond this many different things nothing more is said within the minute. */
const MAX_KEYS = 1_000;

interface Said {
  more: number;
  say: (more: number) => void;
}

/**
 * Says a thing at most once a minute, however often it happens: whoever writes to us must not write our log. `say`
 * is told how many times it went unsaid since the last time.
 */
export class Sparingly {
  readonly #said = new Map<string, Said>();

  report(key: string, say: (more: number) => void): void {
    const said = this.#said.get(key);
    if (said) {
      said.more++;
      said.say = say;
    } else if (this.#said.size < MAX_KEYS) {
      this.#open(key, say);
      say(0);
    }
  }

  #open(key: string, say: (more: number) => void): void {
    this.#said.set(key, { more: 0, say });
    setTimeout(() => this.#close(key), EVERY_MS).unref();
  }

  #close(key: string): void {
    const said = this.#said.get(key);
    this.#said.delete(key);
    if (!said || said.more === 0) return;
    this.#open(key, said.say);
    // The call that is mentioned is one of them.
    said.say(said.more - 1);
  }
}
