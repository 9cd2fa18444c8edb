import type { VirtualClock } from './clock';
import { entities } from './entities';
import { postWebhook } from './postWebhook';
import type { Random } from './random';
import type { ChangeEvent } from './records';
import { notice, signatureOf, webhookBody, type BodyStyle, type Notice } from './webhookBodies';

export interface WebhookReceiver extends BodyStyle {
  url: string;
  /** Only these realms; all when empty. */
  realmIds: string[];
  /** How long events are gathered into one POST, in real milliseconds. */
  windowMs: number;
  /** How long the receiver may take to answer 200. */
  timeoutMs: number;
  /** Chance that a POST is sent twice. */
  duplicate: number;
  /** Chance that a POST is never sent. */
  loss: number;
  /** The next so many POSTs are never sent. */
  dropNext: number;
  /** Events within a POST come in another order. */
  shuffle: boolean;
  /** One POST may carry events of several realms. */
  mixRealms: boolean;
  /** Writes of the app itself are notified like anybody's. */
  echoes: boolean;
  /** Later POSTs wait until the first was acknowledged. */
  headOfLineBlocking: boolean;
}

export type WebhookOptions = Partial<WebhookReceiver> & { url: string };

export interface DeliveryAttempt {
  at: string;
  status: number | 'timeout' | 'unreachable';
  latencyMs: number;
}

export interface Delivery {
  id: string;
  state: 'waiting' | 'sending' | 'delivered' | 'lost';
  events: Array<{ id: string; realmId: string; entity: string; entityId: string; operation: string }>;
  body: string;
  signature: string;
  attempts: DeliveryAttempt[];
  nextAttemptAt: string | null;
  redelivery: boolean;
}

interface Job {
  delivery: Delivery;
  dueMs: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** The published retry ladder; its last step repeats. */
export const RETRY_LADDER_MS = [
  0,
  10 * SECOND,
  20 * SECOND,
  30 * SECOND,
  5 * MINUTE,
  20 * MINUTE,
  2 * HOUR,
  4 * HOUR,
  6 * HOUR,
] as const;

const defaults: Omit<WebhookReceiver, 'url'> = {
  format: 'cloudevents',
  spelling: 'past',
  voidSpelling: 'void',
  mergedIdIn: 'nowhere',
  realmIds: [],
  windowMs: 50,
  timeoutMs: 3 * SECOND,
  duplicate: 0,
  loss: 0,
  dropNext: 0,
  shuffle: false,
  mixRealms: true,
  echoes: true,
  headOfLineBlocking: true,
};

const LETTERS: Readonly<Record<string, string>> = {
  Create: 'C',
  Update: 'U',
  Delete: 'D',
  Merge: 'M',
  Void: 'V',
};

/** Gathers changes, posts them to the registered receiver, and keeps trying until it says 200. */
export class Webhooks {
  private receiver: WebhookReceiver | undefined;
  private gathered: ChangeEvent[] = [];
  private readonly jobs: Job[] = [];
  private readonly log: Array<Delivery & { notices: Notice[] }> = [];
  private windowTimer: NodeJS.Timeout | undefined;
  private retryTimer: NodeJS.Timeout | undefined;
  private readonly running = new Set<Promise<void>>();
  private closed = false;

  constructor(
    private readonly clock: VirtualClock,
    private readonly random: Random,
    private readonly clientId: string,
    readonly verifierToken: string,
  ) {
    clock.onAdvance(() => this.pump());
  }

  register(options: WebhookOptions): WebhookReceiver {
    this.receiver = { ...defaults, ...options };
    return this.receiver;
  }

  unregister(): void {
    this.receiver = undefined;
    this.gathered = [];
    this.jobs.length = 0;
    clearTimeout(this.windowTimer);
    clearTimeout(this.retryTimer);
    this.windowTimer = undefined;
  }

  publish(events: readonly ChangeEvent[]): void {
    const { receiver } = this;
    if (receiver === undefined || this.closed) return;
    const wanted = events.filter(({ entity, operation, realmId, byApp }) => {
      const letter = LETTERS[operation];
      const known = letter === undefined || entities.get(entity)?.events.includes(letter) === true;
      const inRealm = receiver.realmIds.length === 0 || receiver.realmIds.includes(realmId);
      return known && inRealm && (receiver.echoes || !byApp);
    });
    if (wanted.length === 0) return;
    this.gathered.push(...wanted);
    this.windowTimer ??= setTimeout(() => this.closeWindow(), receiver.windowMs);
  }

  /** Sends what is gathered now, and waits until nothing is under way any more. */
  async flush(): Promise<void> {
    this.closeWindow();
    await this.idle();
  }

  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.all([...this.running]);
  }

