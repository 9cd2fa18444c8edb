import type { UsageStore } from '../../../shared/ports';
import type { Session } from './session';

export class MemoryUsage implements UsageStore {
  constructor(private readonly session: Session) {}

  async add(connectionId: string, day: string, counts: Record<string, number>): Promise<void> {
    const { usage } = this.session.database;
    let days = usage.get(connectionId);
    if (!days) usage.set(connectionId, (days = new Map()));
    const sums = { ...days.get(day) };
    for (const [kind, calls] of Object.entries(counts)) sums[kind] = (sums[kind] ?? 0) + calls;
    days.set(day, sums);
  }

  async get(connectionId: string, day: string): Promise<Record<string, number>> {
    return { ...this.session.database.usage.get(connectionId)?.get(day) };
  }
}
