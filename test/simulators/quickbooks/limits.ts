import { ApiFault, faults } from './apiFault';
import { formatPacific, type VirtualClock } from './clock';
import type { Settings } from './options';

/** Counts moments of the last while, to compare with a limit. */
class Window {
  private moments: number[] = [];

  count(now: number, spanMs: number): number {
    const from = this.moments.findIndex((moment) => moment > now - spanMs);
    this.moments = from === -1 ? [] : this.moments.slice(from);
    return this.moments.length;
  }

  add(now: number): void {
    this.moments.push(now);
  }
}

interface Rule {
  key: string;
  limit: number;
  spanMs: number;
}

/** The published request limits, and the monthly quota of metered reads. */
export class Limits {
  private windows = new Map<string, Window>();
  private month = '';
  private readsThisMonth = 0;

  constructor(
    private readonly settings: Settings,
    private readonly clock: VirtualClock,
  ) {}

  /** Lets a request in or refuses it with a 429; a refused request does not count. */
  admit(realmId: string, clientId: string, isBatch: boolean): void {
    const now = this.clock.now();
    const { limits } = this.settings;
    const pair = `${realmId}/${clientId}`;
    const rules: Rule[] = [
      { key: `second:${pair}`, limit: limits.appPerSecond, spanMs: 1000 },
      { key: `realm:${realmId}`, limit: limits.realmPerMinute, spanMs: 60_000 },
      { key: `app:${pair}`, limit: limits.appPerMinute, spanMs: 60_000 },
      ...(isBatch
        ? [
            { key: `batch:${pair}`, limit: limits.batchesAppPerMinute, spanMs: 60_000 },
            { key: `batches:${realmId}`, limit: limits.batchesRealmPerMinute, spanMs: 60_000 },
          ]
        : []),
    ].filter(({ limit }) => Number.isFinite(limit));
    const used = rules.map((rule) => ({ rule, window: this.window(rule.key) }));
    for (const { rule, window } of used) {
      if (window.count(now, rule.spanMs) >= rule.limit) throw this.throttle('The request limit was reached.');
    }
    for (const { window } of used) window.add(now);
  }

  /** Reads stop for the rest of the month once the quota is used up. */
  checkQuota(): void {
    this.turnMonth();
    if (this.readsThisMonth >= this.settings.limits.corePlusPerMonth) {
      throw this.throttle('The monthly quota of CorePlus calls is used up.');
    }
  }

  /** Counts metered reads that were answered with success; sandbox companies are free. */
  meter(count: number): void {
    this.turnMonth();
    this.readsThisMonth += count;
  }

  get meteredThisMonth(): number {
    this.turnMonth();
    return this.readsThisMonth;
  }

  throttle(detail: string): ApiFault {
    const { retryAfterSeconds, throttleFaultType, throttleShape } = this.settings;
    const headers: Record<string, string> = {};
    if (retryAfterSeconds !== null) headers['retry-after'] = String(retryAfterSeconds);
    return faults.throttled(detail, throttleFaultType, throttleShape === 'gateway', headers);
  }

  reset(): void {
    this.windows = new Map();
    this.readsThisMonth = 0;
  }

  private window(key: string): Window {
    const known = this.windows.get(key) ?? new Window();
    this.windows.set(key, known);
    return known;
  }

  private turnMonth(): void {
    const month = formatPacific(this.clock.now()).slice(0, 7);
    if (month !== this.month) this.readsThisMonth = 0;
    this.month = month;
  }
}
