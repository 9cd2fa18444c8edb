import { sql, type RawBuilder } from 'kysely';

/** Clocks of machines that share a store differ by less, and a clock that is set right moves by less. */
export const CLOCK_SLACK_MS = 60_000;

/**
 * Whether nobody has the link any more: its lease has ended, or was taken at a time that is yet to come, because the
 * clock has been set back since. Its worker could then be dead for as long as the clock was wrong. One that lives is
 * fenced off, as with every lease that was taken over. Due times are left as they are: a rest may be a day long, and
 * an event that waits for the clock is late, never lost.
 */
export const leaseIsOver = (link: 'l' | 'links', now: RawBuilder<unknown>): RawBuilder<boolean> =>
  sql<boolean>`(${sql.ref(`${link}.lease_until`)} is null or ${sql.ref(`${link}.lease_until`)} <= ${now}
    or ${sql.ref(`${link}.leased_at`)} > ${now} + ${sql.lit(CLOCK_SLACK_MS)})`;