  /** Sends past notifications again, as the vendor may at any time. */
  async redeliver(options: { count?: number; shuffle?: boolean; duplicate?: boolean }): Promise<number> {
    const past = this.log.filter(({ redelivery }) => !redelivery).slice(-(options.count ?? this.log.length));
    const twice = options.duplicate === true ? [...past, ...past] : past;
    const ordered = options.shuffle === true ? this.random.shuffle(twice) : twice;
    for (const { notices } of ordered) {
      this.enqueue(options.shuffle === true ? this.random.shuffle(notices) : notices, true);
    }
    this.pump();
    await this.idle();
    return ordered.length;
  }

  deliveries(): Delivery[] {
    return this.log.map(({ notices: _notices, ...delivery }) => delivery);
  }

  get current(): WebhookReceiver | null {
    return this.receiver ?? null;
  }

  reset(): void {
    this.unregister();
    this.log.length = 0;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.unregister();
    await this.idle();
  }

  private closeWindow(): void {
    clearTimeout(this.windowTimer);
    this.windowTimer = undefined;
    const { receiver } = this;
    const events = this.gathered;
    this.gathered = [];
    if (receiver === undefined || events.length === 0) return;
    const groups = receiver.mixRealms
      ? [events]
      : [...new Set(events.map(({ realmId }) => realmId))].map((realm) =>
          events.filter(({ realmId }) => realmId === realm),
        );
    for (const group of groups) {
      const notices = group.map((event) => notice(event, receiver, this.random));
      this.enqueue(receiver.shuffle ? this.random.shuffle(notices) : notices, false);
    }
    this.pump();
  }

  private enqueue(notices: Notice[], redelivery: boolean): void {
    const { receiver } = this;
    if (receiver === undefined) return;
    const body = webhookBody(notices, receiver, this.clientId);
    const delivery: Delivery & { notices: Notice[] } = {
      id: this.random.uuid(),
      state: 'waiting',
      events: notices.map(({ id, event }) => ({
        id,
        realmId: event.realmId,
        entity: event.entity,
        entityId: event.id,
        operation: event.operation,
      })),
      body,
      signature: signatureOf(body, this.verifierToken),
      attempts: [],
      nextAttemptAt: null,
      redelivery,
      notices,
    };
    this.log.push(delivery);
    const lost = receiver.dropNext > 0 || this.random.chance(receiver.loss);
    if (receiver.dropNext > 0) receiver.dropNext--;
    if (lost && !redelivery) {
      delivery.state = 'lost';
      return;
    }
    this.jobs.push({ delivery, dueMs: this.clock.now() });
    if (this.random.chance(receiver.duplicate)) {
      this.jobs.push({ delivery: { ...delivery, attempts: [] }, dueMs: this.clock.now() });
    }
  }

  /** Starts what is due; a waiting first job holds back the others. */
  private pump(): void {
    const { receiver } = this;
    if (receiver === undefined || this.closed) return;
    const now = this.clock.now();
    const candidates = receiver.headOfLineBlocking ? this.jobs.slice(0, 1) : [...this.jobs];
    for (const job of candidates) {
      if (job.delivery.state === 'sending' || job.dueMs > now) continue;
      const run = this.attempt(job, receiver).finally(() => this.running.delete(run));
      this.running.add(run);
    }
    this.waitForNext();
  }

  private async attempt(job: Job, receiver: WebhookReceiver): Promise<void> {
    const { delivery } = job;
    delivery.state = 'sending';
    const at = new Date(this.clock.now()).toISOString();
    const { status, latencyMs } = await postWebhook({
      url: receiver.url,
      body: delivery.body,
      headers: { 'content-type': 'application/json', 'intuit-signature': delivery.signature },
      timeoutMs: receiver.timeoutMs,
    });
    delivery.attempts.push({ at, status, latencyMs });
    if (status === 200) {
      delivery.state = 'delivered';
      delivery.nextAttemptAt = null;
      const place = this.jobs.indexOf(job);
      if (place >= 0) this.jobs.splice(place, 1);
    } else {
      delivery.state = 'waiting';
      const step = Math.min(delivery.attempts.length - 1, RETRY_LADDER_MS.length - 1);
      job.dueMs = this.clock.now() + (RETRY_LADDER_MS[step] ?? 0);
      delivery.nextAttemptAt = new Date(job.dueMs).toISOString();
    }
    this.pump();
  }

  private waitForNext(): void {
    clearTimeout(this.retryTimer);
    const waiting = this.jobs
      .filter(({ delivery }) => delivery.state === 'waiting')
      .map(({ dueMs }) => dueMs);
    if (waiting.length === 0) return;
    const delay = Math.max(1, Math.min(...waiting) - this.clock.now());
    this.retryTimer = setTimeout(() => this.pump(), Math.min(delay, 2_000_000_000));
    this.retryTimer.unref();
  }
}
