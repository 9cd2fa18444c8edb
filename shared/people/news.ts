import type {
  AuditRow,
  AuditStore,
  CheckpointStore,
  Conflict,
  ConflictStore,
  Connection,
  FailedRecord,
  NoticeStore,
} from '../ports';

export type NewsKind =
  | 'conflictOpened'
  | 'conflictSettled'
  | 'connectionPaused'
  | 'connectionSilent'
  | 'recordChanged'
  | 'recordFailed';

/** Something that people, or the work of others, may have to know of. */
export type News =
  | { kind: 'conflictOpened'; conflict: Conflict & { appId: string | null; ledgerId: string | null } }
  | { kind: 'conflictSettled'; conflict: Conflict }
  /** The row of the log that says so. */
  | { kind: 'connectionPaused' | 'recordChanged'; row: AuditRow }
  /** Null: nothing was ever heard. */
  | { kind: 'connectionSilent'; heardAt: number | null }
  | { kind: 'recordFailed'; failure: FailedRecord };

/** What telling the news needs of a store. */
export interface NewsStore {
  audit: Pick<AuditStore, 'heads' | 'list'>;
  checkpoints: Pick<CheckpointStore, 'get' | 'swap'>;
  conflicts: Pick<ConflictStore, 'closedOf'>;
  notices: NoticeStore;
}

export interface NewsOptions {
  /** Whoever shares the name shares the news, in however many processes. */
  consumer: string;
  kinds: ReadonlySet<NewsKind>;
  /** Whether the first look tells of conflicts and failures from before it. */
  includeOpen: boolean;
  /** After so long without a word a connection is silent. */
  silentMs: number;
  /** When something was last heard from the accounting tool; null for never. */
  heardAt(connection: Connection): Promise<number | null>;
  /** Told at once, in the order in which things happened: what was told is not told again. */
  tell(connection: Connection, news: News[]): Promise<void> | void;
  onError(error: unknown): void;
}

/** Where a consumer is in the log of a connection. */
interface Place {
  seq: number;
  /** From here on. */
  since: number;
  /** Conflicts that were told as settled in the very moment of the row at `seq`. */
  told: string[];
  /** Since when somebody has been passing over what was open before. */
  skippingSince?: number;
  /** The silence that was told, by its beginning. */
  silentSince?: number;
}

/** Kinds that are read from the log. */
const LOGGED: readonly NewsKind[] = ['conflictSettled', 'connectionPaused', 'recordChanged'];
const NOTICED: readonly NewsKind[] = ['conflictOpened', 'recordFailed'];
const PAGE = 200;
/** Whoever has not finished the first look by then is gone. */
const SKIPPING_MS = 60_000;
/** Silence is counted in hours. */
const LISTEN_EVERY_MS = 60_000;

/**
 * Tells one consumer each thing once. Its place in the log moves before a thing is told, by whoever moves it first:
 * of several processes with the same news one tells it.
 */
export class NewsReader {
  readonly #places = new Map<string, Place>();
  #listenedAt = -Infinity;

  constructor(
    private readonly store: NewsStore,
    private readonly options: NewsOptions,
  ) {}

  /** Whether there is more to tell at once. One connection that cannot be read holds up no other. */
  async look(connections: readonly Connection[], now: number): Promise<boolean> {
    const ready = await this.#ready(connections, now);
    const listening = this.#wants(['connectionSilent']) && now - this.#listenedAt >= LISTEN_EVERY_MS;
    if (listening) this.#listenedAt = now;
    const untold = new Set(await this.#untold(ready));
    const heads = this.#wants(LOGGED) ? await this.store.audit.heads(ready.map(({ id }) => id)) : new Map();
    let isMore = false;
    for (const connection of ready) {
      await this.#guarded(async () => {
        if (untold.has(connection.id)) isMore = (await this.#takeNotices(connection, now)) || isMore;
        if ((heads.get(connection.id) ?? 0) > this.#place(connection).seq)
          isMore = (await this.#readLog(connection, now)) || isMore;
        if (listening) await this.#listen(connection, now);
      });
    }
    return isMore;
  }

  /** Those whose place is known; the first look at a connection makes it. */
  async #ready(connections: readonly Connection[], now: number): Promise<Connection[]> {
    const ready: Connection[] = [];
    for (const connection of connections) {
      await this.#guarded(async () => {
        if (this.#places.has(connection.id) || (await this.#begin(connection, now))) ready.push(connection);
      });
    }
    return ready;
  }

