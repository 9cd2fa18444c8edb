import type { IntakeCount, IntakeStore, UnreadNotification } from '../../../shared/ports';
import type { Session } from './session';
import { compareText } from './rows';

const KEPT_DAYS = 90;
const KEPT_UNREAD = 200;
const DAY_MS = 86_400_000;

export class MemoryIntake implements IntakeStore {
  constructor(private readonly session: Session) {}

  async count(counts: readonly IntakeCount[]): Promise<void> {
    const { intake } = this.session.database;
    for (const count of counts) {
      const known = intake.find(
        ({ subject, day, kind }) => subject === count.subject && day === count.day && kind === count.kind,
      );
      if (!known) intake.push({ ...count });
      else {
        known.count += count.count;
        known.lastAt = Math.max(known.lastAt, count.lastAt);
      }
    }
    const newest = Math.max(...counts.map(({ day }) => Date.parse(day)));
    const kept = intake.filter(({ day }) => Date.parse(day) >= newest - KEPT_DAYS * DAY_MS);
    intake.splice(0, intake.length, ...kept);
  }

  async counts(subject: string, day: string): Promise<Pick<IntakeCount, 'kind' | 'count' | 'lastAt'>[]> {
    const rows = this.session.database.intake.filter((row) => row.subject === subject);
    return [...Map.groupBy(rows, ({ kind }) => kind)]
      .map(([kind, all]) => ({
        kind,
        count: all.find((row) => row.day === day)?.count ?? 0,
        lastAt: Math.max(...all.map(({ lastAt }) => lastAt)),
      }))
      .sort((a, b) => compareText(a.kind, b.kind));
  }

  async keep(notifications: readonly UnreadNotification[]): Promise<void> {
    const { database } = this.session;
    const same = (a: UnreadNotification, b: UnreadNotification) =>
      a.provider === b.provider && a.reason === b.reason && a.text === b.text;
    for (const notification of notifications) {
      const others = database.unread.filter((known) => !same(known, notification));
      database.unread = [notification, ...others].sort((a, b) => b.receivedAt - a.receivedAt);
    }
    database.unread = [...Map.groupBy(database.unread, ({ provider }) => provider).values()].flatMap((all) =>
      all.slice(0, KEPT_UNREAD),
    );
  }

  async unread(provider: string, limit: number): Promise<UnreadNotification[]> {
    const kept = this.session.database.unread.filter((notification) => notification.provider === provider);
    return kept.slice(0, limit);
  }
}
