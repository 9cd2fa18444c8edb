import { LONGEST_WAIT_MS, type SyncError } from '../errors';
import type { ConnectionTrouble } from '../ports';
import type { Run } from './context';
import type { Outcome } from './outcome';
import { retryDelay } from './retry';

/** What is to become of the events of the record that met trouble. */
export interface TroubleOutcome {
  dueAt: number;
  /** Whether the record itself is suspected. */
  countAttempt: boolean;
}

/**
 * A call came to nothing on the way to a side: no network, a proxy, a login page of some hotel, an outage. Usually
 * every record meets the same, and none of them may be given up for it. But a firewall may as well dislike the memo
 * of one record while it lets everything else pass, and that record must neither stop the company nor be tried
 * for ever. One failure looks like the other; what tells them apart is how others fare:
 *
 * - The first record to meet trouble is suspected: it counts as one of its attempts, and the others go on.
 * - As soon as a second one meets it too, it is nobody's own: no attempt is counted any more, and the connection
 *   rests, longer and longer, up to an hour.
 * - As soon as a call of the same kind is answered (`noteAnswered`) the trouble is over. A record that meets it
 *   again is suspected again, and so is given up after as many attempts as any other failure.
 * - As long as nobody else has any work, nothing can be told: the one record is tried again, at longer and longer
 *   intervals, without being given up.
 */
export async function noteTrouble(
  run: Run,
  linkId: string,
  error: SyncError,
  attempt: number,
): Promise<TroubleOutcome> {
  const { connection, clock, options, random } = run;
  const now = clock.now();
  const before = connection.trouble;
  // Calls that were under way when the rest began say nothing new.
  if (connection.resumeAt !== null && connection.resumeAt > now) {
    return { dueAt: connection.resumeAt, countAttempt: false };
  }
  const isAlone = !before || before.linkId === linkId;
  const trouble: ConnectionTrouble = {
    linkId: isAlone ? linkId : null,
    of: before?.of === 'write' || error.details.landed !== undefined ? 'write' : 'read',
    times: (before?.times ?? 0) + 1,
    message: error.message,
  };
  const suspected = before === undefined;
  const policy = suspected ? options.retry : { ...options.retry, capMs: LONGEST_WAIT_MS };
  const dueAt = now + retryDelay(policy, suspected ? attempt : trouble.times, random);
  const patch = { trouble, ...(isAlone ? {} : { resumeAt: dueAt }) };
  Object.assign(connection, patch);
  await run.store.connections.update(connection.id, patch, { now });
  return { dueAt, countAttempt: suspected };
}

/** A record that was dealt with proves that calls are answered: reads by being read, writes by being written. */
export async function noteAnswered({ connection, store, clock }: Run, outcome: Outcome): Promise<void> {
  const { trouble } = connection;
  if (!trouble || outcome.action === 'echo' || !['synced', 'conflict'].includes(outcome.result)) return;
  if (trouble.of === 'write' && outcome.wrote.length === 0) return;
  delete connection.trouble;
  await store.connections.update(connection.id, { trouble: null }, { now: clock.now() });
}
