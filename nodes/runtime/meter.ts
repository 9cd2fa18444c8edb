import { BudgetError } from '../../shared/errors';
import type { CallMeter, Clock, Connection, UsageStore } from '../../shared/ports';

/** Counts are written down at the latest after this many calls. */
const FLUSH_EVERY = 25;
const DAY_MS = 86_400_000;

const meters = new Map<string, ConnectionMeter>();

const dayOf = (now: number) => new Date(now).toISOString().slice(0, 10);

/** For calls outside of any connection. */
export const noMeter: CallMeter = { count: () => undefined };

/** The meter of a connection; one per process, so that all executions share what is left of the budget. */
export async function openMeter(
  usage: UsageStore,
  connection: Connection,
  clock: Pick<Clock, 'now'>,
): Promise<ConnectionMeter> {
  const meter = meters.get(connection.id) ?? new ConnectionMeter(connection.id, clock);
  meters.set(connection.id, meter);
  await meter.refresh(usage, connection.settings.dailyReadBudget, clock);
  return meter;
}

export class ConnectionMeter implements CallMeter {
  private day = '';
  /** Of today, by everybody, as far as known. */
  private stored: Record<string, number> = {};
  private pending: Record<string, number> = {};
  private budget: number | undefined;
  private usage: UsageStore | undefined;
  private sinceFlush = 0;

  constructor(
    private readonly connectionId: string,
    private clock: Pick<Clock, 'now'>,
  ) {}

  /** The store, and with it its clock, may have been closed and opened again. */
  async refresh(usage: UsageStore, budget: number | undefined, clock: Pick<Clock, 'now'>): Promise<void> {
    this.usage = usage;
    this.budget = budget;
    this.clock = clock;
    await this.flush();
    this.day = dayOf(this.clock.now());
    this.stored = { ...(await usage.get(this.connectionId, this.day)) };
  }

  count(kind: 'read' | 'write' | 'auth'): void {
    const now = this.clock.now();
    if (dayOf(now) !== this.day) this.startDay(now);
    const reads = (this.stored['read'] ?? 0) + (this.pending['read'] ?? 0);
    if (kind === 'read' && this.budget !== undefined && reads >= this.budget) {
      throw new BudgetError(`The budget of ${this.budget} reads for today is used up`, {
        retryAfterMs: DAY_MS - (now % DAY_MS),
        nextStep: 'It goes on by itself tomorrow (UTC); raise the daily read budget to go on today.',
      });
    }
    this.pending[kind] = (this.pending[kind] ?? 0) + 1;
    this.sinceFlush++;
    if (this.sinceFlush >= FLUSH_EVERY) void this.flush().catch(() => undefined);
  }

  /** Writes down what was counted; what cannot be written is kept for the next time. */
  async flush(): Promise<void> {
    const { pending, day } = this;
    this.pending = {};
    this.sinceFlush = 0;
    if (Object.keys(pending).length === 0) return;
    try {
      await this.usage?.add(this.connectionId, day, pending);
      if (day === this.day) this.stored = sum(this.stored, pending);
    } catch {
      if (day === this.day) this.pending = sum(this.pending, pending);
    }
  }

  private startDay(now: number): void {
    void this.flush();
    this.day = dayOf(now);
    this.stored = {};
  }
}

function sum(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  const total = { ...a };
  for (const [kind, calls] of Object.entries(b)) total[kind] = (total[kind] ?? 0) + calls;
  return total;
}