  /** False while another process is at it. */
  async #begin(connection: Connection, now: number): Promise<boolean> {
    const { id } = connection;
    const found = await this.#load(id);
    if (found && found.skippingSince === undefined) return true;
    if (found && now - (found.skippingSince ?? 0) < SKIPPING_MS) return false;
    const seq = found?.seq ?? (await this.store.audit.heads([id])).get(id) ?? 0;
    const place: Place = { seq, since: found?.since ?? now, told: [] };
    if (this.options.includeOpen) return await this.#move(id, found, place, now);
    const skipping = { ...place, skippingSince: now };
    if (!(await this.#move(id, found, skipping, now))) return false;
    while (await this.#passOver(id, now));
    return await this.#move(id, skipping, place, now);
  }

  async #passOver(connectionId: string, now: number): Promise<boolean> {
    const { conflicts, failures } = await this.store.notices.take(this.options.consumer, connectionId, {
      limit: PAGE,
      now,
    });
    return conflicts.length + failures.length > 0;
  }

  async #untold(connections: readonly Connection[]): Promise<string[]> {
    if (!this.#wants(NOTICED)) return [];
    return await this.store.notices.pending(
      this.options.consumer,
      connections.map(({ id }) => id),
    );
  }

  async #takeNotices(connection: Connection, now: number): Promise<boolean> {
    const { consumer } = this.options;
    const { conflicts, failures } = await this.store.notices.take(consumer, connection.id, {
      limit: PAGE,
      now,
    });
    await this.#tell(connection, [
      ...conflicts.map((conflict): News => ({ kind: 'conflictOpened', conflict })),
      ...failures.map((failure): News => ({ kind: 'recordFailed', failure })),
    ]);
    return conflicts.length + failures.length === PAGE;
  }

  async #readLog(connection: Connection, now: number): Promise<boolean> {
    const { id } = connection;
    const place = this.#place(connection);
    const rows = await this.store.audit.list(id, { afterSeq: place.seq, limit: PAGE });
    const last = rows.at(-1);
    if (!last) return false;
    const settled = await this.#settledIn(rows, place.told);
    const told = settled.filter(({ closedAt }) => closedAt === last.at).map((conflict) => conflict.id);
    if (!(await this.#move(id, place, { ...place, seq: last.seq, told }, now))) {
      // Somebody else has told it.
      await this.#load(id);
      return true;
    }
    await this.#tell(connection, [
      ...rows.filter(isChange).map((row): News => ({ kind: 'recordChanged', row })),
      ...settled.map((conflict): News => ({ kind: 'conflictSettled', conflict })),
      ...rows.filter(isPause).map((row): News => ({ kind: 'connectionPaused', row })),
    ]);
    return rows.length === PAGE;
  }

  /** A settlement closes the conflict of its record in the moment that its row is of. */
  async #settledIn(rows: readonly AuditRow[], told: readonly string[]): Promise<Conflict[]> {
    if (!this.#wants(['conflictSettled'])) return [];
    const moments = new Set(rows.map(({ linkId, at }) => `${linkId} ${at}`));
    const links = [...new Set(rows.flatMap(({ linkId }) => linkId ?? []))];
    const since = rows.reduce((least, { at }) => Math.min(least, at), Infinity);
    const closed = links.length === 0 ? [] : await this.store.conflicts.closedOf(links, since);
    return closed.filter(
      ({ id, linkId, closedAt }) => moments.has(`${linkId} ${closedAt}`) && !told.includes(id),
    );
  }

  async #listen(connection: Connection, now: number): Promise<void> {
    // That it is paused is told as such.
    if (connection.state !== 'active') return;
    const { id } = connection;
    const place = this.#place(connection);
    const heardAt = await this.options.heardAt(connection);
    const silentSince = heardAt ?? place.since;
    if (now - silentSince < this.options.silentMs || place.silentSince === silentSince) return;
    if (!(await this.#move(id, place, { ...place, silentSince }, now))) {
      await this.#load(id);
      return;
    }
    await this.#tell(connection, [{ kind: 'connectionSilent', heardAt }]);
  }

  async #tell(connection: Connection, news: readonly News[]): Promise<void> {
    const wanted = news.filter(({ kind }) => this.options.kinds.has(kind));
    if (wanted.length > 0) await this.options.tell(connection, wanted);
  }

  #wants(kinds: readonly NewsKind[]): boolean {
    return kinds.some((kind) => this.options.kinds.has(kind));
  }

  #place({ id }: Connection): Place {
    const place = this.#places.get(id);
    if (place) return place;
    throw new Error(`No place is known in the log of connection ${id}`);
  }

  get #name(): string {
    return `news ${this.options.consumer}`;
  }

  async #load(connectionId: string): Promise<Place | null> {
    const place = (await this.store.checkpoints.get(connectionId, this.#name)) as Place | null;
    if (place && place.skippingSince === undefined) this.#places.set(connectionId, place);
    return place;
  }

  async #move(connectionId: string, from: Place | null, to: Place, now: number): Promise<boolean> {
    if (!(await this.store.checkpoints.swap(connectionId, this.#name, from, to, now))) return false;
    if (to.skippingSince === undefined) this.#places.set(connectionId, to);
    return true;
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.options.onError(error);
    }
  }
}

/** Something was written to a side. */
export const isChange = ({ detail }: AuditRow): boolean =>
  Array.isArray(detail['wrote']) && detail['wrote'].length > 0;

export const isPause = ({ kind }: AuditRow): boolean => kind === 'connection_paused';
