import type { Connection, IntakeCount, IntakeStore, Store } from '../ports';
import type { Taken } from './takeIn';

/** Whose figures they are: calls belong to the credential they are verified with, changes to their connection. */
export const subjects = {
  credential: (id: string) => `credential:${id}`,
  connection: (id: string) => `connection:${id}`,
};

type WithStore = (use: (store: Pick<Store, 'intake'>) => Promise<void>) => Promise<void>;

/** Strangers cause at most one write in this time, and nothing that is lost matters if the process dies. */
const FLUSH_AFTER_MS = 5_000;
/** Counters in memory, more than the credentials, connections and kinds of a real instance come to in a day. */
const MAX_COUNTERS = 10_000;

export const dayOf = (now: number): string => new Date(now).toISOString().slice(0, 10);

/** Counts what came of webhook calls: in memory first, in the store a little later. */
export class IntakeFigures {
  #counters = new Map<string, IntakeCount>();
  #timer: NodeJS.Timeout | undefined;

  /** Counts one call, and lets the figures be written soon. */
  record(taken: Taken, credentialId: string, now: number, withStore: WithStore): void {
    const credential = subjects.credential(credentialId);
    this.#add(credential, taken.refused ?? 'accepted', 1, now);
    this.#add(credential, 'unreadable', taken.unreadable, now);
    if (taken.refused === null) {
      for (const { connection } of taken.connections) {
        this.#add(subjects.connection(connection.id), 'accepted', 1, now);
      }
    }
    this.#timer ??= setTimeout(() => void this.flush(withStore), FLUSH_AFTER_MS).unref();
  }

  /** Writes down what was counted; what cannot be written now is written with the next. Never throws. */
  async flush(withStore: WithStore): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const counters = this.#counters;
    if (counters.size === 0) return;
    this.#counters = new Map();
    try {
      await withStore(async (store) => await store.intake.count([...counters.values()]));
    } catch {
      for (const { subject, kind, count, lastAt } of counters.values()) {
        this.#add(subject, kind, count, lastAt);
      }
    }
  }

  #add(subject: string, kind: string, count: number, now: number): void {
    if (count === 0) return;
    const day = dayOf(now);
    const key = `${day} ${kind} ${subject}`;
    const known = this.#counters.get(key);
    if (known) {
      known.count += count;
      known.lastAt = Math.max(known.lastAt, now);
    } else if (this.#counters.size < MAX_COUNTERS) {
      this.#counters.set(key, { subject, day, kind, count, lastAt: now });
    }
  }
}

/** What people see of a connection's webhooks; times are null where nothing has happened lately. */
export interface WebhookFigures {
  lastAcceptedAt: string | null;
  acceptedToday: number;
  /** Calls at the webhook of the connection's credential, by reason. */
  refusedToday: Record<string, number>;
  lastRefusedAt: string | null;
  lastRefusedFor: string | null;
  /** Events in signed notifications that could not be read; the newest are kept in the store. */
  unreadableToday: number;
  lastUnreadable: { at: string; reason: string } | null;
}

const NOT_REFUSED = new Set(['accepted', 'unreadable']);

export async function webhookFigures(
  store: IntakeStore,
  { id, provider, binding }: Connection,
  day: string,
): Promise<WebhookFigures> {
  const [own, calls, [unread]] = await Promise.all([
    store.counts(subjects.connection(id), day),
    store.counts(subjects.credential(binding.credentialId), day),
    store.unread(provider, 1),
  ]);
  const accepted = own.find(({ kind }) => kind === 'accepted');
  const refused = calls.filter(({ kind }) => !NOT_REFUSED.has(kind));
  const [latest] = refused.toSorted((a, b) => b.lastAt - a.lastAt);
  return {
    lastAcceptedAt: timeOf(accepted?.lastAt),
    acceptedToday: accepted?.count ?? 0,
    refusedToday: Object.fromEntries(
      refused.filter(({ count }) => count > 0).map(({ kind, count }) => [kind, count]),
    ),
    lastRefusedAt: timeOf(latest?.lastAt),
    lastRefusedFor: latest?.kind ?? null,
    unreadableToday: calls.find(({ kind }) => kind === 'unreadable')?.count ?? 0,
    lastUnreadable: unread ? { at: new Date(unread.receivedAt).toISOString(), reason: unread.reason } : null,
  };
}

const timeOf = (at: number | undefined): string | null =>
  at === undefined ? null : new Date(at).toISOString();
