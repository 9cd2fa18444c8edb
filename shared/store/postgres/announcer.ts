import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { withinGoodbye } from './pool';

interface AnnouncerOptions {
  notify(channel: string, payload: string): Promise<void>;
  channel: string;
  connect(): Client;
}

/** At most so often: a notification takes a lock that all commits of the database share. */
const ANNOUNCE_EVERY_MS = 50;
const RECONNECT_MS = 1000;
/** How often the connection that listens is asked whether it is still there. */
const PING_EVERY_MS = 30_000;

/**
 * NOTIFY after commits that made work, LISTEN for those of other processes. Only hints: one that is lost costs
 * time until the next poll and nothing else. Through a transaction pooler nobody can listen, and then nobody does.
 */
export class Announcer {
  readonly #self = randomUUID();
  #timer: NodeJS.Timeout | undefined;
  #again = false;
  #sending: Promise<void> = Promise.resolve();
  #client: Client | undefined;
  #reconnect: NodeJS.Timeout | undefined;
  #ping: NodeJS.Timeout | undefined;
  #listener: (() => void) | undefined;
  #closed = false;

  constructor(private readonly options: AnnouncerOptions) {}

  /** At once, or when the last one is old enough. */
  announce(): void {
    if (this.#closed) return;
    if (this.#timer) {
      this.#again = true;
      return;
    }
    this.#sending = this.#send();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.announce();
    }, ANNOUNCE_EVERY_MS);
    this.#timer.unref();
  }

  subscribe(listener: () => void): () => void {
    this.#listener = listener;
    this.#listen();
    return () => {
      this.#listener = undefined;
      void this.#hangUp();
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#listener = undefined;
    await this.#sending;
    await this.#hangUp();
  }

  async #send(): Promise<void> {
    const { notify, channel } = this.options;
    try {
      await notify(channel, this.#self);
    } catch {
      // The next poll finds what was not announced.
    }
  }

  #listen(): void {
    if (this.#client || this.#closed) return;
    const client = this.options.connect();
    this.#client = client;
    const retry = () => {
      if (this.#client !== client) return;
      void this.#hangUp();
      if (!this.#listener || this.#closed) return;
      this.#reconnect = setTimeout(() => this.#listen(), RECONNECT_MS);
      this.#reconnect.unref();
    };
    client.on('error', retry);
    client.on('end', retry);
    client.on('notification', ({ payload }) => {
      if (payload !== this.#self) this.#listener?.();
    });
    client
      .connect()
      .then(async () => {
        if (await isPooled(client)) return await this.#hangUp();
        await client.query(`listen ${client.escapeIdentifier(this.options.channel)}`);
        this.#ping = setInterval(() => void client.query('select 1').catch(retry), PING_EVERY_MS);
        this.#ping.unref();
        // Whatever came while nobody listened.
        this.#listener?.();
      })
      .catch(retry);
  }

  async #hangUp(): Promise<void> {
    clearTimeout(this.#reconnect);
    clearInterval(this.#ping);
    const client = this.#client;
    this.#client = undefined;
    if (client) await withinGoodbye(client.end());
  }
}

/**
 * Whether somebody stands in between: a pooler gives its clients process numbers of its own making. A LISTEN would
 * stay behind in a session that serves others.
 */
async function isPooled(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid !== (client as Client & { processID?: number }).processID;
}
